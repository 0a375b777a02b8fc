"""The cameras that this worker watches now: added, changed and dropped while it runs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from yitong_command.bus.camera_messages import IngestStateMessage
from yitong_command.domain.camera import Camera, CameraKind, CameraState
from yitong_command.domain.geometry import Place
from yitong_command.errors import BadMessage
from yitong_command.ingest.assignment import Definition, Login
from yitong_command.ingest.changelog import Ended, Telling, capture, ended, restore, telling
from yitong_command.ingest.evidence import make_incident
from yitong_command.ingest.patrol import Patrol
from yitong_command.ingest.pipeline import Pipeline
from yitong_command.ingest.supervisor import supervise
from yitong_command.ingest.views import ViewMemory, ZoneWatch, make_memories
from yitong_command.rules.camera_steady import Reason
from yitong_command.settings.rules import RuleBook
from yitong_command.sources.onvif import BallCamera
from yitong_command.sources.rtsp.receiver import RtspReceiver

QUIET_WITHIN_S = 1.5
CLOSE_WITHIN_S = 1.0
ZONE_GONE: Reason = ("区域已删除或重画", "the zone was removed or drawn anew")
CAMERA_GONE: Reason = ("摄像机已移除", "the camera was removed")


@dataclass(slots=True)
class _Round:
    ball: BallCamera
    task: asyncio.Task[None]


class Fleet:
    """The watched cameras, in every part of the worker that knows of cameras.

    Args:
        pipeline: Looks at them.
        receiver: Receives them.
        rules: Settings of their zones.
        worker: Name of this worker.
        clock: The current time, aware UTC.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        receiver: RtspReceiver,
        rules: RuleBook,
        worker: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._pipeline = pipeline
        self._receiver = receiver
        self._rules = rules
        self._worker = worker
        self._clock = clock
        self._rounds: dict[str, _Round] = {}
        self.watched: dict[str, Definition] = {}

    def remembered(self, camera_id: str) -> IngestStateMessage | None:
        """What is remembered of a watched camera now; None if it was never looked at."""
        camera = self.watched[camera_id].camera
        return capture(camera, self._views(camera), self._worker, self._told(camera_id))

    def telling(self, camera_id: str) -> Telling:
        """What of it a successor must know at once."""
        return telling(self._views(self.watched[camera_id].camera), self._told(camera_id))

    def looked_at(self, camera_id: str) -> datetime | None:
        """When a watched camera was looked at last, judged or not."""
        views = self._views(self.watched[camera_id].camera).values()
        return max((m.last.at for m in views if m.last is not None), default=None)

    def address_of(self, camera_id: str) -> tuple[str, Login | None] | None:
        """Address and login of a watched camera; None if it is not watched here."""
        definition = self.watched.get(camera_id)
        return None if definition is None else (definition.camera.url, definition.login)

    async def add(self, definition: Definition, state: IngestStateMessage | None) -> None:
        """Watch one camera more.

        Args:
            definition: The camera.
            state: What was remembered of it, or None.

        Raises:
            BadMessage: If its address can't be used.
        """
        camera = definition.camera
        try:
            self._receiver.add(camera.camera_id, camera.url, definition.login)
            self._start_round(definition)
        except ValueError as exc:
            self._receiver.remove(camera.camera_id)
            raise BadMessage(f"{camera.camera_id}: {exc}") from exc
        memories = make_memories((camera,), self._rules)
        self._pipeline.memories.update(memories)
        self.watched[camera.camera_id] = definition
        told: tuple[CameraState | None, datetime | None] = (None, None)
        if state is not None:
            restore(state, self._views(camera))
            told = (state.state, state.since)
            await self._report(camera, ended(state, camera.zones, self._clock(), ZONE_GONE))
        self._pipeline.book.add(camera, *told)
        self._take_turns(definition)

    async def change(self, definition: Definition) -> None:
        """Watch a camera in another version; what its untouched zones know is kept.

        Args:
            definition: The new version.

        Raises:
            BadMessage: If its address can't be used; then it is watched as before.
        """
        camera, camera_id = definition.camera, definition.camera.camera_id
        before = self.watched[camera_id]
        await self._pipeline.quiet([camera_id], QUIET_WITHIN_S)
        try:
            if (camera.url, definition.login) != (before.camera.url, before.login):
                self._receiver.add(camera_id, camera.url, definition.login)
        except ValueError as exc:
            self._take_turns(before)
            raise BadMessage(f"{camera_id}: {exc}") from exc
        remembered = self.remembered(camera_id)
        self._redraw(before.camera, camera, remembered)
        self.watched[camera_id] = definition
        if _round_of(definition) != _round_of(before):
            await self._end_rounds([camera_id])
            self._start_round(definition)
        self._pipeline.book.add(camera)
        self._take_turns(definition)
        if remembered is not None:
            gone = ended(remembered, camera.zones, self._clock(), ZONE_GONE)
            await self._report(camera, gone)

    async def remove(self, camera_ids: Iterable[str]) -> None:
        """Cameras are no more: what is open on them is cleared, then they are dropped."""
        names = [name for name in camera_ids if name in self.watched]
        await self.quiet(names)
        for name in names:
            remembered = self.remembered(name)
            if remembered is not None:
                gone = ended(remembered, (), self._clock(), CAMERA_GONE)
                await self._report(self.watched[name].camera, gone)
        await self.drop(names)

    async def quiet(self, camera_ids: Iterable[str]) -> None:
        """Look at some cameras no more; they are still received."""
        await self._pipeline.quiet(camera_ids, QUIET_WITHIN_S)

    async def drop(self, camera_ids: Iterable[str]) -> None:
        """Forget cameras, as somebody else may watch them; nothing is told of them any more."""
        names = [name for name in camera_ids if name in self.watched]
        await self.quiet(names)
        for name in names:
            self._pipeline.book.remove(name)
            self._pipeline.reporter.forget(name)
            self._receiver.remove(name)
            for view in self.watched.pop(name).camera.views:
                del self._pipeline.memories[name, view.view_id]
        await self._end_rounds(names)

    async def clear(self, state: IngestStateMessage) -> None:
        """Clear what was open on a camera that was removed while nobody watched it.

        Args:
            state: What was remembered of it.
        """
        place = Place(state.place.lon, state.place.lat, state.place.crs)
        camera = Camera(state.camera_id, CameraKind.FIXED, "", "", "", place)
        await self._report(camera, ended(state, (), self._clock(), CAMERA_GONE))

    def _told(self, camera_id: str) -> tuple[CameraState, datetime] | None:
        told = self._pipeline.book.state(camera_id)
        since = self._pipeline.book.since(camera_id)
        return (told[0], since) if told and since else None

    def _views(self, camera: Camera) -> dict[str, ViewMemory]:
        key = camera.camera_id
        return {view.view_id: self._pipeline.memories[key, view.view_id] for view in camera.views}

    def _redraw(self, before: Camera, camera: Camera, state: IngestStateMessage | None) -> None:
        """Memories for the new views and zones, with what is still true of the old ones."""
        old = self._views(before)
        for view_id in old:
            del self._pipeline.memories[camera.camera_id, view_id]
        for key, fresh in make_memories((camera,), self._rules).items():
            known = old.get(key[1])
            if known is not None:
                same = _zones(known.zones) == _zones(fresh.zones)
                fresh = replace(
                    known,
                    camera=camera,
                    zones=fresh.zones,
                    reference=known.reference if same else None,
                    warned=known.warned and same,
                )
            self._pipeline.memories[key] = fresh
        if state is not None:
            restore(state, self._views(camera))

    def _take_turns(self, definition: Definition) -> None:
        camera = definition.camera
        now_s = asyncio.get_running_loop().time()
        self._pipeline.scheduler.add(camera.camera_id, camera.look_interval_s, now_s)

    async def _report(self, camera: Camera, gone: Iterable[Ended]) -> None:
        for item in gone:
            incident = make_incident(camera, item.zone, item.change, (), "")
            await self._pipeline.reporter.report(incident)

    def _start_round(self, definition: Definition) -> None:
        camera = definition.camera
        if camera.ptz_url is None:
            return
        ball = BallCamera(camera.ptz_url, definition.login)
        patrol = Patrol(camera, ball, self._clock)
        self._pipeline.patrols[camera.camera_id] = patrol
        loop = supervise(f"patrol {camera.camera_id}", patrol.run, self._pipeline.health)
        self._rounds[camera.camera_id] = _Round(ball, asyncio.create_task(loop))

    async def _end_rounds(self, camera_ids: Iterable[str]) -> None:
        ending = [self._rounds.pop(name) for name in camera_ids if name in self._rounds]
        for name in camera_ids:
            self._pipeline.patrols.pop(name, None)
        for item in ending:
            item.task.cancel()
        await asyncio.gather(*(item.task for item in ending), return_exceptions=True)
        for item in ending:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(item.ball.close(), CLOSE_WITHIN_S)


def _round_of(definition: Definition) -> object:
    return (definition.camera.ptz_url, definition.camera.views, definition.login)


def _zones(watches: Iterable[ZoneWatch]) -> object:
    return [watch.zone for watch in watches]
