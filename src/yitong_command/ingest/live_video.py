"""Live video of this worker's cameras for people at the desk: one connection a camera, shared.

It is shown, never stored and never judged, so it is not masked; only a sealed order of the web
part, which audits who asked, opens it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import TypeAlias

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from yitong_command.errors import ConfigError, NotFound, Refusal, SourceLost
from yitong_command.ingest.head_http import LONGEST_ORDER
from yitong_command.sources.remux import Piece, remux
from yitong_command.sources.rtsp.address import parse_address

_log = structlog.get_logger()

MIME_HEADER = "X-Video-Mime"
READY_WITHIN_S = 8.0
LINGER_S = 4.0
"""A connection is kept so long after its last viewer left: people switch back and forth."""
MAX_CAMERAS = 16
MAX_WAITING = 100
"""Fragments that may wait for a viewer; one who is slower goes on at the newest keyframe."""
MAX_SINCE_KEY = 16 * 1024 * 1024

Watched: TypeAlias = tuple[str, tuple[str, str] | None]
"""A camera's address and login."""

FULL = SourceLost("同时观看的视频过多 / too many cameras are watched as video now")


@dataclass(slots=True, eq=False)
class _Viewer:
    waiting: asyncio.Queue[bytes | None] = field(
        default_factory=lambda: asyncio.Queue(MAX_WAITING + 1)
    )
    behind: bool = False

    def offer(self, piece: Piece) -> None:
        """Let the viewer have a fragment, or skip to the next keyframe if it is too slow."""
        if self.waiting.qsize() >= MAX_WAITING:
            self.drain()
            self.behind = True
        if not self.behind or piece.starts:
            self.behind = False
            self.waiting.put_nowait(piece.data)

    def drain(self) -> None:
        """Forget what waits."""
        while not self.waiting.empty():
            self.waiting.get_nowait()

    def end(self) -> None:
        """No more will come."""
        if self.waiting.full():
            self.drain()
        self.waiting.put_nowait(None)


class _Channel:
    """One camera's video while somebody watches it; all but the thread runs in the event loop."""

    def __init__(self, camera_id: str, watched: Watched, gone: Callable[[_Channel], None]) -> None:
        self._watched = watched
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._ended = threading.Event()
        self._since_key = bytearray()
        self._viewers: set[_Viewer] = set()
        self._closing: asyncio.TimerHandle | None = None
        self.head: asyncio.Future[Piece] = self._loop.create_future()
        threading.Thread(target=self._run, name=f"video {camera_id}", daemon=True).start()

    def _run(self) -> None:
        why: SourceLost | None = None
        try:
            url, login = self._watched
            for piece in remux(parse_address(url), login, self._ended.is_set):
                self._call(self._take, piece)
        except SourceLost as exc:
            why = exc
        self._call(self._over, why)

    def _call(self, act: Callable[..., None], value: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act, value)

    def _take(self, piece: Piece) -> None:
        if piece.mime:
            self.head.set_result(piece)
            return
        if piece.starts or len(self._since_key) > MAX_SINCE_KEY:
            self._since_key.clear()
        if piece.starts or self._since_key:
            self._since_key += piece.data
        for viewer in self._viewers:
            viewer.offer(piece)

    def _over(self, why: SourceLost | None) -> None:
        self._ended.set()
        self._gone(self)
        if not self.head.done():
            self.head.set_exception(why or SourceLost("视频中断 / the video ended"))
            self.head.exception()  # Whoever waited may have left.
        for viewer in self._viewers:
            viewer.end()

    @property
    def ending(self) -> bool:
        """Whether it is over, or about to be."""
        return self._ended.is_set()

    def join(self) -> _Viewer:
        """A viewer more, who begins at the newest keyframe."""
        if self._closing is not None:
            self._closing.cancel()
        viewer = _Viewer()
        if self._since_key:
            viewer.waiting.put_nowait(bytes(self._since_key))
        else:
            viewer.behind = True
        self._viewers.add(viewer)
        return viewer

    def leave(self, viewer: _Viewer) -> None:
        """A viewer less; the connection ends some seconds after the last."""
        self._viewers.discard(viewer)
        if not self._viewers:
            self._closing = self._loop.call_later(LINGER_S, self._ended.set)


class LiveVideo:
    """The cameras that somebody watches.

    Args:
        find: Address and login of a camera that this worker watches, or None.
    """

    def __init__(self, find: Callable[[str], Watched | None]) -> None:
        self._find = find
        self._channels: dict[str, _Channel] = {}

    async def watch(self, camera_id: str) -> tuple[str, AsyncIterator[bytes]]:
        """A camera's video: its type with codec, and its bytes as they come.

        Raises:
            NotFound: If this worker does not watch it.
            SourceLost: If there is no video of it now, or too many are watched.
        """
        watched = self._find(camera_id)
        if watched is None:
            raise NotFound(f"没有摄像机 {camera_id}", f"there is no camera {camera_id}")
        channel = self._channels.get(camera_id)
        if channel is None or channel.ending:
            if len(self._channels) >= MAX_CAMERAS:
                raise FULL
            channel = self._channels[camera_id] = _Channel(
                camera_id, watched, lambda ended: self._forget(camera_id, ended)
            )
        viewer = channel.join()
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                head = await asyncio.shield(channel.head)
        except TimeoutError:
            channel.leave(viewer)
            raise SourceLost("摄像机没有回应 / the camera does not answer") from None
        except BaseException:
            channel.leave(viewer)
            raise
        return head.mime, _bytes(channel, viewer, head.data)

    def _forget(self, camera_id: str, ended: _Channel) -> None:
        if self._channels.get(camera_id) is ended:
            del self._channels[camera_id]


async def _bytes(channel: _Channel, viewer: _Viewer, head: bytes) -> AsyncIterator[bytes]:
    try:
        yield head
        while (data := await viewer.waiting.get()) is not None:
            yield data
    finally:
        channel.leave(viewer)


def add_video_route(
    app: FastAPI, video: LiveVideo, open_order: Callable[[str, str], object]
) -> None:
    """Have the worker show live video to whom the web part lets see it.

    Args:
        app: The worker's HTTP application.
        video: The cameras.
        open_order: Opens a sealed order for a camera; see `settings.orders.OrderBook.open`.
    """

    @app.post("/cameras/{camera_id}/video")
    async def watch(camera_id: str, request: Request) -> Response:
        sealed = (await request.body())[:LONGEST_ORDER]
        try:
            open_order(sealed.decode("ascii", "replace"), camera_id)
            mime, stream = await video.watch(camera_id)
        except Refusal as exc:
            status = 404 if isinstance(exc, NotFound) else 403
            return JSONResponse({"code": exc.code, "detail": str(exc)}, status)
        except (SourceLost, ConfigError) as exc:
            _log.info("video_not_shown", camera_id=camera_id, reason=str(exc))
            return JSONResponse({"code": "camera_blind", "detail": str(exc)}, 503)
        return StreamingResponse(stream, media_type="video/mp4", headers={MIME_HEADER: mime})
