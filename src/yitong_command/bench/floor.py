"""The work itself, and nothing else: receive, decode a keyframe, look again only if it changed.

One tight loop on one thread, beside the receiver's: no scheduler, no event loop, no tracking, no
rules, no evidence, no Kafka, no second look after a minute. What is left is what no design could
save; pictures that changed are seen in batches, and the detectors are shown what the worker shows.
"""

from __future__ import annotations

import heapq
import json
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import psutil

from yitong_command.bench.machine import now
from yitong_command.bench.results import hand_over
from yitong_command.domain.camera import Zone
from yitong_command.domain.frame import Pixels
from yitong_command.errors import CorruptMedia
from yitong_command.ingest.eyes import DetectorPair, load_pair, see
from yitong_command.ingest.gate import SIZE_WH, Thumb, has_changed
from yitong_command.ingest.views import ViewMemory, make_memories
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings
from yitong_command.settings.rules import load_rules
from yitong_command.sources.decoder import KeyframeDecoder
from yitong_command.sources.rtsp.receiver import RtspReceiver
from yitong_command.vision.registry import load_registry

WARM_UP_S = 30.0
RETRY_S = 0.1
TOGETHER = 4
"""Pictures shown to the detectors at a time: more save next to nothing."""


@dataclass(slots=True)
class Loop:
    """The loop and its counts.

    Attributes:
        views: What the worker remembers of each camera; only its zones are used.
        receiver: Their keyframes.
        pair: The detectors.
        every_s: Seconds between two looks at a camera.
        looks: Pictures decoded so far.
        analysed: Of those, how many had changed and were seen by the detectors.
        see_cpu_s: CPU seconds of the detectors so far.
    """

    views: Mapping[str, ViewMemory]
    receiver: RtspReceiver
    pair: DetectorPair
    every_s: float
    looks: int = 0
    analysed: int = 0
    see_cpu_s: float = 0.0
    _decoder: KeyframeDecoder = field(default_factory=KeyframeDecoder)
    _waiting: list[tuple[Pixels, tuple[Zone, ...]]] = field(default_factory=list)
    _seen: dict[str, Thumb] = field(default_factory=dict)
    _turns: list[tuple[float, str]] = field(default_factory=list)

    def begin(self) -> None:
        """Give every camera its first turn, evenly spread."""
        begun_s = time.monotonic()
        step_s = self.every_s / max(1, len(self.views))
        self._turns = [(begun_s + n * step_s, name) for n, name in enumerate(self.views)]
        heapq.heapify(self._turns)

    @property
    def seen(self) -> int:
        """How many cameras have been seen."""
        return len(self._seen)

    def run(self, until_s: float, *, until_warm: bool = False) -> None:
        """Look at the cameras in their turn.

        Args:
            until_s: Monotonic time to stop at.
            until_warm: Stop before, as soon as every camera has been seen once.
        """
        while (now_s := time.monotonic()) < until_s and not (
            until_warm and self.seen == len(self.views)
        ):
            due_s, camera_id = heapq.heappop(self._turns)
            if due_s > now_s:
                time.sleep(min(due_s, until_s) - now_s)
                if due_s >= until_s:
                    heapq.heappush(self._turns, (due_s, camera_id))
                    continue
            looked = self._look(camera_id)
            next_s = due_s + self.every_s if looked else time.monotonic() + RETRY_S
            heapq.heappush(self._turns, (max(next_s, time.monotonic()), camera_id))

    def _look(self, camera_id: str) -> bool:
        keyframe = self.receiver.take(camera_id)
        if keyframe is None:
            return False
        try:
            picture = self._decoder.picture(keyframe)
        except CorruptMedia:
            return False
        self.looks += 1
        thumb = np.asarray(picture.grey(*SIZE_WH), np.float32)
        before = self._seen.get(camera_id)
        if before is None or has_changed(before, thumb):
            self._seen[camera_id] = thumb
            self.analysed += 1
            pixels = picture.pixels()
            covers, _ = self.views[camera_id].covers_in(pixels.shape[1], pixels.shape[0])
            self._waiting.append((pixels, covers))
        if len(self._waiting) >= TOGETHER:
            self.see()
        return True

    def see(self) -> None:
        """Show the detectors what changed."""
        if self._waiting:
            cpu_s = time.process_time()
            see(self.pair, self._waiting)
            self.see_cpu_s += time.process_time() - cpu_s
        self._waiting.clear()


def main(job: dict[str, Any]) -> None:
    """Measure the loop.

    Args:
        job: ``every_s``, ``for_s`` and ``out``; the cameras are those of ``YITONG_CONFIG``.
    """
    cv2.setNumThreads(1)
    settings = load_settings()
    cameras = load_cameras(settings)
    memories = make_memories(cameras, load_rules(settings))
    views = {c.camera_id: memories[c.camera_id, c.views[0].view_id] for c in cameras}
    receiver = RtspReceiver(now)
    loop = Loop(views, receiver, load_pair(load_registry(settings.models_dir)), job["every_s"])
    for camera in cameras:
        receiver.add(camera.camera_id, camera.url)
    receiver.start()
    loop.begin()
    loop.run(time.monotonic() + WARM_UP_S, until_warm=True)
    loop.see()
    loop.looks, loop.analysed, loop.see_cpu_s = 0, 0, 0.0
    cpu_s, receive_s, begun_s = time.process_time(), _receiver_cpu_s(), time.monotonic()
    loop.run(begun_s + float(job["for_s"]))
    loop.see()
    cpu_s, receive_s = time.process_time() - cpu_s, _receiver_cpu_s() - receive_s
    result = {
        "wall_s": time.monotonic() - begun_s,
        "receive_cpu_s": receive_s,
        "look_cpu_s": max(0.0, cpu_s - receive_s - loop.see_cpu_s),
        "see_cpu_s": loop.see_cpu_s,
        "looks": loop.looks,
        "analysed": loop.analysed,
        "cameras": loop.seen,
    }
    receiver.stop()
    hand_over(job["out"], result)


def _receiver_cpu_s() -> float:
    """CPU seconds of the receiver's thread."""
    own = {thread.native_id for thread in threading.enumerate() if thread.name == "rtsp-receiver"}
    used = (item for item in psutil.Process().threads() if item.id in own)
    return float(sum(item.user_time + item.system_time for item in used))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
