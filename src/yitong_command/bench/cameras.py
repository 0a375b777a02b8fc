"""How many cameras a core can watch: the real worker, the obvious way, and the bare work."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from yitong_command.bench.baselines import NO_BASELINES, baselines
from yitong_command.bench.clips import encode_all
from yitong_command.bench.county import County, check_plan, make_county
from yitong_command.bench.figures import significant
from yitong_command.bench.machine import Say, machine, now, versions
from yitong_command.bench.processes import broker, child, is_ok, module, ports, wait_for
from yitong_command.bench.site import MOST_PROCESSES, READY_S, CameraOptions, Site
from yitong_command.bench.window import measure_worker
from yitong_command.bench.worker import Stage, forget_topics
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.camera_topic import publish_cameras
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import Settings, load_settings


def bench_cameras(
    options: CameraOptions, settings: Settings, folder: Path, say: Say
) -> dict[str, Any]:
    """Measure, and return the figures.

    Args:
        options: What is to be measured.
        settings: Of this installation: models and rules.
        folder: An empty one, for everything that is written.
        say: Told about progress.

    Raises:
        YitongError: If a part does not come up or stops.
    """
    begun = machine()
    clips_dir, encoded = prepare(options, folder, say)
    with broker(options.kafka, folder, say) as bus:
        figures = measure(options, settings, folder, clips_dir, bus, say)
    return {
        "cameras": options.cameras,
        "for_s": options.for_s,
        "every_s": options.every_s,
        "stream": encoded,
        **figures,
        "machine": begun | {"load_1m_end": machine()["load_1m"]},
        "versions": versions(),
    }


def measure(
    options: CameraOptions,
    settings: Settings,
    folder: Path,
    clips_dir: Path,
    bus: tuple[str, int | None],
    say: Say,
) -> dict[str, Any]:
    """Measure one county.

    Args:
        options: What is to be measured.
        settings: Of this installation: models and rules.
        folder: For everything that is written.
        clips_dir: What its cameras send.
        bus: A broker, and its process if it is our own.
        say: Told about progress.

    Raises:
        YitongError: If a part does not come up or stops.
    """
    county = make_county(folder, settings.config_dir / "rules.yaml", options.plan(clips_dir))
    kafka, pid = bus
    prefix = f"bench{uuid4().hex[:8]}"
    with ExitStack() as stack:
        asyncio.run(ensure_topics(kafka, prefix))
        stack.callback(lambda: asyncio.run(forget_topics(kafka, prefix)))
        site = stack.enter_context(_site(county, settings, clips_dir, (kafka, pid, prefix), say))
        ours = measure_worker(options, site, say)
        others = baselines(options, site, ours, say) if options.baseline else NO_BASELINES
    return {
        "active": significant(len(county.busy) / max(1, len(county.clips))),
        "mix": county.mix,
        **ours,
        **others,
    }


def prepare(options: CameraOptions, folder: Path, say: Say) -> tuple[Path, dict[str, Any]]:
    """The clips as the cameras are to send them, and what they are like.

    Raises:
        ConfigError: If a number makes no sense.
        CorruptMedia: If a clip can't be encoded.
    """
    check_plan(options.plan(folder))
    original = FarmOptions().clips_dir
    if options.stream is None:
        return original, {"resolution": "original"}
    kind = options.stream
    size = f"{kind.width}x{kind.height}"
    say(f"转码为 / encoding {size}, {kind.fps}/s, GOP {kind.gop_s:g} s, {kind.kbit_s} kbit/s ...")
    encoded = encode_all(original, folder / "clips", kind)
    told = {"resolution": size, "fps": kind.fps, "gop_s": kind.gop_s}
    return folder / "clips", told | asdict(encoded)


@contextmanager
def _site(
    county: County, settings: Settings, clips_dir: Path, bus: tuple[str, int | None, str], say: Say
) -> Iterator[Site]:
    kafka, kafka_pid, prefix = bus
    folder = county.programme.parent
    names = [f"ingest-{number}" for number in range(MOST_PROCESSES)]
    chosen = ports("rtsp", "control", "onvif", *names)
    env = {
        "YITONG_CONFIG": str(county.config_dir),
        "YITONG_MODELS": str(settings.models_dir),
        "YITONG_DATA": str(folder / "data"),
        "YITONG_KAFKA": kafka,
        "YITONG_TOPIC_PREFIX": prefix,
        "YITONG_RTSP_BASE": f"rtsp://127.0.0.1:{chosen['rtsp']}",
        "YITONG_ONVIF_BASE": f"http://127.0.0.1:{chosen['onvif']}",
    }
    cameras = load_cameras(load_settings(env))
    asyncio.run(publish_cameras(kafka, prefix, cameras, now()))
    job = {
        **{f"{name}_port": chosen[name] for name in ("rtsp", "control", "onvif")},
        "programme": str(county.programme),
        "clips_dir": str(clips_dir),
        "copies": len(county.clips),
    }
    number = len(county.camera_ids)
    say(f"启动 {number} 路虚拟摄像头 / starting {number} virtual cameras ...")
    control = f"http://127.0.0.1:{chosen['control']}"
    with child("farm", module("farm", job), {}, folder) as farm:
        if not wait_for(lambda: is_ok(f"{control}/health/live"), READY_S, farm):
            raise farm.failure(f"{READY_S:.0f} 秒内未启动 / not up within {READY_S:.0f} s")
        ingest_ports = tuple(chosen[name] for name in names)
        yield Site(
            county, folder, clips_dir, env, ingest_ports, Stage(control), farm,
            kafka, kafka_pid, prefix,
        )  # fmt: skip
