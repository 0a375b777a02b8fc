"""Cameras: configuration joined with the newest state, and the workers' pictures and looks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import structlog
from pydantic import ValidationError

from yitong_command.bus.messages import CameraStateMessage
from yitong_command.domain.camera import Camera, CameraState
from yitong_command.errors import NotFound
from yitong_command.web.cameras.schemas import CameraOut, CameraStateOut, Look, ViewOut, ZoneOut
from yitong_command.web.context import Web
from yitong_command.web.errors import CameraBlind
from yitong_command.web.schemas import PlaceOut

log = structlog.get_logger()

MAX_PICTURE = 4 * 1024 * 1024
PASSED_ON = ("x-captured-at", "x-view")
_HEADERS = {"content-type", *PASSED_ON}


@dataclass(frozen=True, slots=True)
class Picture:
    """A camera's picture.

    Attributes:
        jpeg: The picture.
        headers: When it was taken and of which view, as the worker said.
    """

    jpeg: bytes
    headers: dict[str, str]


def find(web: Web, camera_id: str) -> Camera:
    """The camera with this id.

    Raises:
        NotFound: If the configuration has none.
    """
    camera = web.cameras.get(camera_id)
    if camera is None:
        raise NotFound(f"没有摄像头 {camera_id}", f"there is no camera {camera_id}")
    return camera


def camera_out(camera: Camera, state: CameraStateMessage | None) -> CameraOut:
    """A camera as the screen gets it."""
    return CameraOut(
        camera_id=camera.camera_id,
        kind=camera.kind.value,
        name_zh=camera.name_zh,
        name_en=camera.name_en,
        place=PlaceOut.model_validate(camera.place),
        heading_deg=camera.heading_deg,
        views=tuple(ViewOut.model_validate(view) for view in camera.views),
        zones=tuple(
            ZoneOut(
                zone_id=zone.zone_id,
                view_id=zone.view_id,
                kind=zone.kind.value,
                category=zone.category,
                name_zh=zone.name_zh,
                name_en=zone.name_en,
                polygon=tuple((corner.x, corner.y) for corner in zone.polygon),
            )
            for zone in camera.zones
        ),
        state=state_out(camera, state),
    )


def state_out(camera: Camera, state: CameraStateMessage | None) -> CameraStateOut:
    """A camera's state; one that no worker ever spoke of is off, with that reason."""
    if state is None:
        return CameraStateOut(
            state="off",
            since=None,
            at=None,
            reason_zh="没有分析进程报告过这个摄像头",
            reason_en="no ingest worker ever reported this camera",
            view_id=camera.views[0].view_id,
            looks=0,
        )
    return CameraStateOut(
        state=state.state.value,
        since=state.since,
        at=state.at,
        reason_zh=state.reason_zh,
        reason_en=state.reason_en,
        view_id=state.view_id,
        looks=state.looks,
    )


def counts(web: Web, cameras: Iterable[str], now: datetime) -> dict[str, int]:
    """These cameras by state."""
    found = {state.value: 0 for state in CameraState}
    for camera_id in cameras:
        state = web.feed.cameras.get(camera_id, now)
        found[(state.state if state else CameraState.OFF).value] += 1
    return found


async def picture(web: Web, camera_id: str, width: int) -> Picture:
    """The newest picture of a camera, persons and plates blurred by the worker.

    Raises:
        NotFound: If there is no such camera.
        CameraBlind: If no worker has a picture of it now.
    """
    answer = await _ask(web, camera_id, "picture.jpg", {"width": width})
    if not answer.headers.get("content-type", "").startswith("image/jpeg"):
        raise CameraBlind("分析进程没有给出图片", "the ingest worker gave no picture")
    told = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    return Picture(answer.content, told)


async def look(web: Web, camera_id: str) -> Look:
    """What the worker saw in its last look.

    Raises:
        NotFound: If there is no such camera.
        CameraBlind: If no worker answers for it.
    """
    answer = await _ask(web, camera_id, "look", {})
    try:
        return Look.model_validate(_plain(answer.json()))
    except (ValueError, TypeError, KeyError, ValidationError) as exc:
        log.warning("camera_look_garbage", camera_id=camera_id, reason=str(exc)[:300])
        raise CameraBlind(
            "分析进程的回答无法读取", "the ingest worker's answer can't be read"
        ) from exc


async def _ask(web: Web, camera_id: str, what: str, params: dict[str, int]) -> httpx.Response:
    state = web.feed.cameras.get(find(web, camera_id).camera_id, web.clock())
    if state is None or not state.worker_url.startswith(("http://", "https://")):
        raise CameraBlind("没有分析进程负责这个摄像头", "no ingest worker has this camera now")
    url = f"{state.worker_url.rstrip('/')}/cameras/{camera_id}/{what}"
    try:
        async with web.http.stream("GET", url, params=params) as answer:
            return await _read(answer)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        log.info("camera_worker_silent", camera_id=camera_id, url=url, reason=repr(exc))
        raise CameraBlind(
            f"分析进程 {state.worker} 没有回答", f"the ingest worker {state.worker} does not answer"
        ) from exc


async def _read(answer: httpx.Response) -> httpx.Response:
    """The whole answer, if it is one and not too large."""
    body = bytearray()
    async for part in answer.aiter_bytes():
        body += part
        if len(body) > MAX_PICTURE:
            raise CameraBlind("分析进程的回答过大", "the ingest worker's answer is too large")
    kept = {name: value for name, value in answer.headers.items() if name in _HEADERS}
    whole = httpx.Response(answer.status_code, headers=kept, content=bytes(body))
    if answer.status_code != 200:
        raise CameraBlind(*reason_of(whole))
    return whole


def reason_of(answer: httpx.Response) -> tuple[str, str]:
    """Why the worker has nothing to show, in its own words if it gave any."""
    try:
        body = answer.json()
    except ValueError:
        body = None
    told = body.get("detail") if isinstance(body, dict) else None
    if not isinstance(told, str) or not told:
        return "现在没有画面", "there is no picture now"
    zh, _, en = told[:600].partition(" / ")
    return zh, en or zh


def _plain(body: Any) -> dict[str, Any]:
    """A look with its boxes as named corners, whichever of the two forms the worker wrote."""
    if not isinstance(body, dict):
        raise TypeError("a look is an object")
    boxes = [item | {"box": _corners(item["box"])} for item in body.get("boxes", ())]
    return {**body, "boxes": boxes}


def _corners(box: Any) -> Any:
    if isinstance(box, list):
        return dict(zip(("x0", "y0", "x1", "y1"), box, strict=True))
    return box
