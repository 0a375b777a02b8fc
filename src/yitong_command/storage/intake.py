"""Incidents become cases: one batch, one transaction, the same result however often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.county import County
from yitong_command.domain.incident import Change, Incident
from yitong_command.errors import BadMessage
from yitong_command.routing.likeness import Sighting
from yitong_command.routing.plan import Seen, Step, StepKind, plan, sighting_of
from yitong_command.routing.refuse import refusal
from yitong_command.storage import labels
from yitong_command.storage import tables as t
from yitong_command.storage.intake_batch import Batch, Taken
from yitong_command.storage.intake_write import number, write
from yitong_command.storage.sightings import lock_kinds, open_cases

MAX_BATCH = 500


async def take_incidents(
    session: AsyncSession, incidents: Sequence[Incident], county: County, at: datetime
) -> Taken:
    """Turn a batch of incidents into cases, alerts and messages.

    Taking the same incident again changes nothing. Two workers that take incidents of one fact
    at the same time make one case: they wait for each other, and should they not, the second
    fails on a unique key and is to be tried again.

    Args:
        session: Open transaction; the caller commits.
        incidents: At most 500, in the order they arrived.
        county: Taxonomy, grids and cameras.
        at: Now.

    Raises:
        BadMessage: If one of them is refused by the taxonomy or the ethical frame.
        ValueError: If there are more than 500.
    """
    if len(incidents) > MAX_BATCH:
        raise ValueError(f"{len(incidents)} incidents in one batch; {MAX_BATCH} at most")
    for incident in incidents:
        reason = refusal(incident, county.taxonomy)
        if reason:
            raise BadMessage(reason)
    merging = county.taxonomy.merging
    await lock_kinds(session, {incident.category for incident in incidents}, merging)
    seen = await _seen(session, incidents)
    cases = await open_cases(session, _to_be_placed(incidents, seen), merging)
    steps = plan(incidents, seen, cases, county.taxonomy)
    batch = Batch(county, at, await _second_looks(session, steps, county, at))
    await _load(session, batch, steps)
    new = [step.case_id for step in steps if step.kind is StepKind.NEW_CASE and step.case_id]
    await number(session, batch, new)
    for step in steps:
        batch.apply(step)
    await write(session, batch)
    return batch.taken


def _to_be_placed(incidents: Sequence[Incident], seen: Mapping[str, Seen]) -> list[Sighting]:
    """What is told for the first time; the others have their case already, or need none."""
    known = {incident_id for incident_id, one in seen.items() if one.case_id is not None}
    fresh = {
        incident.incident_id: incident
        for incident in incidents
        if incident.change is not Change.CLEARED and str(incident.incident_id) not in known
    }
    return [sighting_of(incident) for incident in fresh.values()]


async def _seen(session: AsyncSession, incidents: Sequence[Incident]) -> dict[str, Seen]:
    found = await session.execute(
        select(t.incidents.c.incident_id, t.incidents.c.case_id, t.incidents.c.cleared_at).where(
            t.incidents.c.incident_id.in_({str(item.incident_id) for item in incidents})
        )
    )
    return {row[0]: Seen(row[1], row[2] is not None) for row in found}


async def _second_looks(
    session: AsyncSession, steps: Sequence[Step], county: County, at: datetime
) -> frozenset[tuple[str, str]]:
    """Asked once for the whole batch, and only about what opens a new alert."""
    new = {
        (step.incident.camera_id, step.incident.kind.value)
        for step in steps
        if step.kind is StepKind.NEW_CASE and step.incident.camera_id
    }
    return await labels.second_looks(session, at, county.taxonomy.precision_bar, new)


async def _load(session: AsyncSession, batch: Batch, steps: Sequence[Step]) -> None:
    """Rows that exist already and will be changed."""
    ids = {
        step.case_id
        for step in steps
        if step.case_id and step.kind in {StepKind.ATTACHED, StepKind.UPDATED, StepKind.CLEARED}
    }
    if ids:
        query = select(t.cases).where(t.cases.c.case_id.in_(ids)).order_by(t.cases.c.case_id)
        for row in (await session.execute(query.with_for_update())).mappings():
            batch.cases[row["case_id"]] = dict(row)
        query = select(t.alerts).where(t.alerts.c.case_id.in_(ids))
        for row in (await session.execute(query)).mappings():
            batch.alerts[row["case_id"]] = dict(row)
        c = t.incidents.c
        open_query = select(c.case_id, c.incident_id).where(
            c.case_id.in_(ids), c.opened_at.is_not(None), c.cleared_at.is_(None)
        )
        for case_id, incident_id in await session.execute(open_query):
            batch.uncleared.setdefault(case_id, set()).add(incident_id)
    touched = {
        str(step.incident.incident_id)
        for step in steps
        if step.overtaken or step.kind in {StepKind.UPDATED, StepKind.CLEARED}
    }
    if touched:
        query = select(t.incidents).where(t.incidents.c.incident_id.in_(touched))
        for row in (await session.execute(query)).mappings():
            batch.known_incidents[row["incident_id"]] = dict(row)
