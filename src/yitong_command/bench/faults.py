"""Everything fails that can fail, and afterwards nothing is lost, doubled or told wrongly."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from yitong_command.bench.county import EVENT_CLIPS, County, Plan, make_county
from yitong_command.bench.fault_plan import WITHIN_S, FaultPlan, all_right, plan, state_figures
from yitong_command.bench.fault_states import StateWatch
from yitong_command.bench.machine import Say, machine, now, versions
from yitong_command.bench.processes import (
    Child,
    ChildFailed,
    child,
    is_ok,
    module,
    ports,
    wait_for,
    yitong,
)
from yitong_command.bench.worker import Stage, incidents, read_metrics
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.broker import KafkaNode, NodeOptions
from yitong_command.bus.camera_topic import publish_cameras
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.demo.report import Fact, Verdict, compare
from yitong_command.errors import ConfigError, Transient, YitongError
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import Settings, load_settings

PREFIX = "faults"
ACTIVE, EVERY_S = 0.5, 2.0
READY_S, RECOVER_S = 90.0, 240.0
SETTLE_S = 9.0
"""A worker must have seen a view for so long before it can tell that the camera was moved."""
DELIVERY_S = 30.0
"""A broker that was killed may not give all it has at once."""
KILL_AFTER = 0.25
"""Share of the broker's outage after which the worker is killed."""
SPOOL = "yitong_ingest_spool_depth_messages"
LIVE = "yitong_ingest_cameras_count"


@dataclass(slots=True)
class _Run:
    """A county under test."""

    county: County
    plan: FaultPlan
    env: dict[str, str]
    ports: dict[str, int]
    node: KafkaNode
    stage: Stage
    farm: Child
    folder: Path
    say: Say
    worker: Child | None = None
    kills: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['ingest']}"

    def fault(self, camera_ids: Sequence[str], fault: str | None = None) -> None:
        """Put the planned faults on, or another, at once."""
        with httpx.Client(base_url=self.stage.url, timeout=10.0, trust_env=False) as control:
            for camera_id in camera_ids:
                body = {"fault": fault or self.plan.faults[camera_id]}
                control.post(f"/cameras/{camera_id}/fault", json=body).raise_for_status()

    def start_worker(self, stack: ExitStack) -> None:
        name = f"ingest-{self.kills}"
        command = yitong("ingest")
        self.worker = stack.enter_context(child(name, command, self.env, self.folder))

    def kill_worker(self) -> None:
        """As a power cut would."""
        if self.worker is not None:
            os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker.process.wait()
            self.kills += 1

    def metric(self, name: str, **labels: str) -> float:
        """A figure of the worker, or -1 while it does not answer."""
        try:
            return read_metrics(self.url).total(name, **labels)
        except Transient:
            return -1.0

    def delivered(self) -> bool:
        return self.metric(SPOOL) == 0

    def all_live(self) -> bool:
        return self.metric(LIVE, state="live") >= len(self.county.clips)


def bench_faults(
    cameras: int, for_s: float, settings: Settings, folder: Path, say: Say
) -> dict[str, Any]:
    """Let everything fail, and return what became of it.

    Args:
        cameras: How many.
        for_s: For how long the broker is away.
        settings: Of this installation: models and rules.
        folder: An empty one, for everything that is written.
        say: Told about progress.

    Raises:
        YitongError: If a part does not come up, or does not come back.
    """
    begun = machine()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the broker goes away on purpose
    county = make_county(folder, settings.config_dir / "rules.yaml", Plan(cameras, ACTIVE, EVERY_S))
    shutil.copy(settings.config_dir / "taxonomy.yaml", county.config_dir)
    events = tuple(name for name, clip in county.clips.items() if clip in EVENT_CLIPS)
    try:
        faults = plan(tuple(county.clips), events)
    except ValueError as exc:
        raise ConfigError("yitong bench", "--cameras", "至少 12 / at least 12") from exc
    with _site(county, faults, settings, folder, say) as run, ExitStack() as stack:
        watch = stack.enter_context(StateWatch(run.node.bootstrap, PREFIX).listening())
        run.start_worker(stack)
        _until_live(run, watch)
        time.sleep(SETTLE_S)
        states = _camera_faults(run, watch)
        recovery = _outage(run, stack, for_s)
        verdict = _truth(run, recovery["restart_s"])
    return {
        "cameras": cameras,
        "for_s": for_s,
        **verdict,
        **states,
        **recovery,
        "kills": run.kills,
        "faults": {fault: list(faults.faults.values()).count(fault) for fault in _kinds(faults)},
        "machine": begun | {"load_1m_end": machine()["load_1m"]},
        "versions": versions(),
    }


def _kinds(faults: FaultPlan) -> list[str]:
    return list(dict.fromkeys(faults.faults.values()))


@contextmanager
def _site(
    county: County, faults: FaultPlan, settings: Settings, folder: Path, say: Say
) -> Iterator[_Run]:
    """A farm, a broker of our own that can be stopped, and the cameras on their topic."""
    chosen = ports("rtsp", "control", "onvif", "ingest", "kafka", "controller")
    job = {
        **{f"{name}_port": chosen[name] for name in ("rtsp", "control", "onvif")},
        "programme": str(county.programme),
        "clips_dir": str(FarmOptions().clips_dir),
        "copies": len(county.clips),
    }
    node = KafkaNode(NodeOptions(folder / "kafka", chosen["kafka"], chosen["controller"]), say)
    env = {
        "YITONG_CONFIG": str(county.config_dir),
        "YITONG_MODELS": str(settings.models_dir),
        "YITONG_DATA": str(folder / "data"),
        "YITONG_KAFKA": node.bootstrap,
        "YITONG_TOPIC_PREFIX": PREFIX,
        "YITONG_RTSP_BASE": f"rtsp://127.0.0.1:{chosen['rtsp']}",
        "YITONG_INGEST_PORT": str(chosen["ingest"]),
    }
    stage = Stage(f"http://127.0.0.1:{chosen['control']}")
    with child("farm", module("farm", job), {}, folder) as farm:
        try:
            say("启动消息代理 / starting a broker (Apache Kafka) ...")
            node.start(120.0)
            asyncio.run(ensure_topics(node.bootstrap, PREFIX))
            all_cameras = load_cameras(load_settings(env))
            asyncio.run(publish_cameras(node.bootstrap, PREFIX, all_cameras, now()))
            if not wait_for(lambda: is_ok(f"{stage.url}/health/live"), READY_S, farm):
                raise farm.failure(f"{READY_S:.0f} 秒内未启动 / not up within {READY_S:.0f} s")
            yield _Run(county, faults, env, chosen, node, stage, farm, folder, say)
        finally:
            node.stop()


