"""Many open cases, fast: a few made by the real code, and copies of all their rows.

Every copy is a case of its own with its steps, task, holding, clock, timers and alert, at a place
and a time of its own; the database makes the copies itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncEngine

from yitong_command.bench.machine import Say
from yitong_command.demo.simulation.people import DESKS, Staffed
from yitong_command.demo.simulation.tellers import hash_of
from yitong_command.demo.simulation.volumes import EDGES
from yitong_command.domain.actor import Actor
from yitong_command.domain.case import State
from yitong_command.domain.county import County
from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import Change, EvidenceRef, Incident, IncidentKind, incident_id
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import transition
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.session import Sessions, transaction

PATTERNS = 40
ROUNDS_AT_ONCE = 200
KINDS = (
    ("cp_parking.no_parking_zone", IncidentKind.ILLEGAL_PARKING),
    ("ar_manhole.missing_shifted", IncidentKind.MANHOLE_COVER),
    ("cp_dumping.exposed_garbage", IncidentKind.STATIONARY_OBSTACLE),
    ("ar_fire_lane.lane_blocked", IncidentKind.FIRE_LANE_BLOCKED),
)
STEPS = (State.FILED, State.ACCEPTED, State.ARRIVED, State.HANDLED)
EVERY = timedelta(seconds=37)
"""Between the reports of two rounds of copies."""

_TABLES: tuple[Table, ...] = (
    t.cases, t.incidents, t.transitions, t.alerts, t.sightings, t.tasks, t.holdings,
    t.case_clocks, t.timers, t.evidence_links, t.evidence_manifest,
)  # fmt: skip
_IDS = {
    "cases": ("open_key", "subject", "camera_id"), "incidents": ("subject", "camera_id"),
    "alerts": ("alert_id", "camera_id"), "sightings": ("sighting_id", "subject"),
    "tasks": ("task_id",),
}  # fmt: skip
"""Columns that must differ from case to case, besides the case's id."""


async def seed_cases(
    engine: AsyncEngine, sessions: Sessions, county: County, staff: Staffed, count: int,
    now: datetime, say: Say,
) -> None:  # fmt: skip
    """Fill an empty PostgreSQL with open cases.

    Args:
        engine: Of the database.
        sessions: Writing sessions.
        county: Taxonomy, grids and roster.
        staff: Who works on them.
        count: How many; a multiple of 40 is reached, not passed.
        now: When the newest were reported.
        say: Told about progress.
    """
    await _patterns(sessions, county, staff, now)
    rounds = count // PATTERNS - 1
    for table in _TABLES:
        say(f"  {table.name} ...")
        # In pieces: each is answered well within the time a connection waits for an answer.
        for first in range(1, rounds + 1, ROUNDS_AT_ONCE):
            last = min(first + ROUNDS_AT_ONCE - 1, rounds)
            async with engine.begin() as connection:
                # Copies of right rows are right; checking each reference would take minutes.
                await connection.execute(text("SET LOCAL session_replication_role = replica"))
                await connection.execute(text(_copy(table)), {"first": first, "last": last})
    async with engine.connect() as plain:
        alone = await plain.execution_options(isolation_level="AUTOCOMMIT")
        for table in _TABLES:
            await alone.execute(text(f"VACUUM ANALYZE {table.name}"))


async def _patterns(sessions: Sessions, county: County, staff: Staffed, now: datetime) -> None:
    west, south, east, north = EDGES
    begun = now - timedelta(hours=3)
    told = []
    for number in range(PATTERNS):
        code, kind = KINDS[number % len(KINDS)]
        place = Place(
            west + (east - west) * (number % 10 + 0.5) / 10,
            south + 0.018 * (number // 10 + 0.5) / 10,
        )
        told.append(_incident(number, code, kind, place, begun))
    async with transaction(sessions) as session:
        await take_incidents(session, told, county, begun)
    async with transaction(sessions) as session:
        rows = await session.execute(text("SELECT case_id FROM cases ORDER BY case_id"))
        names = [case_id for (case_id,) in rows]
    for number, case_id in enumerate(names):
        steps = STEPS[: number % (len(STEPS) + 1)]
        await _walk(sessions, county, staff, case_id, steps, begun)


async def _walk(
    sessions: Sessions, county: County, staff: Staffed, case_id: str, steps: Sequence[State],
    begun: datetime,
) -> None:  # fmt: skip
    actor: Actor | None = DESKS["desk-day"]
    for minute, to in enumerate(steps, 1):
        if actor is None:
            return
        picture = hash_of(f"bench/{case_id}") if to is State.HANDLED else None
        request = TransitionRequest(
            case_id=case_id, to=to, actor=actor, at=begun + timedelta(minutes=minute),
            evidence_sha256=picture,
        )  # fmt: skip
        async with transaction(sessions) as session:
            case = await transition(session, request, county)
        actor = staff.workers.get(case.holder or "")


def _incident(
    number: int, code: str, kind: IncidentKind, place: Place, begun: datetime
) -> Incident:
    subject = f"seed-{number:03d}/main/zone"
    return Incident(
        incident_id=incident_id(kind, subject, begun), change=Change.OPENED, kind=kind,
        category=code, source="camera_ai", subject=subject, camera_id=f"seed-{number:03d}",
        view_id="main", zone_id="zone", place=place, began_at=begun, changed_at=begun, score=0.9,
        reason_zh="压测", reason_en="load test",
        evidence=(EvidenceRef(hash_of(f"seed/{number}"), "f" * 64, begun, 1280, 720),),
    )  # fmt: skip


def _copy(table: Table) -> str:
    """One statement that makes all copies of a table's rows."""
    columns = [column.name for column in table.columns if column.name != "timer_id"]
    values = ", ".join(_value(table, name) for name in columns)
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"INSERT INTO {table.name} ({names}) SELECT {values} "  # noqa: S608 - our own names
        f"FROM {table.name} r "
        "CROSS JOIN generate_series(CAST(:first AS int), CAST(:last AS int)) g "
        "WHERE r.case_id NOT LIKE '%-%-%'"
    )


def _value(table: Table, name: str) -> str:
    own = f'r."{name}"'
    if name in {"case_id", "open_case_id"} or name in _IDS.get(table.name, ()):
        return f"{own} || '-' || g"
    if name in {"incident_id", "change_id"}:
        return f"md5({own} || g)::uuid::text"
    special: dict[str, Any] = {
        "title_zh": f"{own} || ' 样例路' || g || '号'",
        "title_en": f"{own} || ', ' || g || ' Sample Road'",
        "lon": f"{own} + (g % 97 - 48) * 0.0113", "lat": f"{own} + (g / 97 % 89 - 44) * 0.0113",
    }  # fmt: skip
    if name in special:
        return str(special[name])
    if name == "cell":
        lon, lat = special["lon"].replace('"cell"', '"lon"'), special["lat"]
        lon, lat = lon.replace(own, "r.lon"), lat.replace(own, "r.lat")
        return f"floor(({lon}) * 100)::int || ':' || floor(({lat}) * 100)::int"
    past = name in {"reported_at", "began_at", "opened_at", "last_seen_at", "at", "filed_at"}
    if past and isinstance(table.c[name].type, t.UtcTime):
        return f"{own} - g * interval '{EVERY.total_seconds():.0f} seconds'"
    if table is t.timers and name in {"fire_at", "due_at"}:
        return f"{own} + interval '30 days'"
    return own
