"""The generated county loads like a real one, and its shares are as asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from yitong_command.bench.county import BUSY_CLIPS, Plan, make_county, mix
from yitong_command.demo.farm.programme import load_programme
from yitong_command.domain.camera import CameraKind
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
    county = make_county(tmp_path, RULES, Plan(48, 0.15, 2.0, balls=3))
    settings = load_settings({"YITONG_CONFIG": str(county.config_dir)})
    cameras = load_cameras(settings)
    rules = load_rules(settings)
    programme = load_programme(county.programme)
    shown = [entry.clip for entry in programme if entry.clip]
    assert [camera.camera_id for camera in cameras] == list(county.camera_ids)
    for index, (camera_id, clip) in enumerate(county.clips.items()):
        camera = cameras[index]
        assert camera.camera_id == camera_id
        assert clip == shown[index % len(shown)]  # how the farm makes its copies
        kinds = {zone.kind for zone in camera.zones}
        if clip in ("parking", "quiet"):
            assert kinds == {IncidentKind.ILLEGAL_PARKING}
        if clip == "manhole":
            assert kinds == {IncidentKind.MANHOLE_COVER}
        for zone in camera.zones:
            rules.settings_of(zone)
    assert sum(county.mix[clip] for clip in BUSY_CLIPS) == len(county.busy)
    assert all(after.total_seconds() < 60 for after in county.due_after.values())


def test_ball_cameras_turn_between_presets_of_which_one_has_a_cover(tmp_path: Path) -> None:
    county = make_county(tmp_path, RULES, Plan(10, 0.15, 2.0, balls=4))
    settings = load_settings({"YITONG_CONFIG": str(county.config_dir)})
    balls = {c.camera_id: c for c in load_cameras(settings) if c.kind is CameraKind.BALL}
    scenes = {entry.id: entry for entry in load_programme(county.programme) if entry.presets}
    assert tuple(balls) == county.balls == tuple(scenes)
    for name, camera in balls.items():
        assert camera.ptz_url and camera.ptz_url.endswith(f"/onvif/{name}/device_service")
        assert {view.preset for view in camera.views} == set(scenes[name].presets)
        assert [zone.view_id for zone in camera.zones] == ["centre"]
    assert len({scene.home for scene in scenes.values()}) == 3


@pytest.mark.parametrize(
    ("cameras", "active", "every_s", "named"),
    [(0, 0.1, 2, "--cameras"), (8, 1.5, 2, "--active-share"), (8, 0.1, 0, "--every")],
)
def test_senseless_numbers_are_refused_by_name(
    tmp_path: Path, cameras: int, active: float, every_s: float, named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        make_county(tmp_path, RULES, Plan(cameras, active, every_s))
