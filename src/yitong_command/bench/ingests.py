"""The ingest workers of a benchmark: real processes that share the cameras through Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

from yitong_command.bench.figures import Looks
from yitong_command.bench.machine import Meter, Say, now
from yitong_command.bench.processes import Child, child, is_ok, wait_for, yitong
from yitong_command.bench.site import READY_S, Site
from yitong_command.bench.worker import Metrics, note_looks, read_metrics
from yitong_command.bus.camera_topic import publish_cameras
from yitong_command.errors import YitongError
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings

LIVE_S = 120.0
LIVE = "yitong_ingest_cameras_count"


@dataclass(frozen=True, slots=True)
class Ingests:
    """Running workers.

    Attributes:
        children: Their processes.
        urls: Their addresses, in the same order.
        farm: Without which they have nothing to do.
    """

    children: tuple[Child, ...]
    urls: tuple[str, ...]
    farm: Child

    def metrics(self) -> Metrics:
        """The sum of what all workers count.

        Raises:
            Transient: If one does not answer.
        """
        total = Metrics({})
        for url in self.urls:
            for key, value in read_metrics(url).values.items():
                total.values[key] = total.values.get(key, 0.0) + value
        return total

    def note(self, looks: Looks) -> None:
        """Note the newest look of every camera.

        Raises:
            Transient: If a worker does not answer.
        """
        for url in self.urls:
            note_looks(url, looks)

    def check(self) -> None:
        """Do nothing while all run.

        Raises:
            ChildFailed: If one has ended.
        """
        for started in (*self.children, self.farm):
            started.check()

    def meters(self) -> list[Meter]:
        """What each uses from now on."""
        return [Meter(started.pid) for started in self.children]

    def live(self) -> int:
        """How many cameras are live."""
        return int(self.metrics().total(LIVE, state="live"))


@contextmanager
def ingests(site: Site, processes: int, say: Say) -> Iterator[Ingests]:
    """Workers that run inside the block, all cameras live as far as they can be.

    Args:
        site: The county.
        processes: How many workers.
        say: Told about progress.

    Raises:
        YitongError: If one does not come up, or no camera is live.
    """
    settings = load_settings(site.env)
    cameras = load_cameras(settings)
    asyncio.run(publish_cameras(site.kafka, site.prefix, cameras, now()))
    say(f"启动 {processes} 个识别进程 / starting {processes} ingest workers ...")
    with ExitStack() as stack:
        children, urls = [], []
        for number, port in enumerate(site.ingest_ports[:processes]):
            env = site.env | {
                "YITONG_DATA": str(site.folder / f"data-{number}"),
                "YITONG_EVIDENCE": str(site.folder / "evidence"),
                "YITONG_WORKER": f"bench-{number}",
                "YITONG_INGEST_PORT": str(port),
            }
            children.append(
                stack.enter_context(child(f"ingest-{number}", yitong("ingest"), env, site.folder))
            )
            urls.append(f"http://127.0.0.1:{port}")
        group = Ingests(tuple(children), tuple(urls), site.farm)
        _wait_until_ready(group)
        wanted = len(site.county.camera_ids)
        wait_for(lambda: group.live() >= wanted, LIVE_S, *children, site.farm)
        if not group.live():
            raise YitongError("没有一路摄像头在线 / not one camera is live")
        say(f"  摄像头在线 / cameras live: {group.live()}/{wanted}")
        yield group


def _wait_until_ready(group: Ingests) -> None:
    for started, url in zip(group.children, group.urls, strict=True):
        ready = partial(is_ok, f"{url}/health/ready")
        if not wait_for(ready, READY_S, group.farm, *group.children):
            raise started.failure(f"{READY_S:.0f} 秒内未就绪 / not ready within {READY_S:.0f} s")
