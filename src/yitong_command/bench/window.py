"""The real ingest worker as its own process, measured over a window of time."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from yitong_command.bench.events import acts, judged
from yitong_command.bench.figures import Looks, look_figures, received_figures, significant
from yitong_command.bench.ingests import Ingests, ingests
from yitong_command.bench.machine import Meter, Say, now
from yitong_command.bench.processes import (
    machine_cpu_s,
    others_cpu_pct,
    wait_for,
)
from yitong_command.bench.site import CameraOptions, Site
from yitong_command.bench.worker import Metrics, incidents

SETTLE_S = 3.0
SAMPLE_S = 0.4
"""Twice between two key pictures of a camera that sends one a second."""
TELL_S = 5.0
DELIVERY_S = 10.0
"""What lies in the spool at the end is given so long to reach Kafka."""
LOOKS = "yitong_ingest_looks_total"
THREADS = "yitong_ingest_thread_cpu_seconds_total"
SPOOL = "yitong_ingest_spool_depth_messages"
LAG = "yitong_ingest_look_lag_seconds"


def measure_worker(options: CameraOptions, site: Site, say: Say) -> dict[str, Any]:
    """Start the workers, measure them, stop them.

    Args:
        options: What is to be measured.
        site: The running county.
        say: Told about progress.

    Raises:
        YitongError: If a part does not come up or stops, or no camera is live.
    """
    with ingests(site, options.processes, say) as group:
        live = group.live()
        time.sleep(SETTLE_S)
        figures = _window(options, site, group, say)
        truth_at = now()
        wait_for(lambda: not group.metrics().total(SPOOL), DELIVERY_S, *group.children)
        return {"cameras_live": live, **figures, **_truth(site, group.metrics(), truth_at)}


def _window(options: CameraOptions, site: Site, group: Ingests, say: Say) -> dict[str, Any]:
    looks = Looks(site.county.camera_ids)
    group.note(looks)
    before, begin = group.metrics(), now()
    workers, meters = group.meters(), {"farm": Meter(site.farm.pid)}
    if site.kafka_pid:
        meters["broker"] = Meter(site.kafka_pid)
    all_own, busy_s, begun_s = Meter(os.getpid()), machine_cpu_s(), time.monotonic()
    _watch(options, site, group, (looks, workers), say)
    wall_s, end = time.monotonic() - begun_s, now()
    shares = [round(meter.cpu_s() / wall_s * 100, 1) for meter in workers]
    cpu_pct = {name: round(meter.cpu_s() / wall_s * 100, 1) for name, meter in meters.items()}
    cpu_pct["ingest"] = round(sum(shares), 1)
    busy_end_s, cores = machine_cpu_s(), len(os.sched_getaffinity(0))
    others = others_cpu_pct(busy_s, busy_end_s, wall_s, all_own.cpu_s())
    busy_pct = (busy_end_s - busy_s) / wall_s * 100
    group.note(looks)
    after = group.metrics()
    load = _load(before, after, looks, (begin, end))
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
        "processes": options.processes,
        "cpu_pct_by_process": shares,
        "cpu_pct_by_thread": _by_thread(before, after, wall_s),
        "rss_mb": round(sum(meter.rss_mb for meter in workers), 1),
        "rss_mb_begin": _sum(meter.rss_mb_at(0.0) for meter in workers),
        "rss_mb_mid": _sum(meter.rss_mb_at(0.5) for meter in workers),
        "rss_mb_end": _sum(meter.rss_mb_at(1.0) for meter in workers),
        "rss_slope_mb_per_min": _sum(meter.slope_mb_per_min() for meter in workers),
        "farm_cpu_pct": cpu_pct["farm"],
        "broker_cpu_pct": cpu_pct.get("broker"),
        "others_cpu_pct": others,
        "idle_cpu_pct": round(max(0.0, cores * 100 - busy_pct), 1),
    }


def _by_thread(before: Metrics, after: Metrics, wall_s: float) -> dict[str, float]:
    """What kind of work the CPU time went into; threads too idle to matter are left out."""
    earlier = before.by_label(THREADS, "thread")
    shares = {
        name: round((seconds - earlier.get(name, 0.0)) / wall_s * 100, 1)
        for name, seconds in after.by_label(THREADS, "thread").items()
    }
    return {name: share for name, share in shares.items() if share >= 0.1}


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(sum(known), 2) if known else None


def _watch(
    options: CameraOptions,
    site: Site,
    group: Ingests,
    noted: tuple[Looks, list[Meter]],
    say: Say,
) -> None:
    """Let the events happen and note the looks until the window ends."""
    looks, meters = noted
    due = deque(acts(site.county, options.for_s))
    begun_s, told_s = time.monotonic(), 0.0
    while (passed_s := time.monotonic() - begun_s) < options.for_s:
        while due and due[0].at_s <= passed_s:
            act = due.popleft()
            (site.stage.repair if act.repair else site.stage.play)(act.camera_id)
        group.check()
        group.note(looks)
        for meter in meters:
            meter.sample()
        if passed_s - told_s >= TELL_S:
            told_s = passed_s
            say(f"  {passed_s:.0f}/{options.for_s:.0f} s, 查看 / looks: {looks.count()}")
        gop_s = options.stream.gop_s if options.stream else 1.0
        time.sleep(max(0.0, min(SAMPLE_S * gop_s, options.for_s - passed_s)))


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
        **look_figures(looks.intervals(*window, taken=True)),
        "received": received_figures(looks.intervals(*window)),
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
    told = asyncio.run(incidents(site.kafka, site.prefix))
    end_s = time.monotonic() + DELIVERY_S
    while len(told) < reported and time.monotonic() < end_s:  # acknowledged, but not shown yet
        time.sleep(SAMPLE_S)
        told = asyncio.run(incidents(site.kafka, site.prefix))
    return {"undelivered": reported - len(told), **judged(facts, told, site.county, at)}
