"""The numbers at the head of the desk."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter

from yitong_command.domain.clock import CHINA
from yitong_command.storage import stats as store
from yitong_command.storage.session import transaction
from yitong_command.web.cameras.service import counts
from yitong_command.web.deps import WebDep
from yitong_command.web.stats.schemas import CameraCounts, Stats, Today

router = APIRouter(tags=["stats"])


@router.get("/api/stats")
async def stats(web: WebDep) -> Stats:
    """Today's alerts and cases, and how many cameras can see."""
    now = web.clock()
    since = midnight(now)
    async with transaction(web.readers) as session:
        found = await store.counts(session, since)
    return Stats(
        today=Today(since=since, **found),
        cameras=CameraCounts(total=len(web.cameras), **counts(web, now)),
    )


def midnight(now: datetime) -> datetime:
    """When the day of ``now`` began in the county, aware UTC."""
    local = now.astimezone(CHINA)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
