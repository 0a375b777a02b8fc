"""Cameras look more often where an emergency holds, and as before when it is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.camera import Camera
from yitong_command.domain.county import County
from yitong_command.domain.mode import Mode
from yitong_command.routing.assign import grid_of
from yitong_command.storage.camera_records import find_camera, list_cameras, put_camera

SHORTEST_S = 0.5
Intervals = dict[str, list[float]]


async def cameras_in(session: AsyncSession, county: County, mode: Mode) -> list[Camera]:
    """Cameras that stand in a mode's areas and watch for something it is about."""
    known = [record.camera for record in await list_cameras(session)]
    found = []
    for camera in known or list(county.cameras.values()):
        grid = grid_of(camera.place, county.grids)
        kinds = {zone.category.partition(".")[0] for zone in camera.zones}
        about = mode.categories is None or bool(kinds & mode.categories)
        if grid is not None and mode.covers(grid.code) and about:
            found.append(camera)
    return found


async def quicken(
    session: AsyncSession, cameras: list[Camera], percent: int, at: datetime, author: str
) -> Intervals:
    """Shorten the look intervals of these cameras; gives each before and after, in seconds."""
    kept: Intervals = {}
    for camera in cameras:
        before = camera.look_interval_s
        after = max(min(SHORTEST_S, before), round(before * percent / 100, 3))
        if after == before or await find_camera(session, camera.camera_id) is None:
            continue
        await put_camera(session, replace(camera, look_interval_s=after), at, author)
        kept[camera.camera_id] = [before, after]
    return kept


async def restore(session: AsyncSession, kept: Mapping[str, Any], at: datetime, author: str) -> int:
    """Give cameras their intervals back; one that a person changed meanwhile keeps the new one."""
    count = 0
    for camera_id, (before, after) in kept.items():
        record = await find_camera(session, camera_id)
        if record is None or record.removed or record.camera.look_interval_s != after:
            continue
        camera = replace(record.camera, look_interval_s=before)
        await put_camera(session, camera, at, author)
        count += 1
    return count