def _until_live(run: _Run, watch: StateWatch) -> None:
    number = len(run.county.clips)
    run.say(f"启动识别 / starting ingest, {number} cameras ...")
    watched = [run.farm, *([run.worker] if run.worker else [])]
    if not wait_for(lambda: watch.live() >= number, READY_S, *watched):
        raise ChildFailed(f"只有 {watch.live()} 路在线 / only {watch.live()} of {number} live")


def _camera_faults(run: _Run, watch: StateWatch) -> dict[str, Any]:
    """Every fault at once, while something happens at cameras that are whole.

    They last until the states of all are right, or for longer than that may take.
    """
    faulty = tuple(run.plan.faults)
    run.say(f"{len(faulty)} 路故障 / cameras fail: {', '.join(_kinds(run.plan))} ...")
    begun_s = time.monotonic()
    run.fault(faulty)
    for camera_id in run.plan.first:
        run.stage.play(camera_id)
    wait_for(lambda: all_right(run.plan.faults, watch.told), WITHIN_S + 2.0, run.farm)
    end_s = time.monotonic()
    told = {name: list(states) for name, states in watch.told.items()}
    run.fault(faulty, "none")
    return state_figures(run.plan.faults, told, begun_s, end_s)


def _outage(run: _Run, stack: ExitStack, for_s: float) -> dict[str, float]:
    """The broker goes away, the worker dies, and both come back.

    Returns:
        ``restart_s``: from the worker's death until it saw every camera again, without a broker;
        ``recovered_s``: from the broker's return until every camera is live and everything that
        was seen meanwhile has reached it.
    """
    run.say(f"停止消息代理 / the broker is away for {for_s:.0f} s, the worker is killed ...")
    run.node.kill()
    begun_s = time.monotonic()
    for camera_id in run.plan.second:
        run.stage.play(camera_id)
    time.sleep(for_s * KILL_AFTER)
    run.kill_worker()
    killed_s = time.monotonic()
    run.start_worker(stack)
    restart_s = _until(run, run.all_live, killed_s)
    time.sleep(max(0.0, begun_s + for_s - time.monotonic()))
    run.node.start(120.0)
    recovered_s = _until(run, lambda: run.all_live() and run.delivered(), time.monotonic())
    return {"restart_s": restart_s, "recovered_s": recovered_s}


def _until(run: _Run, condition: Callable[[], bool], since_s: float) -> float:
    """Wait until all is well; returns the seconds since then."""
    if not wait_for(condition, RECOVER_S, run.farm, *_one(run.worker)):
        raise YitongError(f"{RECOVER_S:.0f} 秒内未恢复 / not recovered within {RECOVER_S:.0f} s")
    return round(time.monotonic() - since_s, 2)


def _compared(
    run: _Run, facts: list[Fact], until: datetime, due_after: dict[str, timedelta]
) -> Verdict:
    """What lies in Kafka now, held against the ground truth."""
    told = asyncio.run(incidents(run.node.bootstrap, PREFIX))
    return compare(facts, [item.found for item in told], until, due_after)


def _one(worker: Child | None) -> tuple[Child, ...]:
    return () if worker is None else (worker,)


def _truth(run: _Run, blind_s: float) -> dict[str, Any]:
    """What reached Kafka, held against what really happened, once all of it could be found.

    What began and ended while no worker ran is ``unseen``, not ``lost``: nothing was taken down.

    Args:
        run: The county.
        blind_s: How long nobody looked; what began then may be found so much later.
    """
    facts = run.stage.facts()
    blind = timedelta(seconds=blind_s)
    due_after = {kind: after + blind for kind, after in run.county.due_after.items()}
    last = max((fact.began_at + due_after[fact.kind] for fact in facts), default=now())
    wait_s = (last - now() + timedelta(seconds=1)).total_seconds()
    run.say(f"等待核对 / waiting {max(0.0, wait_s):.0f} s for what is still to be found ...")
    time.sleep(max(0.0, wait_s))
    until: datetime = now()
    wait_for(run.delivered, RECOVER_S, *_one(run.worker))
    end_s = time.monotonic() + DELIVERY_S
    while (verdict := _compared(run, facts, until, due_after)).missed and time.monotonic() < end_s:
        time.sleep(1.0)
    seen = {fact.fact_id for _, fact in verdict.pairs if fact is not None}
    return {
        "facts": len(facts),
        "incidents": len(verdict.pairs),
        "lost": len(verdict.missed),
        "unseen": len(facts) - len(seen) - len(verdict.missed),
        "doubled": len(verdict.duplicated),
        "false": len(verdict.false),
        "lost_on": sorted(fact.camera_id for fact in verdict.missed),
        "doubled_on": sorted(fact.camera_id for fact in verdict.duplicated),
        "false_on": sorted(item.camera_id for item in verdict.false),
    }
