"""What cases recorded incidents would have become: the live decisions, replayed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from yitong_command.domain.clock import deadline
from yitong_command.domain.county import County
from yitong_command.domain.incident import Change, Incident
from yitong_command.routing.assign import grid_of, route
from yitong_command.routing.merge import Band, decide
from yitong_command.routing.open_case import Book, OpenCase
from yitong_command.routing.plan import sighting_of
from yitong_command.routing.refuse import refusal


@dataclass(frozen=True, slots=True)
class Life:
    """What really became of an incident's case.

    Attributes:
        closed_at: When it was closed, or None while it is open.
        dispatched_at: When somebody was sent, or None.
        handled_at: When it was handled, or None.
    """

    closed_at: datetime | None = None
    dispatched_at: datetime | None = None
    handled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WouldBe:
    """A case as it would have been.

    Attributes:
        category: Category and subtype with a dot.
        subject: What its first incident was about.
        opened_at: When its first incident was told.
        incidents: Ids of its incidents, the first one first.
        asked: Whether an operator would be asked if it is another case's fact.
        grid_code: Where, or None.
        sent: Who would be sent without asking, or None.
        due_at: Until when it was to be handled.
        overdue: Whether it was not, given when it really was handled; None if that never was.
    """

    category: str
    subject: str
    opened_at: datetime
    incidents: tuple[str, ...]
    asked: bool
    grid_code: str | None
    sent: str | None
    due_at: datetime
    overdue: bool


def cases(
    incidents: Iterable[Incident], lives: Mapping[str, Life], county: County, at: datetime
) -> tuple[WouldBe, ...]:
    """The cases of incidents under a county's categories, merging, roster and limits.

    A case takes no more incidents once the real case of its first incident was closed.

    Args:
        incidents: In the order they were told; clearings and updates change no case's number.
        lives: What really became of them, by incident id; missing for what was never told.
        county: As it is to be tried.
        at: Until when is looked.
    """
    book = Book((), county.taxonomy.merging)
    made: dict[str, list[Incident]] = {}
    asked: set[str] = set()
    ends: dict[str, datetime] = {}
    seen: set[str] = set()
    for incident in incidents:
        name = str(incident.incident_id)
        if incident.change is not Change.OPENED or name in seen:
            continue
        if refusal(incident, county.taxonomy):
            continue
        seen.add(name)
        for case_id in [key for key, end in ends.items() if end <= incident.changed_at]:
            book.drop(case_id)
            del ends[case_id]
        sighting = sighting_of(incident)
        decision = decide(sighting, book.near(sighting), county.taxonomy.merging)
        if decision.band is Band.AUTOMATIC:
            case = decision.matches[0].case
            book.keep(case.with_sighting(sighting, incident.changed_at))
            made[case.case_id].append(incident)
            continue
        book.keep(OpenCase(name, (sighting,), incident.changed_at))
        made[name] = [incident]
        if decision.band is Band.ASK:
            asked.add(name)
        closed_at = lives.get(name, Life()).closed_at
        if closed_at is not None:
            ends[name] = closed_at
    return tuple(_case(found, name in asked, lives, county, at) for name, found in made.items())


def _case(
    found: list[Incident], asked: bool, lives: Mapping[str, Life], county: County, at: datetime
) -> WouldBe:
    first = found[0]
    known = county.taxonomy.find(first.category)
    if known is None:  # refused before
        raise ValueError(first.category)
    category, subtype = known
    grid = grid_of(first.place, county.grids)
    code = grid.code if grid else None
    way = route(county, category, code, first.changed_at)
    life = lives.get(str(first.incident_id), Life())
    due = deadline(life.dispatched_at or first.changed_at, subtype.resolve, county.calendar)
    done_at = life.handled_at or life.closed_at or at
    return WouldBe(
        first.category, first.subject, first.changed_at,
        tuple(str(item.incident_id) for item in found), asked, code,
        way.username if way else None, due.at, done_at > due.at,
    )  # fmt: skip


def later(incident: Incident, at: datetime) -> Incident:
    """The same incident, told at another time."""
    return replace(incident, changed_at=at)
