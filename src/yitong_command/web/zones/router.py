"""Zones of a camera."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.zones import service
from yitong_command.web.zones.schemas import Zones, ZonesHistory, ZonesIn

router = APIRouter(tags=["zones"])


@router.get("/api/cameras/{camera_id}/zones")
async def read_zones(web: WebDep, camera_id: str) -> Zones:
    """The zones of a camera with their version, and what a zone may be."""
    return await service.read(web, camera_id)


@router.put("/api/cameras/{camera_id}/zones")
async def save_zones(web: WebDep, person: PersonDep, camera_id: str, body: ZonesIn) -> Zones:
    """Replace all zones of a camera; 409 if it is not at ``version`` any more."""
    return await service.save(web, person, camera_id, body)


@router.get("/api/cameras/{camera_id}/zones/history")
async def zones_history(
    web: WebDep, camera_id: str, limit: Annotated[int, Query(ge=1, le=100)] = 30
) -> ZonesHistory:
    """The versions of a camera, newest first, each with its zones."""
    return ZonesHistory(items=await service.versions(web, camera_id, limit))
