"""Cameras and zones from files, and every way they can be wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from yitong_command.errors import ConfigError
from yitong_command.settings.cameras import load_cameras, load_logins
from yitong_command.settings.environment import Settings, load_settings

CONFIG = Path(__file__).parents[3] / "config"
Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder)
    return load_settings({"YITONG_CONFIG": str(folder), "YITONG_DATA": str(tmp_path)})


def _edit(settings: Settings, name: str, edit: Edit) -> None:
    path = settings.config_dir / name
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    edit(content)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def test_the_shipped_county_loads(settings: Settings) -> None:
    cameras = load_cameras(settings)
    assert {camera.kind for camera in cameras} == {"fixed", "ball"}
    assert {zone.kind for camera in cameras for zone in camera.zones} == {
        "illegal_parking",
        "manhole_cover",
    }


def test_the_addresses_can_be_moved(settings: Settings, tmp_path: Path) -> None:
    moved = load_settings(
        {
            "YITONG_CONFIG": str(settings.config_dir),
            "YITONG_DATA": str(tmp_path),
            "YITONG_RTSP_BASE": "rtsp://10.0.0.9:554/",
        }
    )
    assert all(c.url.startswith("rtsp://10.0.0.9:554/") for c in load_cameras(moved))


def _outside(content: dict[str, Any]) -> None:
    content["zones"][0]["polygon"][0][0] = 1.2


def _unknown_key(content: dict[str, Any]) -> None:
    content["zones"][0]["colour"] = "red"


def _unknown_camera(content: dict[str, Any]) -> None:
    content["zones"][0]["camera"] = "cam-999"


def _unknown_view(content: dict[str, Any]) -> None:
    content["zones"][0]["view"] = "back"


def _bow_tie(content: Any) -> None:
    content["zones"][0]["polygon"] = [[0.1, 0.1], [0.7, 0.6], [0.5, 0.1], [0.1, 0.5]]


def _flat(content: dict[str, Any]) -> None:
    content["zones"][0]["polygon"] = [[0.1, 0.1], [0.2, 0.2], [0.3, 0.3]]


def _twice(content: dict[str, Any]) -> None:
    content["zones"].append(content["zones"][0])


@pytest.mark.parametrize(
    ("edit", "key", "what"),
    [
        pytest.param(_outside, "zones.0.polygon", "outside", id="corner outside the picture"),
        pytest.param(_unknown_key, "zones.0.colour", "not permitted", id="unknown key"),
        pytest.param(_unknown_camera, "zones.0.camera", "cam-999", id="unknown camera"),
        pytest.param(_unknown_view, "zones.0.view", "back", id="unknown view"),
        pytest.param(_flat, "zones.0.polygon", "no area", id="polygon without area"),
        pytest.param(_bow_tie, "zones.0.polygon", "相互交叉", id="edges that cross"),
        pytest.param(_twice, "id", "listed twice", id="one zone twice"),
    ],
)
def test_a_wrong_zone_is_named_by_file_and_key(
    settings: Settings, edit: Edit, key: str, what: str
) -> None:
    _edit(settings, "zones.yaml", edit)
    with pytest.raises(ConfigError, match=what) as caught:
        load_cameras(settings)
    assert caught.value.file.endswith("zones.yaml")
    assert key in caught.value.key


def test_a_camera_listed_twice_is_named(settings: Settings) -> None:
    _edit(settings, "cameras.yaml", lambda c: c["cameras"].append(c["cameras"][0]))
    with pytest.raises(ConfigError, match="listed twice"):
        load_cameras(settings)


def test_broken_yaml_names_file_and_line(settings: Settings) -> None:
    (settings.config_dir / "zones.yaml").write_text("zones: [\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2"):
        load_cameras(settings)


def _login(**values: str) -> Edit:
    return lambda content: content["cameras"][1].update(values)


def test_a_login_is_a_name_in_the_file_and_a_password_in_the_environment(
    settings: Settings,
) -> None:
    assert load_logins(settings, {}) == {}
    _edit(settings, "cameras.yaml", _login(username="viewer", password_env="CAM_2"))
    assert load_logins(settings, {"CAM_2": "s3cret"}) == {"cam-002": ("viewer", "s3cret")}
    assert "s3cret" not in str(load_cameras(settings))


@pytest.mark.parametrize("env", [{}, {"CAM_2": ""}])
def test_a_password_that_is_not_set_is_named_by_camera_and_variable(
    settings: Settings, env: dict[str, str]
) -> None:
    _edit(settings, "cameras.yaml", _login(username="viewer", password_env="CAM_2"))
    with pytest.raises(ConfigError, match="cam-002.*CAM_2") as caught:
        load_logins(settings, env)
    assert caught.value.key == "cameras.1.password_env"


@pytest.mark.parametrize(
    ("values", "what"),
    [
        pytest.param({"username": "viewer"}, "together", id="no password"),
        pytest.param({"password_env": "CAM_2"}, "together", id="no name"),
        pytest.param(
            {"username": "viewer", "password_env": "YITONG_CAM"}, "another name", id="a setting"
        ),
        pytest.param(
            {"username": "viewer", "password_env": "p@ss word"}, "pattern", id="a password itself"
        ),
        pytest.param({"password": "s3cret"}, "not permitted", id="a password in the file"),
    ],
)
def test_a_wrong_login_is_named_by_camera_and_never_shown(
    settings: Settings, values: dict[str, str], what: str
) -> None:
    _edit(settings, "cameras.yaml", _login(**values))
    with pytest.raises(ConfigError, match=what) as caught:
        load_cameras(settings)
    assert caught.value.key.startswith("cameras.1")
    assert "s3cret" not in str(caught.value) and "p@ss" not in str(caught.value)
