"""What happens in the world of a chaos run: decided by the seed, the same however often asked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, islice

from yitong_command.domain.geometry import Box, Place
from yitong_command.domain.incident import Change, Incident, IncidentKind, incident_id
from yitong_command.domain.ledger import id_of

BEGAN = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
STEP_DEG = 0.01
"""Places are about a kilometre apart: no two facts are near enough to be one."""
COLUMNS = 300
CLEARED_AFTER = 7
SHARED, AGAIN, SKEWED = 0.2, 0.15, 0.1
"""Share of facts that both workers see, that are reported a second time while they last, and whose
camera's clock is hours off, so that they come late or from the future."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What must be in the system in the end.

    Attributes:
        messages: Names of all messages, each once.
        incidents: Their incidents.
        facts: What they are about: as many cases.
    """

    messages: frozenset[str]
    incidents: frozenset[str]
    facts: frozenset[str]


def stream(seed: int, worker: str) -> Iterator[Incident]:
    """What one worker's cameras report, without end."""
    open_: list[Incident] = []
    for number in count():
        for opened in _opened(seed, worker, number):
            yield opened
            open_.append(opened)
        while len(open_) > CLEARED_AFTER:
            yield _cleared(open_.pop(0))


def expected(seed: int, sent: dict[str, int]) -> Expected:
    """What so many messages of each worker amount to."""
    all_sent = [one for name, most in sent.items() for one in islice(stream(seed, name), most)]
    return Expected(
        frozenset(map(id_of, all_sent)),
        frozenset(str(one.incident_id) for one in all_sent),
        frozenset(one.subject for one in all_sent),
    )


def _opened(seed: int, worker: str, number: int) -> list[Incident]:
    shared = random.Random(f"{seed}/{number}").random() < SHARED
    owner = "both" if shared else worker
    dice = random.Random(f"{seed}/{owner}/{number}")
    place = {"both": 0, "a": 1, "b": 2}.get(owner, 3) + 4 * number
    row, column = divmod(place, COLUMNS)
    skew = timedelta(hours=dice.choice((-9, -3, 2, 5))) if dice.random() < SKEWED else timedelta()
    began = BEGAN + timedelta(seconds=number) + skew
    where = Place(120.0 + column * STEP_DEG, 40.0 + row * STEP_DEG)
    camera = f"{owner}-{number:06d}"
    again = [began + timedelta(seconds=90)] if dice.random() < AGAIN else []
    return [_incident(camera, at, where) for at in (began, *again)]


def _incident(camera: str, began: datetime, place: Place) -> Incident:
    kind, subject = IncidentKind.ILLEGAL_PARKING, f"{camera}/main/no-parking"
    return Incident(
        incident_id=incident_id(kind, subject, began),
        change=Change.OPENED,
        kind=kind,
        category="cp_parking.no_parking_zone",
        source="camera_ai",
        subject=subject,
        camera_id=camera,
        view_id="main",
        zone_id="no-parking",
        place=place,
        began_at=began,
        changed_at=began + timedelta(seconds=15),
        score=0.9,
        box=Box(0.1, 0.2, 0.3, 0.4),
        reason_zh="混沌测试",
        reason_en="chaos run",
    )


def _cleared(opened: Incident) -> Incident:
    after = opened.changed_at + timedelta(seconds=300)
    return replace(opened, change=Change.CLEARED, changed_at=after, box=None)
