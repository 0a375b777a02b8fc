"""Sensors on the console: who may see what of them, and that no news is no good news."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.kit import county
from yitong_command.bus.sensor_messages import SensorStateMessage
from yitong_command.bus.wire import encode
from yitong_command.domain.roles import PEOPLE, Role
from yitong_command.domain.sensor import Sensor, SensorState
from yitong_command.web.sensors.service import may_see, sensor_out
from yitong_command.web.sensors.states import SILENT_AFTER, SensorStates

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
DESK = {Role.OPERATOR, Role.SUPERVISOR}


def sensor(name: str) -> Sensor:
    return county().sensors[name]


def message(name: str, state: str = "normal", **other: object) -> SensorStateMessage:
    one = sensor(name)
    values = {
        "sensor_id": name, "kind": one.kind, "state": state, "since": AT, "at": AT,
        "worker": "sensors-1", "care": one.care, **other,
    }  # fmt: skip
    return SensorStateMessage.model_validate(values)


@pytest.mark.parametrize("role", sorted(PEOPLE))
@pytest.mark.parametrize("state", list(SensorState))
def test_a_care_device_has_a_place_only_for_the_desk_and_only_while_it_calls(
    role: Role, state: SensorState
) -> None:
    one = sensor("pendant-001")
    found = sensor_out(one, message("pendant-001", state), role)
    shown = role in DESK and state is SensorState.ALARM
    assert (found.place is not None) == (found.name_zh != "") == shown
    assert found.withheld is not shown
    assert found.value is None
    assert str(one.subject_ref) not in found.model_dump_json()


def test_care_devices_are_for_who_dispatches_or_keeps_devices_in_the_whole_county() -> None:
    one, grids = sensor("home-water-001"), county().grids
    assert {role for role in PEOPLE if may_see(one, role, (), grids)} == DESK | {Role.ADMIN}
    assert not any(may_see(one, role, ("220323",), grids) for role in PEOPLE)


def test_a_part_of_the_county_sees_its_own_sensors() -> None:
    one, grids = sensor("manhole-001"), county().grids
    assert may_see(one, Role.OPERATOR, (), grids)
    assert may_see(one, Role.WALL, (), grids)
    assert may_see(one, Role.OPERATOR, ("220323901",), grids)
    assert not may_see(one, Role.OPERATOR, ("220323999",), grids)


def test_a_public_sensor_is_shown_with_value_and_unit() -> None:
    told = message("water-001", "alarm", value=16.0, unit="cm", reading_at=AT)
    found = sensor_out(sensor("water-001"), told, Role.WALL)
    assert (found.value, found.unit, found.withheld) == (16.0, "cm", False)
    assert found.categories == ("ar_flood_point.pond_yellow", "ar_flood_point.pond_red")


def test_a_sensor_of_which_nothing_was_ever_said_is_waited_for() -> None:
    found = sensor_out(sensor("gas-001"), None, Role.OPERATOR)
    assert (found.state, found.since) == (SensorState.WAITING, None)
    assert "情况不明" in found.reason_zh


def test_when_the_sensor_part_says_nothing_no_sensor_is_well() -> None:
    states = SensorStates()
    states.take("gas-001", encode(message("gas-001")))
    shown = states.get("gas-001", AT + SILENT_AFTER)
    assert shown is not None
    assert shown.state is SensorState.NORMAL
    late = states.get("gas-001", AT + SILENT_AFTER + timedelta(seconds=1))
    assert late is not None
    assert (late.state, late.since) == (SensorState.SILENT, AT)
    assert "sensors-1" in late.reason_en


def test_garbage_older_news_and_ended_keys_do_no_harm() -> None:
    states = SensorStates()
    states.take("gas-001", encode(message("gas-001", "alarm")))
    states.take("gas-001", b"{}")
    older = message("gas-001").model_copy(update={"at": AT - timedelta(seconds=5)})
    states.take("gas-001", encode(older))
    shown = states.get("gas-001", AT)
    assert shown is not None
    assert shown.state is SensorState.ALARM
    states.take("gas-001", None)
    assert states.get("gas-001", AT) is None


def test_a_sensor_without_a_grid_is_for_the_whole_county() -> None:
    one = sensor("manhole-001")
    far = replace(one, place=replace(one.place, lon=80.0))
    assert may_see(far, Role.OPERATOR, (), county().grids)
    assert not may_see(far, Role.OPERATOR, ("220323901",), county().grids)
