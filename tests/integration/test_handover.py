"""One shift hands over to the next: two signatures, and the cases of the desk go along."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from tests.kit import AT, DESK, LEADER, county, incident
from yitong_command.domain.case import Actor, Role, State
from yitong_command.errors import IllegalTransition, NotAllowed
from yitong_command.storage import handover, tables_handover
from yitong_command.storage import tables as t
from yitong_command.storage.asks import CaseFilter, TransitionRequest
from yitong_command.storage.cases import get_case, list_cases, transition
from yitong_command.storage.handover_sheet import case_lists, unacknowledged
from yitong_command.storage.holdings import holdings_of
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.users import create_user
from yitong_command.storage.views import User

NEXT = Actor("next", Role.OPERATOR)
NOW = AT + timedelta(minutes=15)
SUBJECTS = ("cam-001/main/no-parking", "cam-002/main/cover", "cam-006/main/no-parking")


@pytest.fixture
async def shift(sessions: Sessions) -> Sessions:
    """Three open cases; the desk holds two of them, and one waits for a decision."""
    async with transaction(sessions) as session:
        for name in ("desk", "next", "third"):
            await create_user(
                session,
                User(
                    username=name, name_zh=name, name_en=name, role="operator", grid_codes=(),
                    password_hash="hash",
                ),
            )  # fmt: skip
        for nth, subject in enumerate(SUBJECTS):
            await take_incidents(session, [incident(subject, minutes=nth)], county(), NOW)
        ids = sorted(item.case_id for item in (await list_cases(session, CaseFilter())).items)
    assert len(ids) == 3
    for case_id in ids[:2]:
        async with transaction(sessions) as session:
            # Outside all grids nobody can be sent by itself: it stays with who filed it.
            await session.execute(
                update(t.cases).where(t.cases.c.case_id == case_id).values(grid_code=None)
            )
            await transition(
                session,
                TransitionRequest(case_id=case_id, to=State.FILED, actor=DESK, at=NOW),
                county(),
            )
    return sessions


async def _held(sessions: Sessions, username: str) -> list[str]:
    async with transaction(sessions) as session:
        query = select(t.cases.c.case_id).where(t.cases.c.holder == username)
        return sorted(await session.scalars(query))


async def _offer(sessions: Sessions, minutes: int = 0, incoming: str = "next") -> Any:
    at = NOW + timedelta(minutes=minutes)
    async with transaction(sessions) as session:
        sheet = await case_lists(session, DESK, DESK.username, at)
        made = await handover.offer(session, DESK, incoming, sheet, "钥匙在抽屉", at)
        return await handover.get_handover(session, made)


async def _accept(sessions: Sessions, view: Any, actor: Actor = NEXT, **more: Any) -> Any:
    at = NOW + timedelta(minutes=more.pop("minutes", 5))
    sha = more.pop("sha", view.sheet_sha256)
    async with transaction(sessions) as session:
        await handover.accept(session, actor, view.handover_id, sha, "", at)
        return await handover.get_handover(session, view.handover_id)


async def test_cases_go_to_who_comes_without_a_gap(shift: Sessions) -> None:
    mine = await _held(shift, "desk")
    assert len(mine) == 2
    done = await _accept(shift, await _offer(shift))
    assert (done.state, sorted(done.cases)) == ("done", mine)
    assert await _held(shift, "desk") == []
    assert await _held(shift, "next") == mine
    for case_id in mine:
        async with transaction(shift) as session:
            chain = await holdings_of(session, case_id)
            detail = await get_case(session, case_id)
            audited = await session.scalar(
                select(func.count()).select_from(t.audit).where(
                    t.audit.c.action.in_(["handover_signed_out", "handover_signed_in"]),
                    t.audit.c.object == done.handover_id,
                )
            )  # fmt: skip
            told = await session.scalar(
                select(func.count()).select_from(t.outbox).where(
                    t.outbox.c.topic == "cases", t.outbox.c.key == case_id,
                )
            )  # fmt: skip
        assert [item.holder for item in chain] == ["desk", "next"]
        assert chain[0].to_at == chain[1].from_at
        assert chain[1].to_at is None
        assert detail.holder == "next"
        assert audited == 2
        assert told is not None
        assert told >= 2


async def test_only_the_two_people_sign_and_only_what_was_read(shift: Sessions) -> None:
    view = await _offer(shift)
    with pytest.raises(NotAllowed, match="incoming"):
        await _accept(shift, view, Actor("third", Role.OPERATOR))
    with pytest.raises(IllegalTransition, match="not the sheet"):
        await _accept(shift, view, sha="0" * 64)
    with pytest.raises(IllegalTransition, match="hour old"):
        await _accept(shift, view, minutes=61)
    with pytest.raises(IllegalTransition, match="second signature"):
        await _offer(shift)
    assert len(await _held(shift, "desk")) == 2
    assert (await _accept(shift, view)).state == "done"
    with pytest.raises(IllegalTransition, match="settled"):
        await _accept(shift, view)


async def test_nobody_signs_twice_and_a_leader_does_not_sign(shift: Sessions) -> None:
    with pytest.raises(NotAllowed, match="yourself"):
        await _offer(shift, incoming="desk")
    with pytest.raises(NotAllowed, match="no.* operator|not an active operator"):
        await _offer(shift, incoming="worker1")
    async with transaction(shift) as session:
        with pytest.raises(NotAllowed, match="operators hand over"):
            await handover.offer(session, LEADER, "next", {}, "", NOW)
    view = await _offer(shift)
    with pytest.raises(IntegrityError):
        async with transaction(shift) as session:
            values = {"incoming": view.outgoing}
            await session.execute(update(tables_handover.handovers).values(values))


async def test_a_critical_alert_that_waits_holds_both_signatures(shift: Sessions) -> None:
    view = await _offer(shift)
    async with transaction(shift) as session:
        waiting = t.cases.c.state == State.REPORTED.value
        await session.execute(update(t.cases).where(waiting).values(severity=1))
        [critical] = await unacknowledged(session, DESK)
    with pytest.raises(IllegalTransition, match=critical):
        await _accept(shift, view)
    async with transaction(shift) as session:
        await handover.withdraw(session, NEXT, view.handover_id, NOW)
    with pytest.raises(IllegalTransition, match=critical):
        await _offer(shift)
    async with transaction(shift) as session:
        request = TransitionRequest(case_id=critical, to=State.FILED, actor=DESK, at=NOW)
        await transition(session, request, county())
    assert (await _accept(shift, await _offer(shift))).state == "done"


async def test_what_lies_outside_the_area_of_who_comes_stays(shift: Sessions) -> None:
    view = await _offer(shift)
    part = Actor("next", Role.OPERATOR, frozenset({"220323100"}))
    with pytest.raises(NotAllowed, match="outside your area"):
        await _accept(shift, view, part)
    assert len(await _held(shift, "desk")) == 2
