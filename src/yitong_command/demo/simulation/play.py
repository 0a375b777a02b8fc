"""Plays the county: one queue of moments, timers fired at theirs, everything checked daily."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random

from yitong_command.demo.simulation import volumes
from yitong_command.demo.simulation.diary import Diary
from yitong_command.demo.simulation.hands import Hands
from yitong_command.demo.simulation.invariants import Invariants
from yitong_command.demo.simulation.life import Life, Thread
from yitong_command.demo.simulation.people import DESKS, settle, staff_of
from yitong_command.demo.simulation.tellers import Tellers
from yitong_command.demo.simulation.volumes import PER_DAY, Fact
from yitong_command.domain.clock import CHINA
from yitong_command.domain.county import County
from yitong_command.domain.kpi import Period
from yitong_command.domain.privacy import is_protected
from yitong_command.settings.secrets import Vault
from yitong_command.storage.kpis import Kpis, kpis
from yitong_command.storage.session import make_engine, make_readers, make_sessions, transaction

BEGIN = date(2026, 11, 2)
"""A Monday: heating has begun, straw is burnt, and it may snow."""
TRY_EVERY = 20
"""After so many tellings of protected people a camera tries to tell of one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played.

    Attributes:
        days: How many.
        seed: The same seed, the same county.
        per_day: Cases of an ordinary day.
        begin: First day.
    """

    days: int
    seed: int
    per_day: float = PER_DAY
    begin: date = BEGIN

    @property
    def period(self) -> Period:
        """From the first midnight to the last."""
        first = datetime.combine(self.begin, time(0), CHINA).astimezone(UTC)
        return Period(first, first + timedelta(days=self.days))


@dataclass(frozen=True, slots=True)
class Played:
    """What came of it.

    Attributes:
        plan: What was played.
        diary: What was done.
        kpis: The figures, as the screens have them.
        checks: What was checked of each promise, and what was broken.
    """

    plan: Plan
    diary: Diary
    kpis: Kpis
    checks: Invariants


async def play(
    plan: Plan, url: str, county: County, vault: Vault, say: Callable[[str], None]
) -> Played:
    """Play it against a database that has all tables and nothing in them.

    Args:
        plan: What.
        url: Which database.
        county: Taxonomy, grids and calendar; its cameras and roster are left out.
        vault: Seals details of protected people.
        say: Told after each day.
    """
    engine = make_engine(url)
    sessions, readers = make_sessions(engine), make_readers(engine)
    diary = Diary()
    checks = Invariants(engine, readers, diary)
    staff = staff_of(county)
    county = replace(county, roster=staff.duties, cameras={})
    begin = plan.period.begin
    try:
        await settle(sessions, staff, begin - timedelta(hours=1))
        hands = Hands(sessions, readers, county, vault, diary)
        tellers = Tellers(sessions, county, diary)
        game = _Game(plan, county, hands, tellers, Life(hands, tellers, staff))
        told = 0
        for day in range(plan.days):
            end = begin + timedelta(days=day + 1)
            await game.until(end)
            await tellers.count(end)
            await checks.check(sessions, end)
            say(
                f"{(end - timedelta(hours=1)).astimezone(CHINA):%m-%d}: "
                f"{checks.cases} 件案件 / cases, {diary.counts['moves']} 次流转 / moves, "
                f"{diary.counts['timers_fired']} 个计时器 / timers, "
                f"{len(checks.broken)} 项违反 / broken"
            )
            for line in checks.broken[told:]:
                say(f"  违反 / broken: {line}")
            told = len(checks.broken)
        await checks.check_all(sessions, plan.period.end)
        async with transaction(readers) as session:
            figures = await kpis(session, plan.period)
    finally:
        await engine.dispose()
    return Played(plan, diary, figures, checks)


class _Game:
    """The queue of what happens next."""

    def __init__(
        self, plan: Plan, county: County, hands: Hands, tellers: Tellers, life: Life
    ) -> None:
        self._hands, self._tellers, self._life = hands, tellers, life
        self._seed = plan.seed
        self._queue: list[tuple[datetime, int, Fact | Thread | str]] = []
        self._order = count()
        self._first: dict[int, str] = {}
        self._protected = 0
        facts = volumes.facts(
            plan.seed, plan.begin, plan.days, county.taxonomy, county.grids, plan.per_day
        )
        for fact in facts:
            self._push(fact.at.astimezone(UTC), fact)
            if fact.again is not None:
                self._push(fact.again.astimezone(UTC), replace(fact, again=None))
        storm = volumes.storm_of(plan.begin, plan.days)
        if storm is not None:
            self._push(storm[0].astimezone(UTC), "storm")

    def _push(self, at: datetime, what: Fact | Thread | str) -> None:
        heapq.heappush(self._queue, (at, next(self._order), what))

    async def until(self, end: datetime) -> None:
        """Play on until this moment; timers fire at their own."""
        while self._queue and self._queue[0][0] < end:
            at, _, what = heapq.heappop(self._queue)
            await self._hands.fire_until(at)
            if isinstance(what, Fact):
                await self._tell(what, at)
            elif isinstance(what, Thread):
                after = await self._life.step(what, at)
                if after is not None:
                    self._push(after, what)
            else:
                await self._hands.switch(
                    at, volumes.STORM_H, DESKS["lead-day"], DESKS["lead-night"]
                )
        await self._hands.fire_until(end)

    async def _tell(self, fact: Fact, at: datetime) -> None:
        first = self._first.get(fact.number)
        case_id, new = await self._tellers.tell(fact, at, again=first is not None)
        self._first.setdefault(fact.number, case_id)
        if new:
            name = f"{self._seed}/{fact.number}/{first is not None}"
            dice = Random(name)  # noqa: S311 - a simulation
            again_of = first if first != case_id else None
            thread = Thread(case_id, fact.source, dice, again_of)
            self._push(at + timedelta(seconds=dice.uniform(20, 400)), thread)
        if is_protected(fact.category):
            self._protected += 1
            if self._protected % TRY_EVERY == 1:
                await self._tellers.try_camera(fact, at)
