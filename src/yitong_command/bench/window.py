"""The real ingest worker as its own process, measured over a window of time."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import datetime
from typing import Any

from yitong_command.bench.figures import Looks, look_figures, significant
from yitong_command.bench.machine import Meter, Say, now
from yitong_command.bench.processes import (
    Child,
    child,
    is_ok,
    machine_cpu_s,
    others_cpu_pct,
    wait_for,
    yitong,
)
from yitong_command.bench.site import READY_S, CameraOptions, Site
from yitong_command.bench.worker import (
    Metrics,
    due_plays,
    incidents,
    note_looks,
    read_metrics,
)
from yitong_command.demo.report import compare
from yitong_command.errors import YitongError

LIVE_S = 60.0
SETTLE_S = 3.0
SAMPLE_S = 0.4
TELL_S = 5.0
NEED_S = 32.0
"""An event that begins so long before the end can still be found."""
DELIVERY_S = 10.0
"""What lies in the spool at the end is given so long to reach Kafka."""
LOOKS = "yitong_ingest_looks_total"
SPOOL = "yitong_ingest_spool_depth_messages"
LAG = "yitong_ingest_look_lag_seconds"


def measure_worker(options: CameraOptions, site: Site, say: Say) -> dict[str, Any]:
    """Start the worker, measure it, stop it.

    Args:
        options: What is to be measured.
        site: The running county.
        say: Told about progress.

    Raises:
        YitongError: If a part does not come up or stops, or no camera is live.
    """
    url = f"http://127.0.0.1:{site.ports['ingest']}"
    say("启动识别 / starting ingest ...")
    with child("ingest", yitong("ingest"), site.env, site.folder) as worker:
        if not wait_for(lambda: is_ok(f"{url}/health/ready"), READY_S, site.farm, worker):
            raise worker.failure(f"{READY_S:.0f} 秒内未就绪 / not ready within {READY_S:.0f} s")
        live = _wait_until_live(url, len(site.county.clips), site.farm, worker)
        say(f"  摄像头在线 / cameras live: {live}/{len(site.county.clips)}")
        time.sleep(SETTLE_S)
        figures = _window(options, site, url, worker, say)
        truth_at = now()
        wait_for(lambda: not read_metrics(url).total(SPOOL), DELIVERY_S, worker)
        return {"cameras_live": live, **figures, **_truth(site, read_metrics(url), truth_at)}


def _wait_until_live(url: str, wanted: int, *watched: Child) -> int:
    def live() -> int:
        return int(read_metrics(url).total("yitong_ingest_cameras_count", state="live"))

    wait_for(lambda: live() >= wanted, LIVE_S, *watched)
    found = live()
    if not found:
        raise YitongError("没有一路摄像头在线 / not one camera is live")
    return found


def _window(
    options: CameraOptions, site: Site, url: str, worker: Child, say: Say
) -> dict[str, Any]:
    looks = Looks(site.county.clips)
    note_looks(url, looks)
    before, begin = read_metrics(url), now()
    meters = {"ingest": Meter(worker.pid), "farm": Meter(site.farm.pid)}
    if site.kafka_pid:
        meters["broker"] = Meter(site.kafka_pid)
    all_own, busy_s, begun_s = Meter(os.getpid()), machine_cpu_s(), time.monotonic()
    _watch(options, site, (url, worker, looks), meters["ingest"], say)
    wall_s, end = time.monotonic() - begun_s, now()
    cpu_pct = {name: round(meter.cpu_s() / wall_s * 100, 1) for name, meter in meters.items()}
    others = others_cpu_pct(busy_s, machine_cpu_s(), wall_s, all_own.cpu_s())
    note_looks(url, looks)
    load = _load(before, read_metrics(url), looks, (begin, end))
    per_camera_ms = max(cpu_pct["ingest"], 0.01) * 10 / options.cameras
    per_look_ms = per_camera_ms * options.cameras * wall_s / max(1, load["looks"])
    # A worker that is short of CPU looks less often: that must not make it look cheap.
    asked_ms = max(per_camera_ms, per_look_ms / options.every_s)
    return {
        **load,
        "wall_s": round(wall_s, 2),
        "cpu_pct": cpu_pct["ingest"],
        "cpu_ms_per_camera_s": significant(per_camera_ms, 4),
        "cpu_ms_per_camera_s_as_asked": significant(asked_ms, 4),
        "cpu_ms_per_look": significant(per_look_ms, 4),
        "cameras_per_core": significant(1000 / asked_ms),
        "rss_mb": round(meters["ingest"].rss_mb, 1),
        "farm_cpu_pct": cpu_pct["farm"],
        "broker_cpu_pct": cpu_pct.get("broker"),
        "others_cpu_pct": others,
    }


def _watch(
    options: CameraOptions,
    site: Site,
    worker: tuple[str, Child, Looks],
    meter: Meter,
    say: Say,
) -> None:
    """Let the events happen and note the looks until the window ends."""
    url, process, looks = worker
    plays = list(due_plays(site.county.busy, options.for_s, NEED_S))
    begun_s, told_s = time.monotonic(), 0.0
    while (passed_s := time.monotonic() - begun_s) < options.for_s:
        while plays and plays[0][0] <= passed_s:
            site.stage.play(plays.pop(0)[1])
        process.check()
        site.farm.check()
        note_looks(url, looks)
        meter.sample()
        if passed_s - told_s >= TELL_S:
            told_s = passed_s
            say(f"  {passed_s:.0f}/{options.for_s:.0f} s, 查看 / looks: {looks.count()}")
        time.sleep(max(0.0, min(SAMPLE_S, options.for_s - passed_s)))


def _load(
    before: Metrics, after: Metrics, looks: Looks, window: tuple[datetime, datetime]
) -> dict[str, Any]:
    """How often it looked, and what became of the looks."""
    names = after.by_label(LOOKS, "result")
    earlier = before.by_label(LOOKS, "result")
    results = {name: int(count - earlier.get(name, 0.0)) for name, count in names.items()}
    total = sum(results.values())
    dropped = "yitong_ingest_keyframes_dropped_total"
    skipped = "yitong_ingest_looks_skipped_total"
    return {
        "looks": total,
        "looks_by_result": {name: count for name, count in results.items() if count},
        "changed_share": significant(results.get("analysed", 0) / total) if total else None,
        **look_figures(looks.intervals(*window)),
        "looks_not_sampled": max(0, total - looks.count()),
        "lag_p50_s": after.quantile(LAG, 0.5, before),
        "lag_p99_s": after.quantile(LAG, 0.99, before),
        "dropped_frames": int(after.total(dropped) - before.total(dropped)),
        "looks_skipped": int(after.total(skipped) - before.total(skipped)),
        "failures": int(after.total("yitong_ingest_failures_total")),
    }


def _truth(site: Site, metrics: Metrics, at: datetime) -> dict[str, Any]:
    """What reached Kafka, held against what really happened."""
    reported = int(metrics.total("yitong_ingest_incidents_total", change="opened"))
    facts = site.stage.facts()
    found = asyncio.run(incidents(site.kafka, site.prefix))
    verdict = compare(facts, found, at, site.county.due_after)
    return {
        "incidents": len(found),
        "undelivered": reported - len(found),
        "facts": len(facts),
        "missed": len(verdict.missed),
        "false": len(verdict.false),
        "duplicated": len(verdict.duplicated),
        "pending": len(verdict.pending),
        "missed_on": sorted(fact.camera_id for fact in verdict.missed),
        "false_on": sorted(item.camera_id for item in verdict.false),
    }
