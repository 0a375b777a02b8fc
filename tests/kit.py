"""Things many tests need: the demo county, incidents, people, a PostgreSQL server."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, timedelta
from typing import Any

from yitong_command.bench.postgres import PostgresServer as PostgresServer
from yitong_command.bench.postgres import find_postgres as find_postgres
from yitong_command.bench.postgres import postgres as postgres
from yitong_command.domain.case import Actor, Role
from yitong_command.domain.county import County
from yitong_command.domain.geometry import Box, Place
from yitong_command.domain.incident import (
    Change,
    EvidenceRef,
    Incident,
    IncidentKind,
    incident_id,
)
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import load_settings

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""A Monday, 09:00 in China."""

DESK = Actor("desk", Role.OPERATOR)
ADMIN = Actor("admin", Role.ADMIN)
LEADER = Actor("leader", Role.SUPERVISOR)
PARKING = "cp_parking.no_parking_zone"
MANHOLE = "ar_manhole.missing_shifted"
PHOTO = "a" * 64


@functools.cache
def county() -> County:
    """The county of the checked-in configuration."""
    return load_county(load_settings({}))


def worker(name: str) -> Actor:
    """A worker with the grids that the roster gives."""
    duties = [duty for duty in county().roster if duty.username == name]
    codes = [grid.code for grid in county().grids]
    return Actor(name, Role.WORKER, frozenset(c for duty in duties for c in (duty.grids or codes)))


def incident(
    subject: str = "cam-001/main/no-parking",
    *,
    minutes: float = 0.0,
    change: str = "opened",
    category: str = PARKING,
    place: Place | None = None,
    pictures: str = "",
    **other: Any,
) -> Incident:
    """An incident that began ``minutes`` after ``AT`` and was decided ten minutes later.

    Args:
        subject: ``camera/view/zone``.
        minutes: When it began.
        change: opened or cleared; cleared is an hour after it began.
        category: Category and subtype.
        place: The camera's, if not given.
        pictures: One picture for each hex digit.
        other: Any field of the incident.
    """
    camera, view, zone = subject.split("/")
    kind = IncidentKind.MANHOLE_COVER if "manhole" in category else IncidentKind.ILLEGAL_PARKING
    began = AT + timedelta(minutes=minutes)
    known = county().cameras.get(camera)
    values: dict[str, Any] = {
        "incident_id": incident_id(kind, subject, began),
        "change": Change(change),
        "kind": kind,
        "category": category,
        "source": "camera_ai",
        "subject": subject,
        "camera_id": camera,
        "view_id": view,
        "zone_id": zone,
        "place": place or (known.place if known else Place(125.3012, 43.3461)),
        "began_at": began,
        "changed_at": began + timedelta(minutes=10 if change == "opened" else 60),
        "score": 0.9,
        "box": Box(0.1, 0.2, 0.3, 0.4),
        "reason_zh": "停留 10 分钟",
        "reason_en": "stayed for 10 minutes",
        "evidence": tuple(
            EvidenceRef(digit * 64, "f" * 64, began, 1280, 720) for digit in pictures
        ),
    }
    return Incident(**values | other)
