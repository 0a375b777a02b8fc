"""Live video of a camera, passed on from the worker that has it; every opening is audited."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import httpx
import structlog
from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from yitong_command.settings.orders import Order, seal_order
from yitong_command.settings.secrets import make_vault
from yitong_command.storage import audit
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.cameras.service import find, reason_of
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.errors import CameraBlind

log = structlog.get_logger()

router = APIRouter(tags=["cameras"])

MIME_HEADER = "X-Video-Mime"
LONGEST_S = 1800.0
"""A stream ends after half an hour, so that who may no longer watch does not watch on; the page
opens it again."""
WAIT = httpx.Timeout(10.0, read=15.0)


@router.get(
    "/api/cameras/{camera_id}/video",
    response_class=Response,
    responses={200: {"content": {"video/mp4": {}}, "description": "fragmented MP4, without end"}},
)
async def video(web: WebDep, person: PersonDep, camera_id: str) -> StreamingResponse:
    """Live video for the Media Source Extensions, as the camera sends it: nothing is re-encoded.

    The header ``X-Video-Mime`` names the codec. Live video is not masked and never stored.
    """
    find(web, camera_id)
    answer = await _opened(web, await _audited(web, person, camera_id))
    return StreamingResponse(
        _passed_on(answer),
        media_type="video/mp4",
        headers={
            MIME_HEADER: answer.headers.get(MIME_HEADER, ""),
            "Cache-Control": "no-store",
            # Video is compressed already, and must not wait for a compressor.
            "Content-Encoding": "identity",
        },
    )


async def _audited(web: Web, person: Person, camera_id: str) -> Order:
    order = Order(
        camera_id, "video", person.username, person.user.name_zh, person.user.name_en, web.clock()
    )
    async with transaction(web.sessions) as session:
        await audit.record(
            session, order.at, person.username, person.role.value, "camera_video", camera_id, {}
        )
    return order


async def _opened(web: Web, order: Order) -> httpx.Response:
    state = web.feed.cameras.get(order.camera_id, web.clock())
    if state is None or not state.worker_url.startswith(("http://", "https://")):
        raise CameraBlind("没有分析进程负责这个摄像头", "no ingest worker has this camera now")
    url = f"{state.worker_url.rstrip('/')}/cameras/{order.camera_id}/video"
    sealed = seal_order(make_vault(web.settings.key_file), order)
    try:
        asked = web.http.build_request("POST", url, content=sealed, timeout=WAIT)
        answer = await web.http.send(asked, stream=True)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        log.info("camera_worker_silent", camera_id=order.camera_id, url=url, reason=repr(exc))
        raise CameraBlind(
            f"分析进程 {state.worker} 没有回答", f"the ingest worker {state.worker} does not answer"
        ) from exc
    if answer.status_code != httpx.codes.OK:
        try:
            await answer.aread()
        finally:
            await answer.aclose()
        raise CameraBlind(*reason_of(answer))
    return answer


async def _passed_on(answer: httpx.Response) -> AsyncIterator[bytes]:
    until_s = time.monotonic() + LONGEST_S
    try:
        async for part in answer.aiter_raw():
            yield part
            if time.monotonic() > until_s:
                return
    except httpx.HTTPError as exc:
        log.info("camera_video_ended", reason=repr(exc))
    finally:
        await answer.aclose()
