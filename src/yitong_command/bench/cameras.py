"""How many cameras a core can watch: the real worker, the obvious way, and the bare work."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from yitong_command.bench.baselines import NO_BASELINES, baselines
from yitong_command.bench.county import County, make_county
from yitong_command.bench.figures import significant
from yitong_command.bench.machine import Say, machine, versions
from yitong_command.bench.processes import broker, child, is_ok, module, ports, wait_for
from yitong_command.bench.site import READY_S, CameraOptions, Site
from yitong_command.bench.window import measure_worker
from yitong_command.bench.worker import Stage, forget_topics
from yitong_command.bus.admin import ensure_topics
from yitong_command.settings.environment import Settings


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
    rules = settings.config_dir / "rules.yaml"
    county = make_county(folder, rules, options.cameras, options.active, options.every_s)
    with ExitStack() as stack:
        kafka, pid = stack.enter_context(broker(options.kafka, folder, say))
        prefix = f"bench{uuid4().hex[:8]}"
        asyncio.run(ensure_topics(kafka, prefix))
        if options.kafka:
            stack.callback(lambda: asyncio.run(forget_topics(kafka, prefix)))
        site = stack.enter_context(_site(county, settings, folder, (kafka, pid, prefix), say))
        ours = measure_worker(options, site, say)
        others = baselines(options, site, ours, say) if options.baseline else NO_BASELINES
    return {
        "cameras": options.cameras,
        "for_s": options.for_s,
        "every_s": options.every_s,
        "active": significant(len(county.busy) / options.cameras),
        "mix": county.mix,
        **ours,
        **others,
        "machine": begun | {"load_1m_end": machine()["load_1m"]},
        "versions": versions(),
    }


@contextmanager
def _site(
    county: County, settings: Settings, folder: Path, bus: tuple[str, int | None, str], say: Say
) -> Iterator[Site]:
    kafka, kafka_pid, prefix = bus
    chosen = ports("rtsp", "control", "onvif", "ingest")
    env = {
        "YITONG_CONFIG": str(county.config_dir),
        "YITONG_MODELS": str(settings.models_dir),
        "YITONG_DATA": str(folder / "data"),
        "YITONG_KAFKA": kafka,
        "YITONG_TOPIC_PREFIX": prefix,
        "YITONG_RTSP_BASE": f"rtsp://127.0.0.1:{chosen['rtsp']}",
        "YITONG_INGEST_PORT": str(chosen["ingest"]),
    }
    job = {
        **{f"{name}_port": chosen[name] for name in ("rtsp", "control", "onvif")},
        "programme": str(county.programme),
        "copies": len(county.clips),
    }
    say(f"启动 {len(county.clips)} 路虚拟摄像头 / starting {len(county.clips)} virtual cameras ...")
    control = f"http://127.0.0.1:{chosen['control']}"
    with child("farm", module("farm", job), {}, folder) as farm:
        if not wait_for(lambda: is_ok(f"{control}/health/live"), READY_S, farm):
            raise farm.failure(f"{READY_S:.0f} 秒内未启动 / not up within {READY_S:.0f} s")
        yield Site(
            county, folder, env, chosen, Stage(control), farm, kafka, kafka_pid, prefix
        )  # fmt: skip
