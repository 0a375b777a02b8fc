"""Events per second from Kafka to stored cases, against Faust alone and a plain loop."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from yitong_command.bench.figures import ratio, significant
from yitong_command.bench.machine import Meter, Say, machine, now, versions
from yitong_command.bench.mix import Mix, usual
from yitong_command.bench.processes import (
    Child,
    ChildFailed,
    broker,
    child,
    is_ok,
    module,
    ports,
    result_of,
    wait_for,
    yitong,
)
from yitong_command.bench.storm import send, storm
from yitong_command.bench.worker import forget_topics, read_metrics
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.messages import IncidentMessage
from yitong_command.errors import YitongError
from yitong_command.settings.environment import Settings

READY_S = 90.0
JOIN_S = 2.0
"""How long two ready workers get to share the partitions."""
LIMIT_S = 30.0
SLOWEST_PER_S = 20.0
"""Slower than this is a failure, not a figure."""
POLL_S = 0.25
"""Between two readings of the counters; each costs the worker some milliseconds."""
TELL_S = 3.0
WORKERS = (1, 2, 4)
BATCH = "yitong_route_batch_seconds"


@dataclass(slots=True)
class Yard:
    """What all measurements share.

    Attributes:
        events: How many are sent.
        kafka: Bootstrap address.
        settings: Of this installation.
        folder: For databases and logs.
        say: Told about progress.
        prefixes: Of the topics made so far.
    """

    events: int
    kafka: str
    settings: Settings
    folder: Path
    say: Say
    prefixes: list[str] = field(default_factory=list)

    def new_topics(self) -> str:
        """Fresh topics; returns their prefix."""
        prefix = f"bench{uuid4().hex[:8]}"
        asyncio.run(ensure_topics(self.kafka, prefix))
        self.prefixes.append(prefix)
        return prefix

    def forget(self) -> None:
        """Delete all topics made."""
        for prefix in self.prefixes:
            asyncio.run(forget_topics(self.kafka, prefix))

    @property
    def limit_s(self) -> float:
        """How long handling all events may take."""
        return LIMIT_S + self.events / SLOWEST_PER_S


def bench_route(
    events: int, kafka: str | None, settings: Settings, folder: Path, say: Say
) -> dict[str, Any]:
    """Measure, and return the figures.

    Args:
        events: How many to send for each measurement.
        kafka: A broker to use, or None for one of our own.
        settings: Of this installation: the county's files.
        folder: An empty one, for everything that is written.
        say: Told about progress.

    Raises:
        YitongError: If a part does not come up, stops, or events are lost.
    """
    begun = machine()
    with ExitStack() as stack:
        address, _ = stack.enter_context(broker(kafka, folder, say))
        yard = Yard(events, address, settings, folder, say)
        if kafka:
            stack.callback(yard.forget)
        made, facts = usual(events, now())
        ours = {str(count): _measure(yard, count, made, facts) for count in WORKERS}
        counting = _baseline(yard, "counting")
        plain = _baseline(yard, "plain")
        new = _measure(yard, 1, storm(events, now()), (events + 1) // 2)
        floors = {name: _floor(yard, name) for name in ("usual", "new_facts")}
    per_s, cpu_ms = ours["1"]["events_per_s"], ours["1"]["cpu_ms_per_event"]
    return {
        "events": events,
        "mix": asdict(Mix()) | {"cases": facts},
        "events_per_s": per_s,
        "ratio_counting_agent": ratio(per_s, counting["events_per_s"]),
        "ratio_plain_loop": ratio(per_s, plain["events_per_s"]),
        "cpu_ratio_counting_agent": ratio(counting["cpu_ms_per_event"], cpu_ms),
        "cpu_ratio_plain_loop": ratio(plain["cpu_ms_per_event"], cpu_ms),
        "by_workers": {count: run["events_per_s"] for count, run in ours.items()},
        "runs": ours,
        "new_facts": new
        | {
            "ratio_counting_agent": ratio(new["events_per_s"], counting["events_per_s"]),
            "cpu_ratio_counting_agent": ratio(
                counting["cpu_ms_per_event"], new["cpu_ms_per_event"]
            ),
        },
        "counting_agent": counting,
        "plain_loop": plain | {"does": "consume, decode, produce"},
        "sql_alone": floors,
        "machine": begun | {"load_1m_end": machine()["load_1m"]},
        "versions": versions(),
    }


def _measure(
    yard: Yard, workers: int, messages: Sequence[IncidentMessage], facts: int
) -> dict[str, Any]:
    """The whole path with so many workers on one database, from an empty topic on."""
    yard.say(f"分流, {workers} 个进程 / routing, {workers} worker(s), {yard.events} events ...")
    prefix = yard.new_topics()
    data = yard.folder / prefix
    data.mkdir()
    names = [f"route-{prefix}-{number}" for number in range(workers)]
    chosen = ports(*names)
    urls = [f"http://127.0.0.1:{port}" for port in chosen.values()]
    with ExitStack() as stack:
        started: list[Child] = []
        for name in names:
            env = {
                "YITONG_CONFIG": str(yard.settings.config_dir),
                "YITONG_DATA": str(data),
                "YITONG_KAFKA": yard.kafka,
                "YITONG_TOPIC_PREFIX": prefix,
                "YITONG_ROUTE_PORT": str(chosen[name]),
                "YITONG_WORKER": name,
            }
            process = stack.enter_context(child(name, yitong("route"), env, yard.folder))
            started.append(process)
        if not wait_for(
            lambda: all(is_ok(f"{url}/health/ready") for url in urls), READY_S, *started
        ):
            raise started[0].failure(f"{READY_S:.0f} 秒内未就绪 / not ready in {READY_S:.0f} s")
        time.sleep(JOIN_S if workers > 1 else 0)
        meters = [Meter(process.pid) for process in started]
        begun_s = asyncio.run(send(yard.kafka, prefix, messages))
        stored_s = _until_stored(yard, urls, started, begun_s) - begun_s
        cpu_s = sum(meter.cpu_s() for meter in meters)
        batches = [read_metrics(url) for url in urls]
        relayed_s = _until_relayed(yard, data, started) - begun_s
        cases = _one(data, "SELECT count(*) FROM cases")
    lost = facts - cases
    if lost:
        raise YitongError(f"{lost} 个案件缺失或多余 / cases missing (or, if negative, too many)")
    return {
        "events_per_s": significant(yard.events / stored_s),
        "events_per_s_relayed": significant(yard.events / relayed_s),
        "stored_s": round(stored_s, 2),
        "relayed_s": round(relayed_s, 2),
        "cpu_ms_per_event": significant(cpu_s / yard.events * 1000),
        "batches": int(sum(item.total(f"{BATCH}_count") for item in batches)),
        "storing_s": round(sum(item.total(f"{BATCH}_sum") for item in batches), 2),
        "cases": cases,
        "rss_mb": round(sum(meter.rss_mb for meter in meters), 1),
    }


def _until_stored(
    yard: Yard, urls: Sequence[str], watched: Sequence[Child], begun_s: float
) -> float:
    """Wait until every event is stored; returns when that was seen."""
    told_s = begun_s
    while (done := sum(_stored(url) for url in urls)) < yard.events:
        now_s = time.monotonic()
        for process in watched:
            process.check()
        if now_s - begun_s > yard.limit_s:
            raise watched[0].failure(f"只存入 {done:.0f} / only {done:.0f} stored of {yard.events}")
        if now_s - told_s > TELL_S:
            told_s = now_s
            yard.say(f"  {done:.0f}/{yard.events}")
        time.sleep(POLL_S)
    return time.monotonic()


def _stored(url: str) -> float:
    metrics = read_metrics(url)
    letters = metrics.total("yitong_route_dead_letters_total")
    if letters:
        raise YitongError(f"{letters:.0f} 条成为死信 / events became dead letters")
    return metrics.total("yitong_route_incidents_total")


def _until_relayed(yard: Yard, data: Path, watched: Sequence[Child]) -> float:
    """Wait until every message of the outbox is in Kafka; returns when that was seen."""

    def relayed() -> bool:
        return not _one(data, "SELECT count(*) FROM outbox WHERE relayed_at IS NULL")

    if not wait_for(relayed, yard.limit_s, *watched):
        raise watched[0].failure("发件箱未清空 / the outbox was not relayed")
    return time.monotonic()


def _one(data: Path, query: str) -> int:
    with closing(sqlite3.connect(data / "yitong.db", timeout=10)) as connection:
        return int(connection.execute(query).fetchone()[0])


def _floor(yard: Yard, name: str) -> dict[str, Any]:
    """The same work without Kafka and Faust; null with a reason if it fails."""
    yard.say(f"仅数据库 / the database alone: {name} ...")
    out = yard.folder / f"sql-{name}.json"
    url = f"sqlite+aiosqlite:///{yard.folder}/sql-{name}.db"
    job = {"url": url, "events": yard.events, "new_facts": name == "new_facts", "out": str(out)}
    return _figures_of(yard, "sql", job, out)


def _baseline(yard: Yard, name: str) -> dict[str, Any]:
    """A baseline over the very records of the first measurement; null with a reason if it fails."""
    yard.say(f"基准 / baseline: {name} ...")
    out = yard.folder / f"{name}.json"
    job = {
        "kafka": yard.kafka,
        "prefix": yard.prefixes[0],
        "events": yard.events,
        "folder": str(yard.folder),
        "out": str(out),
    }
    return _figures_of(yard, name, job, out)


def _figures_of(yard: Yard, name: str, job: dict[str, Any], out: Path) -> dict[str, Any]:
    env = {"YITONG_CONFIG": str(yard.settings.config_dir)}
    try:
        with child(name, module(name, job), env, yard.folder) as process:
            done = result_of(process, out, yard.limit_s)
    except ChildFailed as exc:
        return {"events_per_s": None, "cpu_ms_per_event": None, "reason": str(exc)}
    return {
        "events_per_s": significant(yard.events / done["wall_s"]),
        "cpu_ms_per_event": significant(done["cpu_s"] / yard.events * 1000),
        "wall_s": round(done["wall_s"], 3),
    }
