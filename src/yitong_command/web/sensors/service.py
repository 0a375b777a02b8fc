"""Which sensors a person may see, and what of them.

A care device stands in somebody's home. Its pseudonym is told to nobody, its value is not even on
the wire. Its place is shown to the desk while it calls, because somebody must go there; otherwise,
and to administrators, who only look after devices, it is a number with a state. Wall screens and
people with a part of the county do not see care devices at all.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from yitong_command.bus.sensor_messages import SensorStateMessage
from yitong_command.domain.grid import Grid
from yitong_command.domain.roles import Right, Role, in_area, may, whole_county
from yitong_command.domain.sensor import Sensor, SensorState
from yitong_command.routing.assign import grid_of
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.schemas import PlaceOut
from yitong_command.web.sensors.schemas import SensorFaultOut, SensorOut, Sensors

DISPATCHING = may(Right.DESK_WORK)
KEEPING = DISPATCHING | may(Right.CAMERAS_SET)
"""Who sees that there are care devices: the desk, and who looks after devices."""
NEVER = ("传感器进程尚未报告, 情况不明", "the sensor part said nothing yet; nothing is known")


def list_sensors(web: Web, person: Person, now: datetime) -> Sensors:
    """All sensors of a person's area, as far as this person may see them."""
    items = tuple(
        sensor_out(sensor, web.sensors.get(sensor.sensor_id, now), person.role)
        for sensor in web.county.sensors.values()
        if may_see(sensor, person.role, tuple(person.user.grid_codes), web.county.grids)
    )
    counts = Counter(item.state for item in items)
    return Sensors(items=items, counts={state: counts[state] for state in SensorState})


def may_see(sensor: Sensor, role: Role, area: tuple[str, ...], grids: tuple[Grid, ...]) -> bool:
    """Whether somebody may know of a sensor.

    Args:
        sensor: The sensor.
        role: Theirs.
        area: Codes of their area, see :func:`yitong_command.domain.roles.in_area`.
        grids: The county's.
    """
    if sensor.care:
        return role in KEEPING and whole_county(role, area)
    grid = grid_of(sensor.place, grids)
    return in_area(role, area, grid.code if grid else None)


def sensor_out(sensor: Sensor, message: SensorStateMessage | None, role: Role) -> SensorOut:
    """A sensor for a role.

    Args:
        sensor: The sensor.
        message: What was said of it last, or None.
        role: Who asks.
    """
    state = message.state if message else SensorState.WAITING
    called = state is SensorState.ALARM and role in DISPATCHING
    withheld = sensor.care and not called
    place = PlaceOut(lon=sensor.place.lon, lat=sensor.place.lat, crs="CGCS2000")
    return SensorOut(
        sensor_id=sensor.sensor_id,
        kind=sensor.kind,
        care=sensor.care,
        withheld=withheld,
        name_zh="" if withheld else sensor.name_zh,
        name_en="" if withheld else sensor.name_en,
        place=None if withheld else place,
        categories=tuple(dict.fromkeys(level.category for level in sensor.levels)),
        state=state,
        since=message.since if message else None,
        reason_zh=message.reason_zh if message else NEVER[0],
        reason_en=message.reason_en if message else NEVER[1],
        value=message.value if message and not sensor.care else None,
        unit="" if sensor.care else sensor.unit,
        reading_at=message.reading_at if message and not sensor.care else None,
        battery=message.battery if message else None,
        faults=tuple(
            SensorFaultOut.model_validate(fault) for fault in (message.faults if message else ())
        ),
    )
