"""The generated county loads like a real one, and its shares are as asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from yitong_command.bench.county import BUSY_CLIPS, make_county, mix
from yitong_command.demo.farm.programme import load_programme
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings
from yitong_command.settings.rules import load_rules

RULES = load_settings({}).config_dir / "rules.yaml"


@pytest.mark.parametrize(("active", "busy"), [(0.0, 0), (0.15, 3), (0.5, 10), (1.0, 20)])
def test_the_share_of_busy_cameras_is_as_asked_for(active: float, busy: int) -> None:
    clips = mix(20, active)
    assert sum(clip in BUSY_CLIPS for clip in clips) == busy
    assert mix(45, active)[20:40] == clips
    if busy:
        assert clips[0] in BUSY_CLIPS


def test_the_copies_of_the_farm_show_what_the_zones_were_made_for(tmp_path: Path) -> None:
    county = make_county(tmp_path, RULES, 45, 0.15, 2.0)
    settings = load_settings({"YITONG_CONFIG": str(county.config_dir)})
    cameras = load_cameras(settings)
    rules = load_rules(settings)
    programme = [entry.clip for entry in load_programme(county.programme)]
    assert [camera.camera_id for camera in cameras] == list(county.clips)
    for index, camera in enumerate(cameras):
        clip = county.clips[camera.camera_id]
        assert clip == programme[index % len(programme)]  # how the farm makes its copies
        kinds = {zone.kind for zone in camera.zones}
        if clip == "parking":
            assert kinds == {IncidentKind.ILLEGAL_PARKING}
        if clip == "manhole":
            assert kinds == {IncidentKind.MANHOLE_COVER}
        for zone in camera.zones:
            rules.settings_of(zone)
    assert county.mix["parking"] + county.mix["manhole"] == len(county.busy)
    assert all(after.total_seconds() < 60 for after in county.due_after.values())


@pytest.mark.parametrize(
    ("cameras", "active", "every_s", "named"),
    [(0, 0.1, 2, "--cameras"), (8, 1.5, 2, "--active"), (8, 0.1, 0, "--every")],
)
def test_senseless_numbers_are_refused_by_name(
    tmp_path: Path, cameras: int, active: float, every_s: float, named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        make_county(tmp_path, RULES, cameras, active, every_s)
