"""For whom and when a zone's ban holds, as written in `zones.yaml`, and every mistake in it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from yitong_command.domain.ban import DAY_MIN, Ban, Permit
from yitong_command.domain.terms import Terms
from yitong_command.errors import ConfigError
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import Settings, load_settings
from yitong_command.settings.rules import load_rules

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def county(tmp_path: Path) -> Settings:
    for name in ("rules.yaml", "zones.yaml", "cameras.yaml"):
        shutil.copy(CONFIG / name, tmp_path)
    return load_settings({"YITONG_CONFIG": str(tmp_path)})


def write(county: Settings, text: str, zone: int = 0) -> None:
    """Add keys to a zone, as an operator writes them."""
    path = county.config_dir / "zones.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    content["zones"][zone].update(yaml.safe_load(text))
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def test_left_out_the_ban_always_holds_for_the_vehicles_of_the_rule(county: Settings) -> None:
    zones = [zone for camera in load_cameras(county) for zone in camera.zones]
    assert {zone.terms.vehicles for zone in zones} == {None}
    assert {zone.terms.ban for zone in zones} == {Ban()}
    assert load_rules(county).settings_of(zones[0]).labels == {"car", "bus", "truck"}


def test_what_the_zone_says_reaches_its_rule(county: Settings) -> None:
    write(
        county,
        """
vehicles: [truck, motorcycle]
hours: ["07:00-09:30", "23:00-24:00"]
days: [mon, sun]
permits:
  - {from: 2026-11-23T08:00:00, until: "2026-11-23T12:00+08:00", note: 搬家 / moving}
  - {from: 2026-11-24T00:00:00Z, until: 2026-11-24T01:00:00Z}
""",
    )
    zone = load_cameras(county)[0].zones[0]
    sunday = 6 * DAY_MIN
    assert zone.terms == Terms(
        frozenset({"truck", "motorcycle"}),
        Ban(
            (
                (420, 570),
                (1380, 1440),
                (sunday + 420, sunday + 570),
                (sunday + 1380, sunday + 1440),
            ),
            (
                Permit(
                    datetime(2026, 11, 23, 0, tzinfo=UTC),
                    datetime(2026, 11, 23, 4, tzinfo=UTC),
                    "搬家 / moving",
                ),
                Permit(
                    datetime(2026, 11, 24, 0, tzinfo=UTC), datetime(2026, 11, 24, 1, tzinfo=UTC)
                ),
            ),
        ),
    )
    made = load_rules(county).settings_of(zone)
    assert (made.labels, made.ban) == (zone.terms.vehicles, zone.terms.ban)


@pytest.mark.parametrize(
    ("text", "key", "what"),
    [
        pytest.param("vehicles: [lorry]", "zones.0.vehicles.0", "car", id="unknown vehicle"),
        pytest.param("vehicles: []", "zones.0.vehicles", "at least 1", id="no vehicle"),
        pytest.param("hours: []", "zones.0.hours", "at least 1", id="no hours"),
        pytest.param('hours: ["7-9"]', "zones.0.hours.0", "HH:MM-HH:MM", id="not hours"),
        pytest.param('hours: ["07:00-09:30", "25:00-26:00"]', "zones.0.hours.1", "HH:MM", id="25"),
        pytest.param('hours: ["23:00-24:30"]', "zones.0.hours.0", "no time span", id="24:30"),
        pytest.param('hours: ["24:00-06:00"]', "zones.0.hours.0", "no time span", id="from 24:00"),
        pytest.param('hours: ["07:00-07:00"]', "zones.0.hours.0", "no time span", id="no length"),
        pytest.param("hours: [7]", "zones.0.hours.0", "must be written", id="a number"),
        pytest.param("days: [monday]", "zones.0.days.0", "mon", id="unknown day"),
        pytest.param("days: []", "zones.0.days", "at least 1", id="no day"),
        pytest.param(
            "permits: [{from: 2026-11-23, until: 2026-11-24}]",
            "zones.0.permits.0.from", "date and time", id="dates without a time",
        ),
        pytest.param(
            "permits: [{from: '2026-11-23', until: '2026-11-24'}]",
            "zones.0.permits.0.from", "date and time", id="quoted dates without a time",
        ),
        pytest.param(
            "permits: [{from: 2026-11-23T09:00:00, until: 2026-11-23T08:00:00}]",
            "zones.0.permits.0", "later", id="ends before it begins",
        ),
        pytest.param(
            "permits: [{from: 2026-11-23T09:00:00}]",
            "zones.0.permits.0.until", "required", id="no end",
        ),
        pytest.param(
            "permits: [{from: 2026-11-23T08:00:00, until: 2026-11-23T09:00:00, plate: x}]",
            "zones.0.permits.0.plate", "not permitted", id="a plate has no place here",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_and_key(
    county: Settings, text: str, key: str, what: str
) -> None:
    write(county, text)
    with pytest.raises(ConfigError, match=what) as caught:
        load_cameras(county)
    assert caught.value.file.endswith("zones.yaml")
    assert caught.value.key == key


@pytest.mark.parametrize("text", ["vehicles: [car]", "hours: ['07:00-09:00']", "days: [mon]"])
def test_a_cover_has_no_hours_and_no_vehicles(county: Settings, text: str) -> None:
    zones = yaml.safe_load((county.config_dir / "zones.yaml").read_text("utf-8"))["zones"]
    cover = next(i for i, zone in enumerate(zones) if zone["kind"] == "manhole_cover")
    write(county, text, cover)
    with pytest.raises(ConfigError, match="means nothing to the rule manhole_cover") as caught:
        load_cameras(county)
    assert caught.value.key == f"zones.{cover}.{text.split(':')[0]}"
