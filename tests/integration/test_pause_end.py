"""A pause ends by its timer, through the life cycle, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from tests.integration.test_timers import NOW, filed, loop, move
from tests.kit import DESK, county
from yitong_command.domain.case import Actor, AskedKind, Role, State
from yitong_command.storage import tables as t
from yitong_command.storage import wishes
from yitong_command.storage.cases import get_case
from yitong_command.storage.holdings import holdings_of
from yitong_command.storage.session import Sessions, transaction

LEAD = Actor("lead", Role.SUPERVISOR)
PARKING = "cp_parking.no_parking_zone"
UNTIL = NOW + timedelta(hours=30)


async def suspended(sessions: Sessions) -> tuple[str, str]:
    """A case that rests, and where it came from."""
    case_id = await filed(sessions, PARKING)
    asked_at = NOW + timedelta(minutes=2)
    wish = wishes.Wish(
        case_id=case_id, kind=AskedKind.SUSPEND, actor=DESK, at=asked_at, note="待裁定",
        reason="law_procedure", until=UNTIL,
    )  # fmt: skip
    async with transaction(sessions) as session:
        before = (await get_case(session, case_id)).state
        await wishes.propose(session, wish, county())
    granted_at = asked_at + timedelta(minutes=1)
    paused = await move(sessions, case_id, State.SUSPENDED, LEAD, granted_at)
    assert paused.state == "suspended"
    return case_id, before


async def test_at_its_end_the_case_goes_on_by_itself(sessions: Sessions) -> None:
    case_id, before = await suspended(sessions)
    await loop(sessions, UNTIL - timedelta(minutes=1)).fire_due()
    async with transaction(sessions) as session:
        assert (await get_case(session, case_id)).state == "suspended"
    await loop(sessions, UNTIL).fire_due()
    await loop(sessions, UNTIL + timedelta(minutes=1), "two").fire_due()
    async with transaction(sessions) as session:
        case = await get_case(session, case_id)
        held = await holdings_of(session, case_id)
    assert case.state == before
    last = case.transitions[-1]
    assert (last.from_state, last.to_state, last.actor) == ("suspended", before, "system")
    assert [step.to_state for step in case.transitions].count(before) == 2
    assert case.life.pauses[0].ended_at == UNTIL
    assert all(a.to_at == b.from_at for a, b in zip(held, held[1:], strict=False))
    assert held[-1].to_at is None


async def test_a_pause_that_was_ended_by_hand_has_no_timer_left(sessions: Sessions) -> None:
    case_id, before = await suspended(sessions)
    await move(sessions, case_id, State(before), DESK, NOW + timedelta(hours=1))
    c = t.timers.c
    async with transaction(sessions) as session:
        rows = select(c.state).where(c.case_id == case_id, c.kind == "resume")
        assert list(await session.scalars(rows)) == ["cancelled"]
