"""Sensors with their states, readings and faults."""

from __future__ import annotations

from fastapi import APIRouter

from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.sensors.schemas import Sensors
from yitong_command.web.sensors.service import list_sensors

router = APIRouter(tags=["sensors"])


@router.get("/api/sensors")
async def get_sensors(web: WebDep, person: PersonDep) -> Sensors:
    """All sensors with state, newest reading, since-time and device faults."""
    return list_sensors(web, person, web.clock())
