"""One round of chaos: load, kills decided by a seed, then everything must be there, once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.facts import expected
from tests.chaos.kills import Reaper
from tests.chaos.poison import send_poison
from tests.chaos.stage import (
    Stage,
    fill,
    make_stage,
    may_mount,
    small_disk,
    wait_until,
)
from tests.chaos.verdict import Verdict, judge, ledger_of, settled
from tests.kit import PostgresServer
from yitong_command.bus.cluster import KafkaCluster

READY_S, STOP_S, SETTLE_S = 120.0, 120.0, 240.0
POISON = 7


@dataclass(frozen=True)
class Plan:
    """What a round does.

    Attributes:
        seed: Decides the world and the kills.
        kills: Random kills, besides those that every round has.
        pace_s: Seconds between two of them, on average.
        database_down_s: How long the database is stopped once.
        disk_full_s: How long the disk of one spool is full once; 0 where none can be mounted.
    """

    seed: int
    kills: int
    pace_s: float
    database_down_s: float
    disk_full_s: float


@dataclass(frozen=True)
class Outcome:
    """What came of a round.

    Attributes:
        verdict: What is wrong, if anything.
        kills: How often what was killed.
        disk: What the source said of itself while its disk was full; "" if none was filled.
        seconds: How long it took.
    """

    verdict: Verdict
    kills: dict[str, int]
    disk: str
    seconds: float


def play(
    cluster: KafkaCluster,
    database: PostgresServer,
    folder: Path,
    plan: Plan,
    say: Callable[[str], None],
) -> Outcome:
    """Play one round.

    Raises:
        AssertionError: If a part does not come back, or what must become true does not.
    """
    begun = time.monotonic()
    say(f"seed {plan.seed}: {plan.kills} kills")
    with ExitStack() as stack:
        disk = folder / "small-disk"
        mounted = plan.disk_full_s > 0 and may_mount(disk)
        if mounted:
            stack.enter_context(small_disk(disk))
        stage = make_stage(cluster, database, folder, plan.seed, disk if mounted else folder / "b")
        stack.callback(_stop, stage)
        for proc in (*stage.routes, *stage.sources):
            proc.start()
        wait_until(stage.ready, READY_S, "the route workers are ready")
        reaper = Reaper(stage, random.Random(plan.seed), plan.pace_s, say)
        poison = send_poison(stage, POISON)
        reaper.run(plan.kills // 2)
        told = _full_disk(stage, disk, plan.disk_full_s, say) if mounted else ""
        _no_database(stage, plan.database_down_s, say)
        reaper.run(plan.kills - plan.kills // 2)
        for kind in ("source", "route", "broker"):  # whatever the dice said, each at least once
            if not reaper.counts[kind]:
                reaper.once(kind)
        reaper.run(0)
        verdict = _settle(stage, reaper, poison, plan.seed, say)
    return Outcome(verdict, dict(reaper.counts), told, round(time.monotonic() - begun, 1))


def _full_disk(stage: Stage, disk: Path, seconds: float, say: Callable[[str], None]) -> str:
    """Fill the second source's disk for a while: it must say so, and heal by itself."""
    say(f"  disk full for {seconds:g} s")
    proc = stage.sources[1]
    if not proc.alive:
        proc.start()
    # The spool gives back what the broker has: filled until that is taken, too.
    ballast = fill(disk)
    full = "the source says that its disk is full"
    wait_until(lambda: fill(disk).exists() and not _spool(stage)["ok"], 30, full)
    said = str(_spool(stage)["detail"])
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        # Kept full. What is confirmed meanwhile has found room; the verdict says if it had not.
        fill(disk)
        time.sleep(0.2)
    ballast.unlink()
    wait_until(lambda: bool(_spool(stage)["ok"]), 30, "the source's disk is well again")
    return said


def _spool(stage: Stage) -> dict[str, object]:
    check: dict[str, object] = stage.health_of("b")["checks"].get("spool", {"ok": True})
    return check


def _no_database(stage: Stage, seconds: float, say: Callable[[str], None]) -> None:
    say(f"  database stopped for {seconds:g} s")
    stage.database.stop()
    time.sleep(seconds)
    assert not stage.ready(), "a worker says all is well without its database"
    stage.database.start()


def _settle(
    stage: Stage, reaper: Reaper, poison: int, seed: int, say: Callable[[str], None]
) -> Verdict:
    for proc in stage.sources:
        (stage.folder / proc.name / "stop").touch()
    wait_until(lambda: _revived(reaper) and stage.finished(), STOP_S, "the sources have sent all")
    wanted = expected(seed, stage.sent())
    say(f"  {len(wanted.messages)} messages of {len(wanted.facts)} facts; waiting")
    count = len(wanted.messages)
    try:
        wait_until(
            lambda: _revived(reaper) and settled(stage, count, poison), SETTLE_S, "all is settled"
        )
    except AssertionError as exc:  # what is missing is told by the verdict
        say(f"  {exc}: {ledger_of(stage)}")
    more = expected(seed, {name: sent + 3 for name, sent in stage.sent().items()})
    assert judge(stage, more, poison).wrong, "the verdict does not see what is missing"
    return judge(stage, wanted, poison)


def _revived(reaper: Reaper) -> bool:
    reaper.run(0)
    return True


def _stop(stage: Stage) -> None:
    for proc in (*stage.sources, *stage.routes):
        proc.kill()
