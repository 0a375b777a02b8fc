"""What cameras, sensors, people and platforms tell, as the real intake takes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select

from yitong_command.bus.report_messages import ReportMessage
from yitong_command.demo.simulation.diary import Deed, Diary
from yitong_command.demo.simulation.volumes import Fact
from yitong_command.domain.county import County
from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import (
    SENSOR_KINDS,
    Change,
    EvidenceRef,
    Incident,
    IncidentKind,
    incident_id,
)
from yitong_command.domain.ledger import hour_of, id_of
from yitong_command.domain.privacy import is_protected
from yitong_command.domain.report import Report, ReporterKind, ReportKind, report_id
from yitong_command.errors import BadMessage
from yitong_command.storage import ledger
from yitong_command.storage import tables as t
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.report_intake import take_reports
from yitong_command.storage.session import Sessions, transaction

PLATFORMS = {"worker": "worker", "resident_wechat": "citizen"}
CAMERA, SENSOR, CARE = "camera_ai", "sensor", "care_device"
BY_DEVICE = frozenset({CAMERA, SENSOR, CARE})
WORKER = "simulation"
_KINDS = {
    "cp_parking": IncidentKind.ILLEGAL_PARKING,
    "ar_manhole": IncidentKind.MANHOLE_COVER,
    "ar_fire_lane": IncidentKind.FIRE_LANE_BLOCKED,
}


class Tellers:
    """Tells facts to the system.

    Args:
        sessions: Writing sessions.
        county: Taxonomy and grids.
        diary: Keeps what was told.
    """

    def __init__(self, sessions: Sessions, county: County, diary: Diary) -> None:
        self._sessions = sessions
        self._county = county
        self._diary = diary
        self._open: dict[str, Incident] = {}
        self._counted: list[ledger.Entry] = []

    async def tell(self, fact: Fact, at: datetime, *, again: bool = False) -> tuple[str, bool]:
        """Tell a fact; its case, and whether that is new."""
        if fact.source in BY_DEVICE:
            case_id, new = await self._incident(fact, at, again)
        else:
            case_id, new = await self._report(fact, at, again)
        self._diary.counts["told"] += 1
        if new:
            category, _, subtype = fact.category.partition(".")
            found = self._county.taxonomy.find(fact.category)
            severity = str(found[1].severity) if found else ""
            self._diary.deeds.append(
                Deed(at, case_id, "told", fact.source,
                     detail=(category, subtype, severity, fact.source), version=1)
            )  # fmt: skip
        return case_id, new

    async def clear(self, case_id: str, at: datetime) -> None:
        """What a camera or sensor saw is gone: it was handled."""
        incident = self._open.pop(case_id, None)
        if incident is None:
            return
        gone = replace(incident, change=Change.CLEARED, changed_at=at, evidence=(), box=None)
        await self._take(gone, at)

    async def try_camera(self, fact: Fact, at: datetime) -> bool:
        """A camera tells of a protected person; whether the system took it, which it must not."""
        seen = replace(_incident_of(fact, at, again=False), source=CAMERA, camera_id="sim-cam-0",
                       sensor_id="")  # fmt: skip
        try:
            async with transaction(self._sessions) as session:
                await take_incidents(session, [seen], self._county, at)
        except BadMessage:
            self._diary.refused["camera_on_protected"] += 1
            return False
        return True

    async def count(self, at: datetime) -> None:
        """Count what was sent since last time, as the ledger's reader does."""
        entries, self._counted = self._counted, []
        async with transaction(self._sessions) as session:
            await ledger.captured(session, entries, at)
            await ledger.delivered(session, entries, at)
            await ledger.find_cased(session, at)

    async def _incident(self, fact: Fact, at: datetime, again: bool) -> tuple[str, bool]:
        incident = _incident_of(fact, at, again)
        new = await self._take(incident, at)
        async with transaction(self._sessions) as session:
            i = t.incidents.c
            query = select(i.case_id).where(i.incident_id == str(incident.incident_id))
            case_id = str(await session.scalar(query))
        self._open.setdefault(case_id, incident)
        return case_id, new

    async def _take(self, incident: Incident, at: datetime) -> bool:
        async with transaction(self._sessions) as session:
            taken = await take_incidents(session, [incident], self._county, at)
        name = id_of(incident)
        self._diary.messages.add(name)
        source = incident.camera_id or incident.sensor_id
        self._counted.append(ledger.Entry(name, source, hour_of(at), WORKER))
        return taken.new_cases > 0

    async def _report(self, fact: Fact, at: datetime, again: bool) -> tuple[str, bool]:
        report = _report_of(fact, at, again)
        message: dict[str, Any] = ReportMessage.of(report).model_dump(mode="json")
        async with transaction(self._sessions) as session:
            counts = await take_reports(session, [(report, message)], self._county, at)
            case_id = await self._case_of(session, report.report_id)
        return case_id, counts["cased"] > 0

    async def _case_of(self, session: Any, name: UUID) -> str:
        r = t.reports.c
        found: str = await session.scalar(select(r.case_id).where(r.report_id == str(name)))
        return found


def _incident_of(fact: Fact, at: datetime, again: bool) -> Incident:
    category = fact.category.partition(".")[0]
    device = f"sim-{fact.source.replace('_', '-')}-{fact.number}"
    seen = fact.source == CAMERA
    kind = _KINDS.get(category, IncidentKind.STATIONARY_OBSTACLE) if seen else _sensor_kind(fact)
    subject = f"{device}/main/zone" if seen else f"sensor/{device}/1"
    # A second incident of one subject: the condition went away for a moment and came back.
    began = at - timedelta(minutes=10 if seen else 1)
    return Incident(
        incident_id=incident_id(kind, subject, began), change=Change.OPENED, kind=kind,
        category=fact.category, source=fact.source, subject=subject,
        camera_id=device if seen else "", view_id="main" if seen else "",
        zone_id="zone" if seen else "", place=fact.place, began_at=began, changed_at=at,
        score=0.9, reason_zh="模拟" + ("(重复)" if again else ""), reason_en="simulated",
        evidence=(picture_of(f"seen-{fact.number}-{again}", at),) if seen else (),
        sensor_id="" if seen else device,
    )  # fmt: skip


def _sensor_kind(fact: Fact) -> IncidentKind:
    return SENSOR_KINDS["pendant" if fact.source == CARE else "water_level"]


def _report_of(fact: Fact, at: datetime, again: bool) -> Report:
    platform = PLATFORMS.get(fact.source, fact.source.replace("_", "-"))
    # Somebody else tells of the same fact, under a number of their own, from some metres away.
    number = f"SIM-{fact.number}" + ("-2" if again else "")
    near = Place(fact.place.lon + 5e-5, fact.place.lat, fact.place.crs) if again else fact.place
    words = "" if is_protected(fact.category) else f"模拟上报 {fact.number}"
    return Report(
        report_id=report_id(platform, number, 0), kind=ReportKind.NEW, platform=platform,
        external_id=number, sequence=0, source=fact.source, category=fact.category, title=words,
        text=words, place=near, address="", reported_at=at, received_at=at,
        reporter=ReporterKind.CITIZEN,
    )  # fmt: skip


def picture_of(name: str, at: datetime) -> EvidenceRef:
    """A picture by its hash alone; the simulation has no pictures."""
    return EvidenceRef(hash_of(name), hash_of(f"{name}/source"), at, 1280, 720)


def hash_of(name: str) -> str:
    """What stands for a picture's hash."""
    return sha256(f"simulation/{name}".encode()).hexdigest()
