"""What is killed when: decided by the seed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.chaos.stage import Proc, Stage

WEIGHTS = {"source": 50, "route": 38, "broker": 8, "database": 4}
DOWN_S = {"source": (0.0, 1.0), "route": (0.0, 2.0), "broker": (0.5, 3.0), "database": (0.3, 2.0)}


@dataclass
class Reaper:
    """Kills parts of a running stage and starts them again.

    Attributes:
        stage: What is killed.
        dice: Decides what, when and for how long.
        pace_s: Seconds between two kills, on average.
        say: Told of every kill.
        counts: Kills so far, by kind.
    """

    stage: Stage
    dice: random.Random
    pace_s: float
    say: Callable[[str], None]
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(WEIGHTS, 0))
    _due: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _down: set[str] = field(default_factory=set)

    @property
    def kills(self) -> int:
        return sum(self.counts.values())

    def run(self, kills: int) -> None:
        """Kill so many times, then start everything again."""
        goal = self.kills + kills
        while self.kills < goal:
            self._revive()
            self.once(self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0])
            time.sleep(self.dice.expovariate(1 / self.pace_s))
        while self._due:
            self._revive()
            time.sleep(0.05)

    def once(self, kind: str) -> None:
        """Kill one of a kind, unless it is dead already."""
        if kind == "broker":
            self._broker()
        elif kind == "database":
            self._database()
        else:
            procs = self.stage.sources if kind == "source" else self.stage.routes
            proc = self.dice.choice(procs)
            if proc.kill():
                self._count(kind, proc.name)
                self._later(kind, proc.name, proc.start)

    def _broker(self) -> None:
        """The leader of some partition of the incidents, if all brokers are up."""
        if any(name.startswith("broker") for name in self._down):
            return
        number = leader_of(self.stage, self.dice.randrange(4)) or self.dice.choice((1, 2, 3))
        node = self.stage.cluster.nodes[number]
        node.kill()
        self._count("broker", f"broker-{number}")
        self._later("broker", f"broker-{number}", lambda: node.start(120))

    def _database(self) -> None:
        if "database" in self._down:
            return
        self.stage.database.stop()
        self._count("database", "database")
        self._later("database", "database", self.stage.database.start)

    def _count(self, kind: str, name: str) -> None:
        self.counts[kind] += 1
        self.say(f"  -9 {name}")

    def _later(self, kind: str, name: str, start: Callable[[], None]) -> None:
        self._down.add(name)

        def again() -> None:
            start()
            self._down.discard(name)

        self._due.append((time.monotonic() + self.dice.uniform(*DOWN_S[kind]), again))

    def _revive(self) -> None:
        now = time.monotonic()
        due = [again for at, again in self._due if at <= now]
        self._due = [item for item in self._due if item[0] > now]
        for again in due:
            again()
        for proc in (*self.stage.sources, *self.stage.routes):
            self._restart_dead(proc)

    def _restart_dead(self, proc: Proc) -> None:
        """What ended by itself is started again, as a supervisor would."""
        ended = proc.process is not None and not proc.alive and proc.name not in self._down
        if ended and not (self.stage.folder / proc.name / "finished").exists():
            proc.start()


def leader_of(stage: Stage, partition: int) -> int | None:
    """The broker that leads a partition of the incidents now, or None if nobody says."""

    async def ask() -> int | None:
        admin = AIOKafkaAdminClient(
            bootstrap_servers=stage.cluster.bootstrap, request_timeout_ms=5000
        )
        try:
            await admin.start()
            (topic,) = await admin.describe_topics([f"{stage.prefix}.incidents"])
            leaders = {part["partition"]: part["leader"] for part in topic["partitions"]}
            return leaders.get(partition)
        except (KafkaError, OSError, ValueError):
            return None
        finally:
            await admin.close()

    leader = asyncio.run(ask())
    return leader if leader in stage.cluster.nodes else None
