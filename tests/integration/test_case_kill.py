"""Transitions killed at random, two hundred seeded times: no half-done case is ever found."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.kit import AT, DESK, county, incident
from yitong_command.domain.case import HELD, Actor, Role, State
from yitong_command.domain.manifest import chain_faults
from yitong_command.domain.task import OPEN_TASK
from yitong_command.errors import DatabaseDown, Refusal
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import transition
from yitong_command.storage.holdings import holdings_of
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.manifest import manifest_of
from yitong_command.storage.session import Sessions, make_sessions, transaction

KILLS = {"sqlite": 150, "postgresql": 50}
CASES = 4


async def mover(engine: AsyncEngine, moves: int) -> None:
    """Moves cases round and round, as fast as it can, and says who it is after the first."""
    sessions = make_sessions(engine)
    known = county()
    async with transaction(sessions) as session:
        ids = list(await session.scalars(select(t.cases.c.case_id).order_by("case_id")))
    turn = Random(os.getpid())
    nexts = {
        "reported": (State.FILED, DESK), "handled": (State.REWORK, DESK),
        "pending_dispatch": (State.DISPATCHED, DESK),
    }  # fmt: skip
    line = {"dispatched": State.ACCEPTED, "accepted": State.ARRIVED, "arrived": State.HANDLED}
    for number in range(moves):
        if number == 1:
            print(os.getpid(), flush=True)
        async with transaction(sessions) as session:
            case_id = turn.choice(ids)
            query = select(t.cases).where(t.cases.c.case_id == case_id)
            row = (await session.execute(query)).mappings().one()
            at = row["updated_at"] + timedelta(seconds=1)
        state = row["state"]
        to, actor = nexts.get(state) or (line[state], Actor(row["holder"], Role.WORKER))
        request = TransitionRequest(
            case_id=case_id, to=to, actor=actor, at=at, note="n", assignee=None
            if to is not State.DISPATCHED else "worker1",
            evidence_sha256=f"{turn.getrandbits(256):064x}" if to is State.HANDLED else None,
        )  # fmt: skip
        try:
            async with transaction(sessions) as session:
                await transition(session, request, known)
        except (Refusal, DatabaseDown):
            continue
    # The engine goes through a fork next, without any connection.
    await engine.dispose()


async def _check(sessions: Sessions) -> int:
    """Nothing is half done in any case; gives the number of steps taken so far."""
    total = 0
    async with transaction(sessions) as session:
        for row in (await session.execute(select(t.cases))).mappings():
            case_id, c = row["case_id"], t.transitions.c
            steps = (
                await session.execute(
                    select(c.seq, c.to_state, c.holder).where(c.case_id == case_id).order_by(c.seq)
                )
            ).all()
            assert [step.seq for step in steps] == list(range(1, row["version"] + 1))
            assert (steps[-1].to_state, steps[-1].holder) == (row["state"], row["holder"])
            holdings = await holdings_of(session, case_id)
            held = [item.holder for item in holdings if item.to_at is None]
            assert held == ([row["holder"]] if State(row["state"]) in HELD else [])
            for before, after in zip(holdings, holdings[1:], strict=False):
                assert before.to_at == after.from_at
            tasks = t.tasks.c
            query = select(tasks.state, tasks.assignee).where(tasks.open_case_id == case_id)
            on_street = row["state"] in OPEN_TASK
            assert [tuple(task) for task in await session.execute(query)] == (
                [(row["state"], row["holder"])] if on_street else []
            )
            told = select(func.count()).where(
                t.outbox.c.topic == "cases", t.outbox.c.key == case_id
            )
            assert await session.scalar(told) == len(steps)
            entries = await manifest_of(session, case_id)
            assert chain_faults(case_id, entries) == []
            links = select(func.count()).where(t.evidence_links.c.case_id == case_id)
            assert await session.scalar(links) == len(entries)
            total += len(steps)
    return total


@pytest.mark.timeout(240)
async def test_killed_at_random_no_case_is_half_done(sessions: Sessions, database_url: str) -> None:
    batch = [
        incident(f"cam-00{n}/main/no-parking", category="cp_parking.no_parking_zone", minutes=n)
        for n in (1, 4, 6, 7)
    ]
    async with transaction(sessions) as session:
        assert (await take_incidents(session, batch, county(), AT)).new_cases == CASES
    kills = KILLS[database_url.partition("+")[0]]
    chance, steps = Random(200), 0
    command = [sys.executable, "-c", _LOOP, database_url]
    environment = os.environ | {"PYTHONPATH": "."}
    with subprocess.Popen(  # noqa: ASYNC220  # one process, and the test waits for it anyway
        command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as movers:
        assert movers.stdout is not None
        try:
            await asyncio.to_thread(movers.stdout.readline)  # who warms up is not killed
            for number in range(1, kills + 1):
                child = int(await asyncio.to_thread(movers.stdout.readline))
                await asyncio.sleep(chance.uniform(0.0, 0.04))
                os.kill(child, signal.SIGKILL)
                if number % 25 == 0:
                    taken = await _check(sessions)
                    assert taken >= steps
                    steps = taken
        finally:
            os.killpg(movers.pid, signal.SIGKILL)
    assert steps > CASES + kills, "each moved something before it was killed"


# Starting Python two hundred times would take minutes: one process warms everything up, and each of
# its forks is a process of its own, with its own connections, that is killed.
_LOOP = """
import asyncio, os, sys
from tests.integration.test_case_kill import mover
from yitong_command.storage.session import make_engine
engine = make_engine(sys.argv[1])
asyncio.run(mover(engine, 12))
while True:
    child = os.fork()
    if child == 0:
        asyncio.run(mover(engine, 1_000_000))
    os.waitpid(child, 0)
"""
