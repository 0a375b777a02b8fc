"""`rules.yaml` and what zones change of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from yitong_command.domain.incident import IncidentKind
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


def test_a_zone_takes_the_rule_and_changes_what_it_says(county: Settings) -> None:
    book = load_rules(county)
    zones = {zone.subject: zone for camera in load_cameras(county) for zone in camera.zones}
    parking = book.settings_of(zones["cam-001/main/no-parking"])
    assert (parking.dwell_s, parking.recheck_s, parking.max_gap_s) == (8, 4, 180)
    assert parking.polygon == zones["cam-001/main/no-parking"].polygon
    assert len(IncidentKind) == 4
    assert all(book.numbers_of(kind) for kind in IncidentKind)


def test_without_a_zone_the_times_are_those_of_real_life(county: Settings) -> None:
    zone = next(z for c in load_cameras(county) for z in c.zones if z.kind == "illegal_parking")
    zone.settings.clear()
    parking = load_rules(county).settings_of(zone)
    assert (parking.dwell_s, parking.recheck_s) == (600, 300)


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("rules.yaml", "dwell_s: 600", "dwel_s: 600", "illegal_parking: dwel_s: unknown setting"),
        ("rules.yaml", "dwell_s: 600", "dwell_s: -5", "dwell_s: must be 0 s to 30 days"),
        ("rules.yaml", "illegal_parking:", "jaywalking:", "jaywalking"),
        ("rules.yaml", "dwell_s: 600", "dwell_s: long", "illegal_parking.dwell_s"),
        ("zones.yaml", "dwell_s: 8", "dwell: 8", "no-parking.settings: dwell: unknown setting"),
        ("zones.yaml", "agree_looks: 3", "agree_looks: 1", "agree_looks: must be 2 to 1000"),
    ],
)
def test_a_mistake_is_named_with_its_file(
    county: Settings, file: str, before: str, after: str, message: str
) -> None:
    path = county.config_dir / file
    path.write_text(path.read_text("utf-8").replace(before, after, 1), "utf-8")
    with pytest.raises(ConfigError, match=message) as caught:
        load_rules(county)
    assert file in str(caught.value)
