"""The cameras' health: faults, blind time, availability."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from yitong_command.domain.camera import Camera
from yitong_command.domain.clock import CHINA
from yitong_command.domain.grid import Grid
from yitong_command.domain.roles import whole_county
from yitong_command.domain.watched import NOTHING, Interval, Watched, watched
from yitong_command.storage import camera_health, faults
from yitong_command.storage.session import transaction
from yitong_command.web.cameras.health_schemas import (
    Availability,
    Blind,
    BlindOut,
    CameraWatched,
    FaultOut,
    Faults,
    TownshipDay,
    WatchedOut,
)
from yitong_command.web.cameras.service import find
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.scope import own_cameras

router = APIRouter(tags=["cameras"])

MOST_DAYS = 92
NO_GRID = ("网格之外", "outside the grids")
Period = tuple[datetime, datetime]


@router.get("/api/cameras/faults")
async def list_faults(
    web: WebDep,
    person: PersonDep,
    open_only: Annotated[bool, Query(alias="open")] = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Faults:
    """Device faults with their cameras, those that last first; only one's own cameras are named."""
    async with transaction(web.readers) as session:
        found = await faults.list_faults(session, open_only=open_only, limit=limit)
    if whole_county(person.role, person.user.grid_codes):
        return Faults(items=tuple(FaultOut.model_validate(item) for item in found))
    own = own_cameras(web, person).keys()
    mine = (
        replace(
            item,
            cameras=tuple(name for name in item.cameras if name in own),
            recovered=tuple(name for name in item.recovered if name in own),
        )
        for item in found
    )
    return Faults(items=tuple(FaultOut.model_validate(item) for item in mine if item.cameras))


@router.get("/api/cameras/availability")
async def availability(
    web: WebDep, person: PersonDep, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 7
) -> Availability:
    """How long each camera watched, and all of a township on each day, with denominators."""
    now = web.clock()
    begin = _midnight(now.astimezone(CHINA).date() - timedelta(days=days - 1))
    async with transaction(web.readers) as session:
        states = {one.camera_id: one for one in await camera_health.list_states(session)}
        blind = await camera_health.blind_times(session, begin, now)
    dark: dict[str, list[Interval]] = {}
    for item in blind:
        dark.setdefault(item.camera_id, []).append((item.began_at, item.ended_at))
    cameras: list[CameraWatched] = []
    by_day: dict[tuple[tuple[str, str], date], Watched] = {}
    total = NOTHING
    for camera in own_cameras(web, person).values():
        place, state = _township(web, camera), states.get(camera.camera_id)
        spans = dark.get(camera.camera_id, [])
        own = watched(state.known_since, spans, begin, now) if state else NOTHING
        total += own
        cameras.append(
            CameraWatched(
                camera_id=camera.camera_id, township_zh=place[0], township_en=place[1],
                interruptions=len(spans), **_fields(own),
            )
        )  # fmt: skip
        for day, (first, last) in _days(begin, now):
            if state:
                part = watched(state.known_since, spans, first, last)
                by_day[place, day] = by_day.get((place, day), NOTHING) + part
    return Availability(
        begin=begin,
        end=now,
        total=WatchedOut(**_fields(total)),
        cameras=tuple(sorted(cameras, key=lambda item: item.camera_id)),
        townships=tuple(
            TownshipDay(township_zh=zh, township_en=en, day=day, **_fields(value))
            for ((zh, en), day), value in sorted(by_day.items())
        ),
    )


@router.get("/api/cameras/{camera_id}/blind")
async def blind(
    web: WebDep,
    camera_id: str,
    begin: Annotated[datetime | None, Query(alias="from")] = None,
    end: Annotated[datetime | None, Query(alias="to")] = None,
) -> Blind:
    """When a camera was blind in a period (the last 7 days if none is given), and how long."""
    camera, now = find(web, camera_id), web.clock()
    last = min(_aware(end) if end else now, now)
    first = max(_aware(begin) if begin else last - timedelta(days=7), last - timedelta(days=366))
    async with transaction(web.readers) as session:
        found = await camera_health.blind_times(session, first, last, camera.camera_id)
        states = {one.camera_id: one for one in await camera_health.list_states(session)}
    state = states.get(camera.camera_id)
    spans = [(item.began_at, item.ended_at) for item in found]
    own = watched(state.known_since, spans, first, last) if state else NOTHING
    return Blind(
        camera_id=camera.camera_id,
        begin=first,
        end=last,
        items=tuple(BlindOut.model_validate(item) for item in found),
        **_fields(own),
    )


def _fields(value: Watched) -> dict[str, Any]:
    return {
        "observed_s": value.observed_s,
        "blind_s": value.blind_s,
        "cameras": value.cameras,
        "availability": value.availability,
    }


def _aware(at: datetime) -> datetime:
    """A time without its zone is the county's."""
    return at if at.tzinfo else at.replace(tzinfo=CHINA)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CHINA)


def _days(begin: datetime, end: datetime) -> Iterator[tuple[date, Period]]:
    day = begin.astimezone(CHINA).date()
    while _midnight(day) < end:
        first = _midnight(day)
        yield day, (first, min(end, first + timedelta(days=1)))
        day += timedelta(days=1)


def _township(web: Web, camera: Camera) -> tuple[str, str]:
    grid: Grid | None = next((g for g in web.county.grids if g.holds(camera.place)), None)
    return (grid.township_zh, grid.township_en) if grid else NO_GRID
