"""Cameras, their states, pictures and looks."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from yitong_command.web.cameras import service
from yitong_command.web.cameras.schemas import Cameras, Look
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.scope import own_cameras

router = APIRouter(tags=["cameras"])


@router.get("/api/cameras")
async def list_cameras(web: WebDep, person: PersonDep) -> Cameras:
    """The cameras of one's area with views, zones and newest state."""
    now = web.clock()
    states = web.feed.cameras
    return Cameras(
        items=tuple(
            service.camera_out(camera, states.get(camera.camera_id, now))
            for camera in own_cameras(web, person).values()
        )
    )


@router.get(
    "/api/cameras/{camera_id}/picture.jpg",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}, 304: {"description": "the same picture"}},
)
async def picture(
    web: WebDep,
    request: Request,
    camera_id: str,
    width: Annotated[int, Query(ge=160, le=1920)] = 960,
) -> Response:
    """The newest picture, persons blurred; 503 with the reason when the camera is blind."""
    found = await service.picture(web, camera_id, width)
    tag = f'"{hashlib.sha256(found.jpeg).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", **found.headers}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return Response(found.jpeg, media_type="image/jpeg", headers=headers)


@router.get("/api/cameras/{camera_id}/look")
async def look(web: WebDep, camera_id: str, response: Response) -> Look:
    """What the worker saw in its last look: boxes and covers."""
    response.headers["Cache-Control"] = "no-store"
    return await service.look(web, camera_id)
