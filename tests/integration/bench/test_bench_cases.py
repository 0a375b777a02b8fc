"""What the benchmark of many cases measures on: copies that are whole cases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.kit import AT, county
from yitong_command.bench import case_seed
from yitong_command.bench.case_seed import PATTERNS, STEPS, seed_cases
from yitong_command.demo.simulation.people import DESKS, settle, staff_of
from yitong_command.domain.case import State
from yitong_command.storage import tables as t
from yitong_command.storage.asks import CaseFilter, TransitionRequest
from yitong_command.storage.cases import get_case, list_cases, transition
from yitong_command.storage.session import make_sessions, transaction


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_copied_case_lives_on_like_any_other(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions, staff = make_sessions(engine), staff_of(county())
    await settle(sessions, staff, AT)
    here = replace(county(), roster=staff.duties)
    monkeypatch.setattr(case_seed, "ROUNDS_AT_ONCE", 1)
    await seed_cases(engine, sessions, here, staff, 3 * PATTERNS, AT, print)
    async with transaction(sessions) as session:
        assert await session.scalar(select(func.count()).select_from(t.cases)) == 3 * PATTERNS
        states = set(await session.scalars(select(t.cases.c.state)))
        assert len(states) == len(STEPS) + 1
        page = await list_cases(session, CaseFilter(states=("reported",), text="样例路2号"))
        copy = page.items[0]
        request = TransitionRequest(
            case_id=copy.case_id, to=State.FILED, actor=DESKS["desk-day"], at=AT,
            expected_version=copy.version,
        )  # fmt: skip
        filed = await transition(session, request, here)
        assert filed.state == State.DISPATCHED
        assert filed.due_at is not None
        assert len(filed.tasks) == len(filed.life.holdings) == 1
        walked = (await list_cases(session, CaseFilter(states=("handled",)))).items
        steps = (await get_case(session, walked[-1].case_id)).transitions
        assert [step.to_state for step in steps][-1] == "handled"
