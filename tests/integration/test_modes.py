"""Calm and emergency: two people, all effects or none, rehearsals that send nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from tests.integration.test_timers import filed, loop, move
from tests.kit import AT, PARKING, county, incident, worker
from yitong_command.bus.clock_messages import ModeMessage
from yitong_command.domain.case import State
from yitong_command.errors import IllegalTransition, NotAllowed
from yitong_command.routing.refuse import refusal
from yitong_command.storage import modes
from yitong_command.storage import tables as t
from yitong_command.storage.camera_records import find_camera, put_camera
from yitong_command.storage.cases import get_case
from yitong_command.storage.debrief import debrief
from yitong_command.storage.modes import ModeView, Proposal
from yitong_command.storage.outbox import waiting
from yitong_command.storage.roster_seeds import seed_roster
from yitong_command.storage.rosters import By
from yitong_command.storage.session import Sessions, transaction

NOW = AT + timedelta(minutes=15)
SOON = NOW + timedelta(minutes=30)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ONE, TWO = By("desk", "operator", SOON), By("desk2", "operator", SOON)


def proposal(**more: Any) -> Proposal:
    values: dict[str, Any] = {
        "areas": ("220323",), "categories": None, "reason": "暴雨演示", "hours": 4,
    }  # fmt: skip
    return Proposal(**values | more)


async def emergency(sessions: Sessions, **more: Any) -> ModeView:
    async with transaction(sessions) as session:
        mode = await modes.propose(session, proposal(**more), ONE)
    async with transaction(sessions) as session:
        return await modes.confirm(session, mode.mode_id, county(), TWO)


async def everything(sessions: Sessions) -> dict[str, list[tuple[Any, ...]]]:
    """All rows a rehearsal must leave alone."""
    async with transaction(sessions) as session:
        return {
            table.name: [tuple(row) for row in await session.execute(select(table))]
            for table in (
                t.cases, t.tasks, t.alerts, t.outbox, t.case_clocks, t.escalations, t.holdings,
                t.camera_records, t.transitions,
            )
        }  # fmt: skip


async def test_who_proposes_never_confirms(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        mode = await modes.propose(session, proposal(), ONE)
    with pytest.raises(NotAllowed, match="another person"):
        async with transaction(sessions) as session:
            await modes.confirm(session, mode.mode_id, county(), ONE)
    with pytest.raises(IntegrityError):
        async with transaction(sessions) as session:
            row = await modes.locked(session, mode.mode_id)
            await modes.write(session, row | {"confirmed_by": "desk"})
    async with transaction(sessions) as session:
        await modes.confirm(session, mode.mode_id, county(), TWO)
    with pytest.raises(IllegalTransition):
        async with transaction(sessions) as session:
            await modes.confirm(session, mode.mode_id, county(), TWO)
    async with transaction(sessions) as session:
        actions = list(await session.scalars(select(t.audit.c.action).order_by(t.audit.c.id)))
    assert actions == ["mode_proposed", "mode_confirmed"]


async def test_an_emergency_changes_clocks_rosters_and_cameras_and_ends_by_itself(
    sessions: Sessions,
) -> None:
    case_id = await filed(sessions, PARKING)
    camera = county().cameras["cam-001"]
    async with transaction(sessions) as session:
        await seed_roster(session, county().roster, NOW)
        await put_camera(session, camera, NOW, "file")
    async with transaction(sessions) as session:
        before = await get_case(session, case_id)
    mode = await emergency(sessions)
    assert mode.effects["clocks_changed"] == mode.effects["cases_in_scope"] == 1
    assert mode.effects["b_posts"] == ["worker4"]
    async with transaction(sessions) as session:
        case = await get_case(session, case_id)
        clock = (await session.execute(select(t.case_clocks))).mappings().one()
        record = await find_camera(session, "cam-001")
        sent = [row.payload for row in await waiting(session, 500) if row.topic == "modes"]
    # A quarter of two working hours was used; three quarters of the emergency's hour remain.
    assert case.due_at == SOON + timedelta(minutes=45)
    assert clock["normal_due_at"] == before.due_at
    assert "应急状态" in case.due_rule_zh
    assert "emergency" in case.due_rule_en
    assert case.tasks[0].due_at == case.due_at
    assert record is not None
    assert record.camera.look_interval_s == camera.look_interval_s / 2
    assert ModeMessage.model_validate(sent[0]).state == "active"
    # Nobody ends it: the timer does, and what was used stays used.
    await move(sessions, case_id, State.ACCEPTED, worker("worker4"), SOON)
    end = SOON + timedelta(hours=4)
    await loop(sessions, end).fire_due()
    async with transaction(sessions) as session:
        ended = await modes.get(session, mode.mode_id)
        record = await find_camera(session, "cam-001")
    assert (ended.state, ended.ended_by, ended.ended_at) == ("ended", "system", end)
    assert record is not None
    assert record.camera.look_interval_s == camera.look_interval_s


async def test_a_rehearsal_changes_and_sends_nothing(sessions: Sessions) -> None:
    await filed(sessions, PARKING)
    async with transaction(sessions) as session:
        await seed_roster(session, county().roster, NOW)
        await put_camera(session, county().cameras["cam-001"], NOW, "file")
    before = await everything(sessions)
    mode = await emergency(sessions, rehearsal=True)
    # It would have done something: otherwise leaving all alone would say little.
    assert mode.effects["clocks_changed"] == 1
    assert mode.effects["messages"]["tasks"] == 1
    assert mode.effects["messages"]["modes"] == 1
    assert mode.effects["rehearsed"] is True
    assert (mode.state, mode.rehearsal) == ("active", True)
    assert await everything(sessions) == before
    async with transaction(sessions) as session:
        await modes.stop(session, mode.mode_id, county(), TWO)
    assert await everything(sessions) == before


@SQLITE
async def test_minor_matters_of_other_kinds_wait_while_it_lasts(sessions: Sessions) -> None:
    case_id = await filed(sessions, PARKING)
    async with transaction(sessions) as session:
        before = (await get_case(session, case_id)).due_at
    mode = await emergency(sessions, categories=("ar_flood_point",))
    late = By("desk", "operator", SOON + timedelta(hours=1))
    async with transaction(sessions) as session:
        await modes.stop(session, mode.mode_id, county(), late)
        after = (await get_case(session, case_id)).due_at
    assert before is not None
    # An hour did not count: 11:15 would be 12:15, which is lunch until 14:00.
    assert after == before + timedelta(hours=3)


@SQLITE
async def test_elsewhere_nothing_changes(sessions: Sessions) -> None:
    await filed(sessions, PARKING)
    mode = await emergency(sessions, areas=("220323902",))
    assert mode.effects["cases_in_scope"] == 0


@SQLITE
async def test_the_debrief_counts_with_denominators(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        await seed_roster(session, county().roster, NOW)
    mode = await emergency(sessions)
    later = SOON + timedelta(minutes=5)
    case_id = await filed(sessions, PARKING, later)
    await move(sessions, case_id, State.ACCEPTED, worker("worker4"), later)
    async with transaction(sessions) as session:
        await modes.check_in(session, mode.mode_id, By("worker4", "worker", later))
        with pytest.raises(NotAllowed):
            await modes.check_in(session, mode.mode_id, By("worker1", "worker", later))
        report = await debrief(session, mode.mode_id, later + timedelta(minutes=1))
    found = {figure.name: (figure.count, figure.of) for figure in report.figures}
    assert found["reported"] == (1, None)
    assert found["sent"] == (1, 1)
    assert found["accepted"] == (1, 1)
    assert found["handled"] == (0, 1)
    assert found["checked_in"] == (1, 1)


@SQLITE
async def test_an_emergency_loosens_nothing_of_the_ethical_frame(sessions: Sessions) -> None:
    """Sources, categories and rights are not even named by a mode; what is refused stays so."""
    seen = incident(category="cp_parking.no_parking_zone")
    await emergency(sessions)
    names = set(Proposal.__slots__) | set(ModeView.__slots__)
    assert not names & {"sources", "detail_roles", "roles", "privacy", "ethics", "face", "search"}
    for category in county().taxonomy.categories.values():
        if category.group.value != "key_population":
            continue
        for subtype in category.subtypes:
            item = replace(seen, category=f"{category.code}.{subtype}")
            assert refusal(item, county().taxonomy) is not None
