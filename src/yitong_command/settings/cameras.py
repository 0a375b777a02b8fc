"""Cameras and zones from `cameras.yaml` and `zones.yaml`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import Field, field_validator, model_validator

from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraKind, View, Zone
from yitong_command.domain.geometry import Place, Point, polygon_problem
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.polygon import FAULTS, crosses_itself
from yitong_command.errors import ConfigError
from yitong_command.rules import RULES
from yitong_command.settings.environment import Settings
from yitong_command.settings.files import Strict, check, read_yaml
from yitong_command.settings.kinds import load_kinds
from yitong_command.settings.terms import TermsFile


class _PlaceFile(Strict):
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)


class _PresetFile(Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    preset: str
    name_zh: str
    name_en: str
    stay_s: float = Field(10.0, gt=0)


class _CameraFile(Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    kind: CameraKind = CameraKind.FIXED
    name_zh: str
    name_en: str
    path: str = Field(pattern=r"^/")
    place: _PlaceFile
    look_interval_s: float = Field(2.0, gt=0, le=3600)
    heading_deg: float | None = Field(None, ge=0, lt=360)
    site: str = Field("", max_length=60)
    switch: str = Field("", max_length=60)
    onvif_path: str | None = None
    presets: tuple[_PresetFile, ...] = ()
    username: str | None = Field(None, min_length=1)
    password_env: str | None = Field(None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")

    @model_validator(mode="after")
    def _login_is_whole(self) -> _CameraFile:
        if (self.username is None) != (self.password_env is None):
            raise ValueError("username and password_env stand together")
        if self.password_env is not None and self.password_env.startswith("YITONG_"):
            raise ValueError("password_env: YITONG_ variables are settings; choose another name")
        return self


class _CamerasFile(Strict):
    rtsp_base: str = Field(pattern=r"^rtsps?://")
    onvif_base: str | None = None
    cameras: tuple[_CameraFile, ...]


class _ZoneFile(TermsFile):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    camera: str
    view: str = MAIN_VIEW
    kind: IncidentKind
    category: str
    name_zh: str
    name_en: str
    polygon: tuple[tuple[float, float], ...]
    settings: dict[str, float] = Field(default_factory=dict)

    @field_validator("kind")
    @classmethod
    def _for_cameras(cls, value: IncidentKind) -> IncidentKind:
        if value not in RULES:
            raise ValueError(f"不是摄像头规则 / no rule for cameras: {', '.join(RULES)}")
        return value


class _ZonesFile(Strict):
    zones: tuple[_ZoneFile, ...]


def load_cameras(settings: Settings) -> tuple[Camera, ...]:
    """All cameras of ``cameras.yaml`` with their zones of ``zones.yaml``.

    Raises:
        ConfigError: Naming file and key: unknown keys, a zone outside [0, 1], a zone on a camera
            or view that does not exist, two things of one name.
    """
    path = settings.config_dir / "cameras.yaml"
    content = check(_CamerasFile, path, read_yaml(path))
    load_kinds(settings.config_dir)
    zones = _load_zones(settings.config_dir / "zones.yaml", content)
    rtsp_base = (settings.rtsp_base or content.rtsp_base).rstrip("/")
    onvif_base = (settings.onvif_base or content.onvif_base or "").rstrip("/")
    seen: set[str] = set()
    cameras = []
    for index, item in enumerate(content.cameras):
        key = f"cameras.{index}"
        if item.id in seen:
            raise ConfigError(str(path), f"{key}.id", f"camera {item.id} is listed twice")
        seen.add(item.id)
        cameras.append(_camera(path, key, item, rtsp_base, onvif_base, zones))
    return tuple(cameras)


def load_logins(
    settings: Settings, env: Mapping[str, str], stored: Collection[str] = ()
) -> dict[str, tuple[str, str]]:
    """User name and password of the cameras that have a login, by camera.

    Args:
        settings: Where ``cameras.yaml`` is.
        env: The environment; ``password_env`` names the variable that holds the password.
        stored: Cameras whose login is stored already: these may do without their variable.

    Raises:
        ConfigError: Naming file, camera and the variable that is not set; never what it holds.
    """
    path = settings.config_dir / "cameras.yaml"
    logins: dict[str, tuple[str, str]] = {}
    for index, item in enumerate(check(_CamerasFile, path, read_yaml(path)).cameras):
        if item.username is None or item.password_env is None:
            continue
        password = env.get(item.password_env)
        if not password and item.id in stored:
            continue
        if not password:
            raise ConfigError(
                str(path),
                f"cameras.{index}.password_env",
                f"摄像机 {item.id}: 环境变量 {item.password_env} 未设置 / "
                f"camera {item.id}: the variable {item.password_env} is not set",
            )
        logins[item.id] = (item.username, password)
    return logins


def load_usernames(settings: Settings) -> dict[str, str]:
    """User names of the cameras that have a login in ``cameras.yaml``, by camera."""
    path = settings.config_dir / "cameras.yaml"
    cameras = check(_CamerasFile, path, read_yaml(path)).cameras
    return {item.id: item.username for item in cameras if item.username is not None}


def _camera(
    path: Path, key: str, item: _CameraFile, rtsp_base: str, onvif_base: str, zones: list[Zone]
) -> Camera:
    if (item.kind is CameraKind.BALL) != bool(item.presets and item.onvif_path):
        raise ConfigError(
            str(path), key, "a ball camera, and only a ball camera, has presets and onvif_path"
        )
    views = tuple(
        View(preset.id, preset.name_zh, preset.name_en, preset.preset, preset.stay_s)
        for preset in item.presets
    ) or (View(MAIN_VIEW, item.name_zh, item.name_en),)
    return Camera(
        camera_id=item.id,
        kind=item.kind,
        name_zh=item.name_zh,
        name_en=item.name_en,
        url=rtsp_base + item.path,
        place=Place(item.place.lon, item.place.lat),
        look_interval_s=item.look_interval_s,
        views=views,
        zones=tuple(zone for zone in zones if zone.camera_id == item.id),
        ptz_url=f"{onvif_base}{item.onvif_path}" if item.onvif_path else None,
        heading_deg=item.heading_deg,
        site=item.site,
        switch=item.switch,
    )


def _load_zones(path: Path, cameras: _CamerasFile) -> list[Zone]:
    views = {c.id: {p.id for p in c.presets} or {MAIN_VIEW} for c in cameras.cameras}
    zones: list[Zone] = []
    for index, item in enumerate(check(_ZonesFile, path, read_yaml(path)).zones):
        key = f"zones.{index}"
        if item.camera not in views:
            raise ConfigError(str(path), f"{key}.camera", f"there is no camera {item.camera!r}")
        if item.view not in views[item.camera]:
            known = ", ".join(sorted(views[item.camera]))
            raise ConfigError(
                str(path), f"{key}.view", f"camera {item.camera} has no view {item.view!r}: {known}"
            )
        polygon = tuple(Point(x, y) for x, y in item.polygon)
        problem = polygon_problem(polygon)
        if problem is None and crosses_itself(polygon):
            problem = " / ".join(FAULTS["crossing"])
        if problem:
            raise ConfigError(str(path), f"{key}.polygon", problem)
        if item.written and not RULES[item.kind].has_terms:
            raise ConfigError(
                str(path), f"{key}.{item.written[0]}", f"means nothing to the rule {item.kind}"
            )
        zone = Zone(
            item.id, item.camera, item.view, item.kind, item.category, polygon,
            item.name_zh, item.name_en, dict(item.settings), item.terms,
        )  # fmt: skip
        if any(other.subject == zone.subject for other in zones):
            raise ConfigError(str(path), f"{key}.id", f"zone {zone.subject} is listed twice")
        zones.append(zone)
    return zones
