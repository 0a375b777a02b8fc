"""Grids, rosters, calendars and the county as a whole, and what each refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kit import county
from yitong_command.domain.geometry import Place
from yitong_command.errors import ConfigError
from yitong_command.routing.assign import grid_of
from yitong_command.settings.calendar import load_calendar
from yitong_command.settings.county import check_zones, load_county
from yitong_command.settings.environment import load_settings
from yitong_command.settings.grids import load_grids
from yitong_command.settings.roster import load_roster

CONFIG = Path(__file__).parents[3] / "config"


def test_every_camera_and_every_place_of_the_town_lies_in_exactly_one_grid() -> None:
    grids = county().grids
    assert len(grids) == 12
    for camera in county().cameras.values():
        assert grid_of(camera.place, grids) is not None, camera.camera_id
    for n in range(400):
        place = Place(125.2801 + (n % 20) * 0.00199, 43.3301 + (n // 20) * 0.00149)
        assert sum(grid.holds(place) for grid in grids) == 1
    assert grid_of(Place(125.5, 43.3), grids) is None


def grids_with(tmp_path: Path, change: Callable[[list[dict[str, Any]]], object]) -> Path:
    data = json.loads((CONFIG / "grids.geojson").read_text(encoding="utf-8"))
    change(data["features"])
    path = tmp_path / "grids.geojson"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def ring(feature: dict[str, Any]) -> list[list[float]]:
    found: list[list[float]] = feature["geometry"]["coordinates"][0]
    return found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f[1]["properties"].update(f[0]["properties"]), "listed twice"),
        (lambda f: f[0]["properties"].update(code="22032490100101"), "begin with 220323"),
        (lambda f: f[0]["properties"].update(code="2203"), "match pattern"),
        (lambda f: f[0]["properties"].update(owner="x"), "Extra inputs"),
        (lambda f: f[0].update(geometry=f[1]["geometry"]), "on the same ground"),
        (lambda f: ring(f[0]).pop(), "end where it began"),
        (lambda f: ring(f[0]).insert(1, [125.28, 99.0]), "degrees"),
        (lambda f: ring(f[0])[1:3].reverse() or ring(f[0]).insert(3, ring(f[0])[0]), "crosses"),
        (lambda f: f.clear(), "at least 1"),
    ],
)
def test_wrong_grids_are_refused(
    tmp_path: Path, change: Callable[[list[dict[str, Any]]], object], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        load_grids(grids_with(tmp_path, change), "220323")


def test_grids_that_are_no_file_or_no_json_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "grids.geojson"
    with pytest.raises(ConfigError, match="does not exist"):
        load_grids(path, "220323")
    path.write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="not valid JSON"):
        load_grids(path, "220323")


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "grids.geojson").mkdir()
    (tmp_path / "rosters.yaml").write_bytes("duties: 值班".encode("gb18030"))
    with pytest.raises(ConfigError, match=r"grids.geojson: can't be read"):
        load_grids(tmp_path / "grids.geojson", "220323")
    with pytest.raises(ConfigError, match=r"rosters.yaml: not UTF-8"):
        load_roster(tmp_path / "rosters.yaml", {}, set())


DUTY = {"post": "A", "role": "grid_worker", "username": "w", "grids": "*"}


@pytest.mark.parametrize(
    ("duties", "words"),
    [
        ([DUTY | {"role": "king"}], "no role"),
        ([DUTY | {"grids": ["1"]}], "no area"),
        ([DUTY | {"grids": []}], "name a grid"),
        ([DUTY | {"post": "C"}], "'A' or 'B'"),
        ([DUTY, DUTY], "twice"),
        ([DUTY | {"phone": "1"}], "Extra inputs"),
        ([DUTY | {"from": "2026-01-01T00:00:00"}], "timezone"),
        (
            [DUTY | {"from": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}],
            "ends before it begins",
        ),
    ],
)
def test_wrong_rosters_are_refused(
    tmp_path: Path, duties: list[dict[str, Any]], words: str
) -> None:
    path = tmp_path / "rosters.yaml"
    path.write_text(yaml.safe_dump({"duties": duties}), encoding="utf-8")
    with pytest.raises(ConfigError, match=words):
        load_roster(path, {"grid_worker"}, {"22032390100101"})


def test_a_duty_holds_in_its_time_only(tmp_path: Path) -> None:
    path = tmp_path / "rosters.yaml"
    bounds = {"from": "2026-01-01T08:00:00+08:00", "until": "2026-01-01T20:00:00+08:00"}
    path.write_text(yaml.safe_dump({"duties": [DUTY | bounds]}), encoding="utf-8")
    (duty,) = load_roster(path, {"grid_worker"}, set())
    assert duty.covers("any", "grid_worker", datetime(2026, 1, 1, 0, tzinfo=UTC))
    assert not duty.covers("any", "grid_worker", datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert not duty.covers("any", "municipal", datetime(2026, 1, 1, 0, tzinfo=UTC))


def calendar_with(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    data = yaml.safe_load((CONFIG / "calendar-2026.yaml").read_text(encoding="utf-8"))
    change(data)
    (tmp_path / "calendar-2026.yaml").write_text(
        yaml.safe_dump(data, allow_unicode=True), encoding="utf-8"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: d.update(year=2025), "does not fit the file's name"),
        (lambda d: d["holidays"][0].update(until=date(2025, 12, 31)), "ends before it begins"),
        (lambda d: d["holidays"][0].update({"from": date(2025, 12, 31)}), "not in 2026"),
        (lambda d: d["make_up_days"].append(date(2027, 1, 2)), "is not in 2026"),
        (lambda d: d["make_up_days"].append(date(2026, 3, 4)), "no Saturday or Sunday"),
        (lambda d: d["make_up_days"].append(date(2026, 1, 3)), "a holiday too"),
        (lambda d: d.update(status="guessed"), "announced"),
    ],
)
def test_wrong_calendars_are_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        load_calendar(calendar_with(tmp_path, change))


def test_no_calendar_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no calendar"):
        load_calendar(tmp_path)


@pytest.mark.parametrize(
    ("category", "words"),
    [
        ("kp_elder_alone.water_low", "no camera may watch it"),
        ("cp_illegal_building.existing", "does not take camera_ai"),
        ("cp_parking.flying", "no category"),
    ],
)
def test_a_zone_may_not_watch_what_no_camera_may_watch(category: str, words: str) -> None:
    camera = county().cameras["cam-001"]
    zone = replace(camera.zones[0], category=category)
    with pytest.raises(ConfigError, match=words) as caught:
        check_zones(Path("zones.yaml"), (replace(camera, zones=(zone,)),), county().taxonomy)
    assert caught.value.key == f"zones.{zone.subject}.category"


def test_a_zone_file_that_watches_people_is_refused_when_the_county_is_loaded(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    zones = yaml.safe_load((folder / "zones.yaml").read_text(encoding="utf-8"))
    zones["zones"][0]["category"] = "kp_child_protection.visit_due"
    (folder / "zones.yaml").write_text(yaml.safe_dump(zones, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError, match="no camera may watch it"):
        load_county(load_settings({"YITONG_CONFIG": str(folder)}))
