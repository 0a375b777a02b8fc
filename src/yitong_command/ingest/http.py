"""The worker's own HTTP: health, metrics, newest looks and masked pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Query, Response
from fastapi.responses import JSONResponse

from yitong_command.domain.geometry import Box
from yitong_command.errors import CorruptMedia
from yitong_command.ingest.evidence import masked_jpeg
from yitong_command.ingest.health import Health
from yitong_command.ingest.own_http import add_own_routes
from yitong_command.ingest.patrol import Patrol
from yitong_command.ingest.views import LastLook, Memories, ViewMemory, newest
from yitong_command.sources.decoder import DecoderBusy, DecoderPool


def make_app(
    memories: Memories,
    decoder: DecoderPool,
    health: Health,
    patrols: Mapping[str, Patrol] | None = None,
) -> FastAPI:
    """The worker's HTTP application.

    Args:
        memories: By camera and view.
        decoder: For pictures that somebody asks for.
        health: What the worker says of itself.
        patrols: Of the ball cameras, which show more than their views while they are steered.
    """
    app = FastAPI(title="yitong ingest", openapi_url=None)
    add_own_routes(app, health)
    _add_camera_routes(app, memories, Pictures(decoder), {} if patrols is None else patrols)
    return app


def _add_camera_routes(
    app: FastAPI, memories: Memories, pictures: Pictures, patrols: Mapping[str, Patrol]
) -> None:
    @app.get("/cameras/{camera_id}/look")
    async def look(camera_id: str) -> JSONResponse:
        memory = newest(memories, camera_id)
        if memory is None or memory.last is None:
            return _nothing_yet(camera_id)
        return JSONResponse(look_json(memory, memory.last))

    @app.get("/looks")
    async def looks() -> Response:
        return Response(orjson.dumps(looks_json(memories)), media_type="application/json")

    @app.get("/cameras/{camera_id}/picture.jpg")
    async def picture(camera_id: str, width: int | None = Query(None, ge=16, le=3840)) -> Response:
        memory, patrol = newest(memories, camera_id), patrols.get(camera_id)
        shown = memory.shown if memory is not None else None
        steered = patrol.shown if patrol is not None else None
        by_hand = steered is not None and (shown is None or steered.at > shown.at)
        look = steered if by_hand else shown
        if look is None or memory is None:
            return _nothing_yet(camera_id)
        try:
            jpeg = await pictures.get(camera_id, look, width)
        except (CorruptMedia, DecoderBusy) as exc:
            return JSONResponse({"detail": str(exc)}, status_code=503)
        view = "" if by_hand else memory.view_id
        headers = {
            "Cache-Control": "no-store", "X-Captured-At": look.at.isoformat(), "X-View": view
        }  # fmt: skip
        return Response(jpeg, media_type="image/jpeg", headers=headers)


class Pictures:
    """Masked pictures, made when asked for and kept until the next look.

    Keyframes are kept encoded: all cameras' pixels would need a hundred times the memory.

    Args:
        decoder: Keyframes to pixels.
    """

    def __init__(self, decoder: DecoderPool) -> None:
        self._decoder = decoder
        self._made: dict[tuple[str, int | None], tuple[LastLook, bytes]] = {}

    async def get(self, camera_id: str, look: LastLook, width: int | None) -> bytes:
        """The picture of a judged look as JPEG, persons and plates masked.

        Args:
            camera_id: The camera.
            look: A judged look, with its keyframe.
            width: Shrink to this width, pixels.

        Raises:
            CorruptMedia: If the keyframe can't be decoded again.
            DecoderBusy: If too many wait for the decoder.
        """
        made = self._made.get((camera_id, width))
        if made is not None and made[0] is look:
            return made[1]
        if look.keyframe is None or look.sight is None:
            raise CorruptMedia(f"摄像机 {camera_id}: 没有画面 / no picture")
        pixels = await asyncio.wrap_future(self._decoder.submit(look.keyframe))
        jpeg, _, _ = await asyncio.to_thread(masked_jpeg, pixels, look.sight.detections, width)
        if len(self._made) > 500:
            self._made.clear()
        self._made[camera_id, width] = (look, jpeg)
        return jpeg


def look_json(memory: ViewMemory, look: LastLook) -> dict[str, Any]:
    """A look as the console reads it; persons are not listed."""
    covers = look.sight.covers if look.sight is not None else {}
    boxes = [_box(track.label, track.score, track.box, track.track_id) for track in look.tracks]
    boxes += [
        _box(f"manhole_{cover.state}", cover.score, cover.box, None)
        for cover in covers.values()
        if cover.state is not None and cover.box is not None
    ]
    return {
        "camera_id": memory.camera.camera_id,
        "view_id": memory.view_id,
        "at": look.at.isoformat(),
        "judged": look.judged,
        "reason": "" if look.judged else " / ".join(look.reason),
        "boxes": boxes,
        "covers": [
            {
                "zone_id": zone_id,
                "state": cover.state,
                "reason": " / ".join(filter(None, cover.reason)),
            }
            for zone_id, cover in covers.items()
        ],
    }


def looks_json(memories: Memories) -> dict[str, Any]:
    """When every camera was looked at last, and whether that look could be judged."""
    newest_looks: dict[str, LastLook] = {}
    for (camera_id, _), memory in memories.items():
        last, known = memory.last, newest_looks.get(camera_id)
        if last is not None and (known is None or last.at > known.at):
            newest_looks[camera_id] = last
    return {
        camera_id: {
            "at": look.at.isoformat(),
            "judged": look.judged,
            "camera_ticks": look.camera_ticks,
        }
        for camera_id, look in newest_looks.items()
    }


def _box(label: str, score: float, box: Box, track_id: str | None) -> dict[str, Any]:
    corners = [round(value, 5) for value in box]
    return {"label": label, "score": round(score, 3), "box": corners, "track_id": track_id}


def _nothing_yet(camera_id: str) -> JSONResponse:
    detail = f"摄像机 {camera_id} 尚无画面 / no picture of camera {camera_id} yet"
    return JSONResponse({"detail": detail}, status_code=503)
