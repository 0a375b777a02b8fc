"""The detectors, fed in batches across cameras, in threads of their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from yitong_command.domain.camera import Zone
from yitong_command.domain.frame import Pixels
from yitong_command.domain.observation import Detection
from yitong_command.errors import DetectorFailed
from yitong_command.ingest import metrics
from yitong_command.ingest.cover_eyes import see_covers
from yitong_command.ingest.looks import Sight
from yitong_command.vision.appearance import with_appearance
from yitong_command.vision.detector import Detector
from yitong_command.vision.registry import Registry

SUB_MODEL = "vehicles-sub"
SUB_STREAM_PX = 704
"""Pictures up to this width are sub-streams."""
BATCH = 8
WAITING = 64
PACE_S = 0.2
"""Batches begin so far apart at least: a lone picture is seen at once, many are seen together."""


@dataclass(slots=True)
class DetectorPair:
    """The detectors of one worker.

    Attributes:
        vehicles: Finds vehicles and persons in whole pictures.
        covers: Finds manhole covers and their state in crops.
        make_sub: Loads a cheaper vehicle detector when the first sub-stream picture comes, or None.
    """

    vehicles: Detector
    covers: Detector
    make_sub: Callable[[], Detector] | None = None
    _sub: Detector | None = field(default=None, init=False, repr=False)

    def vehicles_for(self, pixels: Pixels) -> Detector:
        """The vehicle detector for pictures of this size."""
        if self.make_sub is None or pixels.shape[1] > SUB_STREAM_PX:
            return self.vehicles
        self._sub = self._sub or self.make_sub()
        return self._sub


@dataclass(slots=True)
class _Request:
    pixels: Pixels
    covers: tuple[Zone, ...]
    answer: asyncio.Future[Sight] = field(repr=False)


def see(pair: DetectorPair, pictures: Sequence[tuple[Pixels, tuple[Zone, ...]]]) -> list[Sight]:
    """What a batch of pictures shows.

    Args:
        pair: The detectors.
        pictures: Each with the covers to look at; see :func:`see_covers` for what is not judged.

    Raises:
        DetectorFailed: If a detector failed; then nothing is known of the whole batch.
    """
    found = _vehicles(pair, [pixels for pixels, _ in pictures])
    covers = see_covers(pair.covers, pictures, found)
    return [
        Sight(with_appearance(pixels, detections), seen)
        for (pixels, _), detections, seen in zip(pictures, found, covers, strict=True)
    ]


def _vehicles(pair: DetectorPair, pictures: list[Pixels]) -> list[tuple[Detection, ...]]:
    """Vehicles and persons of each picture, by the detector for its size."""
    detectors = [pair.vehicles_for(pixels) for pixels in pictures]
    found: list[tuple[Detection, ...]] = [()] * len(pictures)
    for detector in {id(item): item for item in detectors}.values():
        chosen = [index for index, item in enumerate(detectors) if item is detector]
        answers = detector.detect([pictures[index] for index in chosen])
        for index, detections in zip(chosen, answers, strict=True):
            found[index] = detections
    return found


def load_pair(registry: Registry) -> DetectorPair:
    """Detectors for one worker, from the models of this installation.

    Raises:
        ConfigError: If the registry lacks one.
        ModelMismatch: If a model can't be loaded or has another shape.
    """
    make_sub = None
    if SUB_MODEL in registry.specs:
        make_sub = partial(registry.detector, SUB_MODEL)
    return DetectorPair(registry.detector("vehicles"), registry.detector("manhole-cover"), make_sub)


class Eyes:
    """Detection for many cameras; pictures that wait together are seen together.

    Args:
        make_pair: Makes the detectors of one worker.
        workers: Threads, each with its own detectors.
    """

    def __init__(self, make_pair: Callable[[], DetectorPair], workers: int = 1) -> None:
        self._pairs = [make_pair() for _ in range(workers)]
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="detect")
        self._queue: asyncio.Queue[_Request] = asyncio.Queue(WAITING)

    async def see(self, pixels: Pixels, covers: tuple[Zone, ...]) -> Sight:
        """What a picture shows; waits while too many others wait.

        Args:
            pixels: The whole picture.
            covers: Manhole cover zones of its view.

        Raises:
            DetectorFailed: If a detector failed.
        """
        answer: asyncio.Future[Sight] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Request(pixels, covers, answer))
        return await answer

    async def run(self) -> None:
        """Serve requests until cancelled."""
        async with asyncio.TaskGroup() as group:
            for pair in self._pairs:
                group.create_task(self._serve(pair))

    def close(self) -> None:
        """End the threads once they are done with what they see."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, pair: DetectorPair) -> None:
        clock, begun_s = asyncio.get_running_loop().time, -PACE_S
        while True:
            batch = [await self._queue.get()]
            try:
                if self._queue.qsize() < BATCH - 1:
                    await asyncio.sleep(max(0.0, begun_s + PACE_S - clock()))
                begun_s = clock()
                while len(batch) < BATCH and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                await self._answer(pair, batch)
            except DetectorFailed as exc:
                _fail(batch, exc)
            finally:  # whatever happened, nobody waits for ever
                _fail(batch, DetectorFailed("识别中断 / detection was interrupted"))

    async def _answer(self, pair: DetectorPair, batch: list[_Request]) -> None:
        loop = asyncio.get_running_loop()
        pictures = [(request.pixels, request.covers) for request in batch]
        started_s = time.perf_counter()
        sights = await loop.run_in_executor(self._threads, see, pair, pictures)
        metrics.DETECT_S.observe((time.perf_counter() - started_s) / len(batch))
        metrics.BATCH.observe(len(batch))
        for request, sight in zip(batch, sights, strict=True):
            if not request.answer.done():
                request.answer.set_result(sight)


def _fail(batch: list[_Request], exc: DetectorFailed) -> None:
    for request in batch:
        if not request.answer.done():
            request.answer.set_exception(exc)
            request.answer.exception()  # seen: whoever asked may be gone
