"""Cases that sensors make: title, place, source and category; nothing of a person."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.kit import county
from yitong_command.domain.incident import Change, RuleChange
from yitong_command.ingest.sensor_words import incident_of
from yitong_command.routing.refuse import refusal
from yitong_command.storage.intake_rows import alert_row, case_row, incident_row

AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.mark.parametrize("name", sorted(county().sensors))
def test_every_level_of_every_sensor_makes_a_case_in_words(name: str) -> None:
    sensor = county().sensors[name]
    for level in sensor.levels:
        change = RuleChange(Change.OPENED, AT, AT, level.level_id, reason=("因", "because"))
        incident = incident_of(sensor, level, change)
        assert refusal(incident, county().taxonomy) is None
        row = case_row(incident, "YT20261123-000001", county(), AT)
        found = county().taxonomy.find(level.category)
        assert found is not None
        assert row["title_zh"] == f"{found[1].name_zh} · {sensor.name_zh}"
        assert row["title_en"] == f"{found[1].name_en} · {sensor.name_en}"
        assert (row["place_zh"], row["place_en"]) == (sensor.name_zh, sensor.name_en)
        assert row["source"] == ("care_device" if sensor.care else "sensor")
        assert f"{row['category']}.{row['subtype']}" == level.category
        assert row["severity"] == found[1].severity
        assert row["grid_code"] is not None
        assert row["camera_id"] is None
        rows = [row, alert_row(incident, row["case_id"], second_look=False)]
        text = json.dumps([*rows, incident_row(incident, row["case_id"], AT)], default=str)
        assert not sensor.care or str(sensor.subject_ref) not in text


def test_a_sensor_that_the_registry_no_longer_has_is_called_by_its_id() -> None:
    sensor = county().sensors["manhole-001"]
    change = RuleChange(Change.OPENED, AT, AT)
    incident = incident_of(sensor, sensor.levels[0], change)
    known = county()
    without = type(known)(**{
        name: getattr(known, name) for name in known.__slots__ if name != "sensors"
    })  # fmt: skip
    assert case_row(incident, "YT1", without, AT)["place_zh"] == "manhole-001"
