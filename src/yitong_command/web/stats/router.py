"""The numbers at the head of the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from yitong_command.domain.clock import CHINA
from yitong_command.domain.precision import Precision
from yitong_command.storage import labels
from yitong_command.storage import stats as store
from yitong_command.storage.session import transaction
from yitong_command.web.cameras.service import counts
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.scope import own_cameras
from yitong_command.web.stats.schemas import (
    CameraCounts,
    DetectorPrecision,
    HourPrecision,
    PrecisionStats,
    Stats,
    Today,
)

router = APIRouter(tags=["stats"])


@router.get("/api/stats")
async def stats(web: WebDep, person: PersonDep) -> Stats:
    """Today's alerts and cases of one's area, and how many of its cameras can see."""
    now = web.clock()
    since, own = midnight(now), own_cameras(web, person)
    async with transaction(web.readers) as session:
        found = await store.counts(session, since, person.actor)
    return Stats(
        today=Today(since=since, **found),
        cameras=CameraCounts(total=len(own), **counts(web, own, now)),
    )


@router.get("/api/stats/precision")
async def precision(web: WebDep, days: Annotated[int, Query(ge=1, le=366)] = 30) -> PrecisionStats:
    """How often alerts were right, by camera and kind and by hour, from the operators' decisions.

    ``second_look`` is the state of now and always rests on the last 30 days.
    """
    now, bar = web.clock(), web.county.taxonomy.precision_bar
    since = now - timedelta(days=days)
    async with transaction(web.readers) as session:
        found = await labels.by_detector(session, since)
        quiet = await labels.second_looks(session, now, bar)
        hours = await labels.by_hour(session, since)
    # One that had its judgements before `since` is still listed while it is quiet.
    items = {key: found.get(key, Precision(0, 0, None, None, None)) for key in {*found, *quiet}}
    return PrecisionStats(
        since=since,
        days=days,
        bar=bar,
        items=tuple(
            DetectorPrecision(
                camera_id=key[0], kind=key[1], second_look=key in quiet, **_fields(items[key])
            )
            for key in sorted(items)
        ),
        by_hour=tuple(
            HourPrecision(kind=item.kind, hour=item.hour, **_fields(item.precision))
            for item in hours
        ),
    )


def _fields(value: Precision) -> dict[str, Any]:
    return {
        "reviewed": value.reviewed,
        "confirmed": value.confirmed,
        "precision": value.rate,
        "low": value.low,
        "high": value.high,
    }


def midnight(now: datetime) -> datetime:
    """When the day of ``now`` began in the county, aware UTC."""
    local = now.astimezone(CHINA)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
