"""The wall's one address."""

from __future__ import annotations

from fastapi import APIRouter

from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.wall import service
from yitong_command.web.wall.schemas import WallOut

router = APIRouter(tags=["wall"])


@router.get("/api/wall")
async def wall(web: WebDep, person: PersonDep) -> WallOut:
    """All that hangs on the wall, in one answer: counts, kinds and townships; no case, no name."""
    return await service.wall_now(web, person)
