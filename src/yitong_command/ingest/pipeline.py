"""The whole flow of a look: keyframe, picture, sight, tracks, rules, evidence, incident."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import structlog

from yitong_command.domain.camera import MAIN_VIEW, CameraState
from yitong_command.domain.incident import EvidenceRef, RuleChange
from yitong_command.errors import DetectorFailed
from yitong_command.ingest import metrics
from yitong_command.ingest.camera_book import CameraBook
from yitong_command.ingest.evidence import capture, make_incident
from yitong_command.ingest.eyes import Eyes
from yitong_command.ingest.gate import watch_stillness
from yitong_command.ingest.glimpse import Glimpse, Unjudged, take
from yitong_command.ingest.health import Health
from yitong_command.ingest.looks import Sight
from yitong_command.ingest.pace import Pace, remark
from yitong_command.ingest.patrol import Patrol
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.scheduler import LookScheduler
from yitong_command.ingest.stays import stays_of
from yitong_command.ingest.steered import look_unjudged, show_steered
from yitong_command.ingest.supervisor import guard
from yitong_command.ingest.views import LastLook, Memories, ViewMemory, ZoneWatch, newest
from yitong_command.rules.camera_scene import REASONS
from yitong_command.sources.decoder import DecoderPool
from yitong_command.sources.keyframe import Keyframe
from yitong_command.storage.evidence import EvidenceStore

_log = structlog.get_logger()

TICK_S = 0.05
IN_FLIGHT = 48
"""Looks under way at once; pictures are large, so this bounds memory."""
HURRY = 2.0
"""Where something is open or about to open, looks come so many times as often."""


class Source(Protocol):
    """Where keyframes come from."""

    def take(self, camera_id: str) -> Keyframe | None:
        """The newest keyframe, once, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All that a look needs.

    Attributes:
        source: Keyframes.
        decoder: Keyframes to pixels.
        eyes: Pixels to sights.
        memories: By camera and view.
        patrols: By ball camera.
        book: States of the cameras.
        reporter: Takes the incidents.
        evidence: Takes the pictures.
        scheduler: Whose turn it is.
        health: Of this worker.
        under_way: Looks that are not done yet, by camera.
        pace: What was said of being too slow.
        clock: The current time, aware UTC.
    """

    source: Source
    decoder: DecoderPool
    eyes: Eyes
    memories: Memories
    patrols: dict[str, Patrol]
    book: CameraBook
    reporter: Reporter
    evidence: EvidenceStore
    scheduler: LookScheduler
    health: Health
    under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], datetime] = partial(datetime.now, UTC)

    async def run(self) -> None:
        """Look at every camera in its turn, until cancelled."""
        try:
            while True:
                self._begin_looks()
                self.pace.tell(self.scheduler.stretch, self.health)
                await asyncio.sleep(TICK_S)
        finally:
            for task in self.under_way.values():
                task.cancel()

    async def quiet(self, camera_ids: Iterable[str], within_s: float) -> None:
        """Look at some cameras no more; afterwards nothing changes their memories.

        Args:
            camera_ids: Which.
            within_s: A look that takes longer to end is cut off; its incident comes again.
        """
        names = set(camera_ids)
        for name in names:
            self.scheduler.remove(name)
        ending = [task for name, task in self.under_way.items() if name in names]
        if not ending:
            return
        _, late = await asyncio.wait(ending, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _begin_looks(self) -> None:
        now_s = asyncio.get_running_loop().time()
        while len(self.under_way) < IN_FLIGHT and (due := self.scheduler.due(now_s, 1)):
            [camera_id] = due
            keyframe = self.source.take(camera_id)
            if keyframe is None:
                self.scheduler.nothing_new(camera_id, now_s)
                continue
            age_s = (self.clock() - keyframe.received_at).total_seconds()
            due_s = now_s - self.scheduler.begin(camera_id, now_s, age_s)
            task = asyncio.create_task(self._turn(keyframe, due_s))
            self.under_way[camera_id] = task
            task.add_done_callback(partial(self._ended, camera_id))
        metrics.SKIPPED.set(self.scheduler.skipped)

    def _ended(self, camera_id: str, task: asyncio.Task[None]) -> None:
        if self.under_way.get(camera_id) is task:
            del self.under_way[camera_id]
        # Whoever waits goes on at once: under load the machine must not rest until the next tick.
        if not task.cancelled() and self.scheduler.is_behind(task.get_loop().time()):
            self._begin_looks()

    async def look(self, keyframe: Keyframe) -> None:
        """One look, from the keyframe to the incidents it leads to."""
        memory = self._memory_of(keyframe)
        if memory is None:
            await show_steered(
                self.patrols.get(keyframe.camera_id), keyframe, self.decoder, self.eyes
            )
            return
        at = keyframe.received_at
        try:
            self._check_clock(memory, at)
            first = await take(self.decoder, keyframe, memory)
            sight = await self._sight(first, memory, at)
        except Unjudged as why:
            self._not_judged(memory, keyframe, why)
            if why.state is CameraState.COVERED:  # whoever is to mend it must see it
                look = await look_unjudged(keyframe, why.reason, self.decoder, self.eyes)
                memory.shown = look or memory.shown
            return
        tracks = memory.track(sight, at)
        for watch, folded, changes in memory.judge(at, tracks, sight):
            for change in changes:
                await self._report(memory, watch, change, (first, at), sight)
            for stay in stays_of(
                memory.camera, watch.zone, watch.folded.state, folded.state, watch.settings
            ):
                self.reporter.observe(stay)
            watch.folded = folded  # only now: what was not reported must be said again
        memory.last = memory.shown = LastLook(
            at, True, ("", ""), tracks, sight, keyframe, keyframe.rtp_timestamp
        )  # fmt: skip
        interval_s = memory.camera.look_interval_s / (HURRY if memory.watching else 1.0)
        said = remark(sight, interval_s, self.scheduler.stretch)
        self.book.looked(keyframe.camera_id, memory.view_id, CameraState.LIVE, at, said)
        self.scheduler.set_interval(keyframe.camera_id, interval_s)

    def _check_clock(self, memory: ViewMemory, at: datetime) -> None:
        """Rules take no event older than their newest: say so, else nothing would be found."""
        newest_at = max((w.folded.at for w in memory.zones if w.folded.at), default=at)
        if newest_at <= at:
            return
        metrics.LOOKS.labels("clock_set_back").inc()
        until = newest_at.isoformat(timespec="seconds")
        zh, en = "本机时钟被拨回，此前不作判断", "the clock was set back, not judged until"
        raise Unjudged(CameraState.NOT_JUDGED, (f"{zh}: {until}", f"{en} {until}"))

    async def _sight(self, first: Glimpse, memory: ViewMemory, at: datetime) -> Sight:
        """What a picture shows: known already if nothing changed, else what the detectors see."""
        still = watch_stillness(memory.stillness, first.thumb, first.source_sha256, at)
        memory.stillness = still
        doubt = memory.scene.look(first.scene, at) if first.scene else None
        if doubt is not None:
            metrics.LOOKS.labels("covered").inc()
            told = memory.scene.state.trouble is not None
            raise Unjudged(CameraState.COVERED if told else None, REASONS[doubt])
        if still.is_repeated:
            metrics.LOOKS.labels("repeated").inc()
            state = CameraState.FROZEN if still.is_frozen else None
            raise Unjudged(state, ("画面冻结", "the picture does not change at all"))
        if memory.sight is not None and not (first.changed or first.stale):
            metrics.LOOKS.labels("unchanged").inc()
            return memory.sight
        return await self._analyse(first, memory, at)

    async def _analyse(self, first: Glimpse, memory: ViewMemory, at: datetime) -> Sight:
        """What the detectors see."""
        height, width = first.pixels.shape[:2]
        covers, small = memory.covers_in(width, height)
        try:
            sight = (await self.eyes.see(first.pixels, covers)).and_covers(small)
        except DetectorFailed as exc:
            metrics.LOOKS.labels("detector_failed").inc()
            self.health.say("detector", False, f"识别失败 / {exc}")
            raise Unjudged(CameraState.NOT_JUDGED, ("识别模型出错", str(exc))) from exc
        metrics.LOOKS.labels("analysed" if first.changed else "refreshed").inc()
        self.health.say("detector", True)
        if small and not memory.warned:
            memory.warned = True
            camera_id, detail = memory.camera.camera_id, " / ".join(sight.small_covers)
            _log.warning("cover_too_small", camera_id=camera_id, view=memory.view_id, detail=detail)
        memory.remember(sight, first.thumb, at)
        return sight

    async def _report(
        self,
        memory: ViewMemory,
        watch: ZoneWatch,
        change: RuleChange,
        taken: tuple[Glimpse, datetime],
        sight: Sight,
    ) -> None:
        """Store the picture, report the incident; without room for the picture, report anyway."""
        note = ""
        first, at = taken
        try:
            picture = await asyncio.to_thread(
                capture, self.evidence, first.pixels, sight.detections, first.source_sha256, at
            )  # fmt: skip
            pictures: tuple[EvidenceRef, ...] = (picture,)
            self.health.say("evidence", True)
        except OSError as exc:
            pictures, note = (), exc.strerror or str(exc)
            metrics.EVIDENCE_FAILED.inc()
            self.health.say("evidence", False, f"证据盘写入失败 / can't store pictures: {note}")
            _log.error("evidence_failed", subject=watch.zone.subject, detail=note)
        await self.reporter.report(make_incident(memory.camera, watch.zone, change, pictures, note))

    def _memory_of(self, keyframe: Keyframe) -> ViewMemory | None:
        """The view a keyframe shows; while a ball camera moves, none, and nothing is judged."""
        camera_id, at = keyframe.camera_id, keyframe.received_at
        patrol = self.patrols.get(camera_id)
        if patrol is None:
            return self.memories[camera_id, MAIN_VIEW]
        view_id = patrol.view_at(at)
        for (owner, name), memory in self.memories.items():
            if owner == camera_id and name != view_id:
                self._fold_unjudged(memory, at)
                memory.stillness = None
        if view_id is not None:
            return self.memories[camera_id, view_id]
        metrics.LOOKS.labels("moving").inc()
        seen = newest(self.memories, camera_id)
        if seen is not None:
            seen.last = LastLook(at, False, patrol.reason, camera_ticks=keyframe.rtp_timestamp)
        # A head that does not answer is a fault; one that turns is none.
        state = CameraState.LATE if patrol.lost and not patrol.held else CameraState.NOT_JUDGED
        self.book.looked(camera_id, "", state, at, patrol.reason, excused=patrol.turning)
        return None

    def _not_judged(self, memory: ViewMemory, keyframe: Keyframe, why: Unjudged) -> None:
        at = keyframe.received_at
        self._fold_unjudged(memory, at)
        memory.last = LastLook(at, False, why.reason, camera_ticks=keyframe.rtp_timestamp)
        self.book.looked(keyframe.camera_id, memory.view_id, why.state, at, why.reason)

    def _fold_unjudged(self, memory: ViewMemory, at: datetime) -> None:
        for watch, folded, _ in memory.judge(at, (), None):
            watch.folded = folded

    async def _turn(self, keyframe: Keyframe, due_s: float) -> None:
        camera_id = keyframe.camera_id

        def failed(detail: str) -> None:
            reason = ("内部错误，不作判断", detail)
            at = keyframe.received_at
            self.book.looked(camera_id, MAIN_VIEW, CameraState.NOT_JUDGED, at, reason)

        try:
            await guard("look", self.look(keyframe), failed)
        finally:
            self.scheduler.end(camera_id)
        metrics.LOOK_LAG_S.observe(asyncio.get_running_loop().time() - due_s)
