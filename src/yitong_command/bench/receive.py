"""What receiving costs: the receiver's thread alone, with every camera over real RTSP."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from yitong_command.bench.county import Plan, make_county
from yitong_command.bench.figures import significant
from yitong_command.bench.machine import Say, machine, now, versions
from yitong_command.bench.processes import child, is_ok, module, ports, result_of, wait_for
from yitong_command.bench.results import hand_over
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.log import configure_logging
from yitong_command.settings.environment import Settings
from yitong_command.sources.keyframe import SourceState
from yitong_command.sources.rtsp import RtspReceiver

READY_S, LIVE_S, SETTLE_S, SPARE_S = 90.0, 60.0, 3.0, 60.0
ACTIVE, EVERY_S = 0.15, 2.0


def bench_receive(
    cameras: int, for_s: float, settings: Settings, folder: Path, say: Say
) -> dict[str, Any]:
    """Measure, and return the figures.

    Args:
        cameras: How many.
        for_s: For how long, after all are live.
        settings: Of this installation.
        folder: An empty one, for everything that is written.
        say: Told about progress.

    Raises:
        YitongError: If a part does not come up or stops.
    """
    begun = machine()
    county = make_county(folder, settings.config_dir / "rules.yaml", Plan(cameras, ACTIVE, EVERY_S))
    chosen = ports("rtsp", "control", "onvif")
    job = {
        **{f"{name}_port": port for name, port in chosen.items()},
        "programme": str(county.programme),
        "clips_dir": str(FarmOptions().clips_dir),
        "copies": cameras,
    }
    say(f"启动 {cameras} 路虚拟摄像头 / starting {cameras} virtual cameras ...")
    with child("farm", module("farm", job), {}, folder) as farm:
        control = f"http://127.0.0.1:{chosen['control']}"
        if not wait_for(lambda: is_ok(f"{control}/health/live"), READY_S, farm):
            raise farm.failure(f"{READY_S:.0f} 秒内未启动 / not up within {READY_S:.0f} s")
        out = folder / "received.json"
        address = f"rtsp://127.0.0.1:{chosen['rtsp']}"
        told = {"cameras": list(county.clips), "base": address, "for_s": for_s, "out": str(out)}
        say(f"接收 / receiving, {for_s:.0f} s ...")
        with child("receive", module("receive", told), {}, folder) as receiving:
            figures = result_of(receiving, out, LIVE_S + for_s + SPARE_S)
    return {
        "cameras": cameras,
        "for_s": for_s,
        **figures,
        "machine": begun | {"load_1m_end": machine()["load_1m"]},
        "versions": versions(),
    }


def main(job: dict[str, Any]) -> None:
    """Receive until all cameras are live, then measure.

    Args:
        job: ``cameras``, ``base``, ``for_s`` and ``out``.
    """
    configure_logging(json=False, part="bench")
    receiver = RtspReceiver(now)
    for camera_id in job["cameras"]:
        receiver.add(camera_id, f"{job['base']}/{camera_id}")
    receiver.start()
    live = _until_live(receiver, job["cameras"])
    time.sleep(SETTLE_S)
    before, begun = _totals(receiver, job["cameras"]), (_cpu_s(), time.monotonic())
    time.sleep(float(job["for_s"]))
    wall_s = time.monotonic() - begun[1]
    cpu_s = _cpu_s() - begun[0]
    after = _totals(receiver, job["cameras"])
    receiver.stop()
    share = cpu_s / wall_s * 100
    result = {
        "cameras_live": live,
        "receiver_cpu_pct": significant(share),
        "receiver_cpu_pct_per_100_cameras": significant(share / len(job["cameras"]) * 100),
        "keyframes_per_s": significant((after[0] - before[0]) / wall_s),
        "damaged": after[1] - before[1],
        "rss_mb": round(psutil.Process().memory_info().rss / 2**20, 1),
    }
    hand_over(job["out"], result)


def _until_live(receiver: RtspReceiver, cameras: list[str]) -> int:
    end_s = time.monotonic() + LIVE_S
    while (live := _live(receiver, cameras)) < len(cameras) and time.monotonic() < end_s:
        time.sleep(0.2)
    return live


def _live(receiver: RtspReceiver, cameras: list[str]) -> int:
    return sum(receiver.status(name).state is SourceState.LIVE for name in cameras)


def _totals(receiver: RtspReceiver, cameras: list[str]) -> tuple[int, int]:
    found = [receiver.status(name) for name in cameras]
    return sum(status.keyframes for status in found), sum(status.damaged for status in found)


def _cpu_s() -> float:
    """CPU seconds of the receiver's thread."""
    own = {thread.native_id for thread in threading.enumerate() if thread.name == "rtsp-receiver"}
    used = (item for item in psutil.Process().threads() if item.id in own)
    return float(sum(item.user_time + item.system_time for item in used))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
