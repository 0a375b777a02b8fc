"""A worker killed in the middle of firing, again and again: none missed, none doubled."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.integration.test_timers import NOW, move
from tests.kit import DESK, county, incident
from yitong_command.domain.case import State
from yitong_command.domain.geometry import Place
from yitong_command.storage import tables as t
from yitong_command.storage import timers
from yitong_command.storage.asks import CaseFilter
from yitong_command.storage.cases import list_cases
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.session import Sessions, transaction

CASES, KILLS = 12, 3


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_none_is_missed_and_none_doubled(sessions: Sessions, database_url: str) -> None:
    batch = [
        incident(f"cam-{n:03}/main/x", place=Place(125.2905 + 0.002 * (n - 100), 43.3461))
        for n in range(100, 100 + CASES)
    ]
    async with transaction(sessions) as session:
        await take_incidents(session, batch, county(), NOW)
        found = (await list_cases(session, CaseFilter(limit=500))).items
    for item in found:
        await move(sessions, item.case_id, State.FILED, DESK, NOW)
    chance, killed, before = random.Random(7), 0, 0
    progress: list[int] = []
    for number in range(KILLS + 1):
        last = number == KILLS
        # Each life is later than the one before: the lease of a killed worker has run out.
        at = NOW + timedelta(days=30, minutes=number)
        command = [sys.executable, "-m", "tests.firing", database_url, at.isoformat()]
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begin\n"
        if not last:
            await asyncio.sleep(chance.uniform(0.05, 0.4))
            killed += process.returncode is None
            process.kill()
        else:
            assert await process.stdout.readline() == b"done\n"
        await process.wait()
        async with transaction(sessions) as session:
            told = await session.scalar(select(func.count()).select_from(t.escalations)) or 0
        progress.append(told - before)
        before = told
    async with transaction(sessions) as session:
        states = Counter(await session.scalars(select(t.timers.c.state)))
        missed = await timers.due(session, at, 100)
        by_timer = Counter(await session.scalars(select(t.escalations.c.timer_id)))
        sent = await session.scalar(
            select(func.count()).where(t.outbox.c.topic == "escalations").select_from(t.outbox)
        )
        open_holdings = Counter(
            await session.scalars(select(t.holdings.c.case_id).where(t.holdings.c.to_at.is_(None)))
        )
    assert missed == []
    assert set(states) <= {"fired", "cancelled", "waiting"}
    assert states["fired"] == len(by_timer) == sent
    assert set(by_timer.values()) == {1}
    assert set(open_holdings.values()) == {1}
    assert len(open_holdings) == len(found)
    # Non-vacuity: workers were killed while there was work, and some had done a part of it.
    assert killed == KILLS
    assert sum(0 < part < states["fired"] for part in progress) >= 1, progress
