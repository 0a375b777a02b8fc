"""Undoing what a rule joined: one telling leaves a case and is a case of its own again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import FINAL, State
from yitong_command.domain.county import County
from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import Change, EvidenceRef, Incident, IncidentKind
from yitong_command.domain.report import Report, ReporterKind, ReportKind
from yitong_command.errors import IllegalTransition, NotFound
from yitong_command.storage import notices
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.intake_batch import Batch
from yitong_command.storage.intake_rows import alert_row, case_row, transition_row
from yitong_command.storage.intake_write import number, write
from yitong_command.storage.manifest import link_evidence
from yitong_command.storage.report_rows import report_alert_row, report_case_row
from yitong_command.storage.splitting import condition_of, unlink

WINDOW = timedelta(hours=24)
_KEY = "split"


async def split_telling(
    session: AsyncSession, request: TransitionRequest, telling: str, county: County
) -> str:
    """Take a telling that a rule joined out of its case; gives the new case's id.

    The new case stands as if it had never been joined: reported, with its own alert, and its
    clock begins with its own steps. What is told of the same thing goes with it.

    Args:
        session: Open transaction.
        request: The case it is in, who wishes it, when, and why.
        telling: Id of an incident, or platform and number of a report.
        county: Taxonomy, grids and cameras.

    Raises:
        NotFound: If no rule joined this telling to this case.
        IllegalTransition: If that was more than 24 hours ago, or the case is over.
    """
    decision = await _decision(session, request, telling)
    query = select(t.cases).where(t.cases.c.case_id == request.case_id).with_for_update()
    old = dict((await session.execute(query)).mappings().one())
    _check(decision, old, request.at)
    told = (
        (await session.execute(select(t.sightings).where(t.sightings.c.sighting_id == telling)))
        .mappings()
        .one()
    )
    batch = Batch(county, request.at)
    await number(session, batch, [_KEY])
    new_id = batch.ids[_KEY]
    pictures = await _fill(session, batch, telling, told, new_id, request)
    await write(session, batch)
    moved = await _move(session, telling, told["subject"], request.case_id, new_id)
    await _give_pictures(session, request, new_id, pictures)
    await _shrink(session, request, county, old, new_id, moved)
    d = t.merge_decisions
    await session.execute(
        update(d)
        .where(d.c.decision_id == decision["decision_id"])
        .values(state="split", answered_at=request.at, answered_by=request.actor.username)
    )
    return new_id


async def _fill(
    session: AsyncSession,
    batch: Batch,
    telling: str,
    told: Any,
    new_id: str,
    request: TransitionRequest,
) -> list[str]:
    """The rows of the new case; gives its pictures."""
    one: Incident | Report
    if "/" in telling:
        one = await _report(session, telling)
        case = report_case_row(one, new_id, batch.county, request.at)
        alert = report_alert_row(one, new_id)
    else:
        one = await _incident(session, telling, told)
        case = case_row(one, new_id, batch.county, request.at)
        alert = alert_row(one, new_id, second_look=False)
    key = select(t.cases.c.case_id).where(t.cases.c.open_key == case["open_key"])
    if await session.scalar(key) is not None:
        case["open_key"] = f"{case['open_key']}|{new_id}"
    batch.new_cases, batch.new_alerts = [case], [alert]
    batch.transitions = [transition_row(case, request.at)]
    batch.outbox = [
        notices.case_notice(case, None, request.at, request.actor),
        notices.alert_notice(alert, case, "opened", request.at),
    ]
    return [item.sha256 for item in one.evidence]


async def _shrink(
    session: AsyncSession,
    request: TransitionRequest,
    county: County,
    old: dict[str, Any],
    new_id: str,
    moved: int,
) -> None:
    """Both cases as they are once the telling is in its own."""
    c = t.cases.c
    changes = {
        "incident_count": old["incident_count"] - moved,
        "condition": await condition_of(session, request.case_id),
        "severity": await _severity(session, request.case_id, county, old["severity"]),
        "updated_at": request.at,
        "merge_reason_zh": f"{request.actor.username} 将 {new_id} 拆出",
        "merge_reason_en": f"{request.actor.username} split {new_id} from it",
    }
    await session.execute(update(t.cases).where(c.case_id == request.case_id).values(changes))
    own = {"incident_count": moved, "condition": await condition_of(session, new_id)}
    await session.execute(update(t.cases).where(c.case_id == new_id).values(own))
    notice = notices.case_notice(old | changes, old["state"], request.at, request.actor)
    await notices.write(session, [notice])


async def _decision(
    session: AsyncSession, request: TransitionRequest, telling: str
) -> dict[str, Any]:
    d, s = t.merge_decisions, t.sightings
    query = (
        select(d)
        .join(s, s.c.sighting_id == d.c.sighting_id)
        .where(
            d.c.sighting_id == telling, d.c.state == "joined",
            s.c.case_id == request.case_id,
        )
        .with_for_update()
    )  # fmt: skip
    found = (await session.execute(query)).mappings().first()
    if found is None:
        raise NotFound(
            f"案件 {request.case_id} 中没有自动并入的 {telling}",
            f"no rule joined {telling} to case {request.case_id}",
        )
    return dict(found)


def _check(decision: dict[str, Any], case: dict[str, Any], at: datetime) -> None:
    if State(case["state"]) in FINAL:
        raise IllegalTransition(
            f"案件 {case['case_id']} 已结束,不能再拆分",
            f"case {case['case_id']} is over, nothing is taken out of it any more",
        )
    if at - decision["at"] > WINDOW:
        raise IllegalTransition(
            "并案超过 24 小时,不能再拆分", "it was joined more than 24 hours ago"
        )


async def _move(session: AsyncSession, telling: str, subject: str, old_id: str, new_id: str) -> int:
    """Move the telling and what is told of the same thing; gives how many."""
    s, i, r = t.sightings, t.incidents, t.reports
    await session.execute(
        update(s).where(s.c.sighting_id == telling).values(case_id=new_id, path=[])
    )
    if "/" in telling:
        pair = tuple(telling.split("/", 1))
        await session.execute(
            update(r)
            .where(tuple_(r.c.platform, r.c.external_id) == pair, r.c.case_id == old_id)
            .values(case_id=new_id)
        )
        return 1
    moved = await session.execute(
        update(i)
        .where(i.c.case_id == old_id, i.c.subject == subject)
        .values(case_id=new_id)
        .returning(i.c.incident_id)
    )
    return len(moved.all())


async def _give_pictures(
    session: AsyncSession, request: TransitionRequest, new_id: str, pictures: list[str]
) -> None:
    e = t.evidence_links.c
    query = select(t.evidence_links).where(e.case_id == request.case_id, e.sha256.in_(pictures))
    links = [dict(row) | {"case_id": new_id} for row in (await session.execute(query)).mappings()]
    await link_evidence(session, links, "split")
    away = TransitionRequest(case_id=new_id, to=State.REPORTED, actor=request.actor, at=request.at)
    await unlink(session, request.case_id, pictures, away)


async def _severity(session: AsyncSession, case_id: str, county: County, now: int) -> int:
    """The highest severity of what is still told of a case."""
    s = t.sightings.c
    kinds = await session.scalars(select(s.category).where(s.case_id == case_id))
    found = [county.taxonomy.find(kind) for kind in kinds]
    return min((one[1].severity for one in found if one), default=now)


async def _incident(session: AsyncSession, telling: str, told: Any) -> Incident:
    i = t.incidents
    query = select(i).where(i.c.incident_id == telling)
    row = (await session.execute(query)).mappings().one()
    refs = tuple(EvidenceRef(sha, "", row["began_at"], 0, 0) for sha in row["evidence"])
    return Incident(
        incident_id=UUID(telling), change=Change.OPENED, kind=IncidentKind(row["kind"]),
        category=told["category"], source=told["source"], subject=row["subject"],
        camera_id=row["camera_id"], view_id=row["view_id"], zone_id=row["zone_id"],
        place=Place(told["lon"], told["lat"], told["crs"]), began_at=row["began_at"],
        changed_at=row["opened_at"] or row["began_at"], state=row["state"], score=row["score"],
        reason_zh=row["reason_zh"], reason_en=row["reason_en"], evidence=refs,
        sensor_id=told["subject"].split("/")[1] if told["subject"].startswith("sensor/") else "",
    )  # fmt: skip


async def _report(session: AsyncSession, telling: str) -> Report:
    r = t.reports.c
    pair = tuple(telling.split("/", 1))
    query = (
        select(t.reports)
        .where(tuple_(r.platform, r.external_id) == pair, r.kind != ReportKind.WITHDRAWN)
        .order_by(r.sequence)
        .limit(1)
    )
    row = (await session.execute(query)).mappings().one()
    said = row["message"]
    place = said.get("place")
    return Report(
        report_id=UUID(row["report_id"]), kind=ReportKind(row["kind"]), platform=row["platform"],
        external_id=row["external_id"], sequence=row["sequence"], source=said["source"],
        category=said.get("category"), title=said.get("title", ""), text=said.get("text", ""),
        place=Place(place["lon"], place["lat"], place["crs"]) if place else None,
        address=said.get("address", ""), reported_at=row["reported_at"],
        received_at=row["received_at"], grid_code=said.get("grid_code"),
        subject=said.get("subject"),
        reporter=ReporterKind(said.get("reporter", ReporterKind.UNKNOWN)),
        evidence=tuple(
            EvidenceRef(item["sha256"], "", row["reported_at"], 0, 0)
            for item in said.get("evidence", ())
        ),
    )  # fmt: skip
