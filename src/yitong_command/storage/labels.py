"""Operators' decisions as labels of what the cameras reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import State
from yitong_command.domain.clock import CHINA
from yitong_command.domain.precision import WINDOW, Precision, Verdict, precision
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest

CAMERA = "camera_ai"
Detector = tuple[str, str]
"""Camera and kind: what is graded."""

_CONFIRMS = frozenset({State.FILED, State.MERGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelView:
    """An operator's decision on a camera's alert; ``evidence`` is the hash of what was shown.

    ``verdict`` is ``true``, ``false`` or ``uncounted``; ``hour`` is the county's hour of the day
    in which the alert opened.
    """

    incident_id: str
    case_id: str
    camera_id: str
    view_id: str
    zone_id: str
    kind: str
    state: str
    verdict: str
    reason_code: int | None
    by: str
    at: datetime
    opened_at: datetime
    hour: int
    evidence: str | None
    box: dict[str, float] | None
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HourCounts:
    """How a kind did in one hour of the county's day, 0 to 23."""

    kind: str
    hour: int
    precision: Precision


async def record(session: AsyncSession, request: TransitionRequest, taxonomy: Taxonomy) -> None:
    """Keep a decision on a camera's alert as a label; anything else leaves none.

    Called in the transaction of the move, after it.

    Args:
        session: Open transaction.
        request: The move that was made.
        taxonomy: Which reasons count as false.
    """
    verdict = verdict_of(request, taxonomy)
    if verdict is None:
        return
    found = await _shown(session, request.case_id)
    if found is None:
        return
    opened_at: datetime = found["opened_at"]
    row = {
        **{name: found[name] for name in _OF_ALERT},
        "verdict": verdict.value,
        "reason_code": request.reason_code if request.to is State.NOT_FILED else None,
        "by": request.actor.username,
        "at": request.at,
        "hour": opened_at.astimezone(CHINA).hour,
    }
    # The newest decision counts: a refusal may be objected to, a filed case merged.
    await session.execute(delete(t.labels).where(t.labels.c.case_id == request.case_id))
    await session.execute(insert(t.labels).values(row))


def verdict_of(request: TransitionRequest, taxonomy: Taxonomy) -> Verdict | None:
    """What a move says of the alert, or None if it is no decision about one.

    Merging confirms: the fact is there, another case has it already.
    """
    if request.to in _CONFIRMS:
        return Verdict.TRUE
    if request.to is not State.NOT_FILED:
        return None
    reason = taxonomy.reasons.get(request.reason_code or 0)
    return Verdict.FALSE if reason and reason.counts_as_false else Verdict.UNCOUNTED


async def by_detector(
    session: AsyncSession, since: datetime, only: Iterable[Detector] | None = None
) -> dict[Detector, Precision]:
    """Precision of every camera and kind that was judged since then.

    Args:
        session: Open transaction.
        since: Decisions from then on.
        only: These alone, if given.
    """
    c = t.labels.c
    query = select(c.camera_id, c.kind, *_COUNTS).where(c.at >= since, _COUNTED)
    if only is not None:
        query = query.where(tuple_(c.camera_id, c.kind).in_(sorted(set(only))))
    found = await session.execute(query.group_by(c.camera_id, c.kind))
    return {
        (camera_id, kind): precision(int(confirmed), int(reviewed))
        for camera_id, kind, reviewed, confirmed in found
    }


async def by_hour(session: AsyncSession, since: datetime) -> tuple[HourCounts, ...]:
    """Precision of every kind in every hour of the county's day in which something was judged."""
    c = t.labels.c
    query = (
        select(c.kind, c.hour, *_COUNTS)
        .where(c.at >= since, _COUNTED)
        .group_by(c.kind, c.hour)
        .order_by(c.kind, c.hour)
    )
    return tuple(
        HourCounts(kind=kind, hour=hour, precision=precision(int(confirmed), int(reviewed)))
        for kind, hour, reviewed, confirmed in await session.execute(query)
    )


async def second_looks(
    session: AsyncSession, at: datetime, bar: float, only: Iterable[Detector] | None = None
) -> frozenset[Detector]:
    """Cameras and kinds that are so often wrong now that their alerts get a second look.

    Args:
        session: Open transaction.
        at: Now; judgements of the last :data:`WINDOW` count.
        bar: Precision that is asked for.
        only: Ask about these alone, if given.
    """
    wanted = None if only is None else frozenset(only)
    if wanted is not None and not wanted:
        return frozenset()
    found = await by_detector(session, at - WINDOW, wanted)
    return frozenset(detector for detector, value in found.items() if value.below(bar))


async def list_labels(
    session: AsyncSession, since: datetime | None = None
) -> tuple[LabelView, ...]:
    """All labels since then, oldest first."""
    query = select(t.labels).order_by(t.labels.c.at, t.labels.c.incident_id)
    if since is not None:
        query = query.where(t.labels.c.at >= since)
    found = (await session.execute(query)).mappings()
    names = [field.name for field in fields(LabelView)]
    return tuple(LabelView(**{name: row[name] for name in names}) for row in found)


_OF_ALERT = (
    "incident_id", "case_id", "camera_id", "view_id", "zone_id", "kind", "state", "opened_at",
    "evidence", "box", "score",
)  # fmt: skip
_COUNTED: ColumnElement[bool] = t.labels.c.verdict.in_([Verdict.TRUE.value, Verdict.FALSE.value])
_COUNTS = (
    func.count(),
    func.count().filter(t.labels.c.verdict == Verdict.TRUE.value),
)


async def _shown(session: AsyncSession, case_id: str) -> RowMapping | None:
    """The alert of a case with the incident that opened it, which is what the operator saw."""
    alert, case, incident = t.alerts.c, t.cases.c, t.incidents.c
    query = (
        select(
            incident.incident_id, alert.case_id, incident.camera_id, incident.view_id,
            incident.zone_id, incident.kind, incident.state, alert.opened_at, alert.evidence,
            alert.box, incident.score,
        )
        .join(t.cases, case.case_id == alert.case_id)
        # A merge has taken the incident along to the other case.
        .join(t.incidents, incident.case_id == func.coalesce(case.merged_into, case.case_id))
        .where(
            alert.case_id == case_id,
            alert.camera_id.is_not(None),
            case.source == CAMERA,
            incident.subject == case.subject,
            incident.began_at == alert.began_at,
        )
        .order_by(incident.incident_id)
        .limit(1)
    )  # fmt: skip
    return (await session.execute(query)).mappings().one_or_none()
