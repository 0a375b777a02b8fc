"""The only reader of the environment and of ``config/``; everything is checked here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraKind, View, Zone
from yitong_command.domain.geometry import Place, Point, polygon_problem
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError

PACKAGED = Path(__file__).parent / "_packaged"
CHECKOUT = Path(__file__).parents[2]
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Settings:
    """What every part of the system is started with.

    Attributes:
        config_dir: Folder with the county's YAML and GeoJSON files.
        models_dir: Folder with ``registry.toml`` and the model files.
        data_dir: Folder this installation may write to.
        kafka: Bootstrap servers.
        topic_prefix: Prefix of every topic name.
        database_url: SQLAlchemy URL with an async driver.
        evidence_dir: Root of the evidence store.
        rtsp_base: Replaces ``rtsp_base`` of ``cameras.yaml``, or None.
        onvif_base: Replaces ``onvif_base`` of ``cameras.yaml``, or None.
        web_host: Address the web part listens on.
        web_port: Its port.
        part_host: Address on which ingest and route serve health, metrics and pictures.
        ingest_port: Port of the ingest worker's own HTTP server.
        route_port: Port of the route worker's own HTTP server.
        worker: Name of this worker, unique in the installation.
        log_json: JSON lines instead of text for people.
    """

    config_dir: Path
    models_dir: Path
    data_dir: Path
    kafka: str
    topic_prefix: str
    database_url: str
    evidence_dir: Path
    rtsp_base: str | None
    onvif_base: str | None
    web_host: str
    web_port: int
    part_host: str
    ingest_port: int
    route_port: int
    worker: str
    log_json: bool


def load_settings(env: dict[str, str] | None = None) -> Settings:
    """Settings from ``YITONG_*`` variables, with defaults for one machine.

    Raises:
        ConfigError: If a variable is unknown or has a wrong value; names the variable.
    """
    values = _Environment.read(dict(os.environ) if env is None else env)
    data_dir = values.path("DATA", Path.cwd() / ".yitong").resolve()
    settings = Settings(
        config_dir=values.path("CONFIG", _default_folder("config")).resolve(),
        models_dir=values.path("MODELS", _default_folder("models")).resolve(),
        data_dir=data_dir,
        kafka=values.text("KAFKA", "127.0.0.1:9092"),
        topic_prefix=values.text("TOPIC_PREFIX", "yitong"),
        database_url=values.text("DATABASE_URL", f"sqlite+aiosqlite:///{data_dir}/yitong.db"),
        evidence_dir=values.path("EVIDENCE", data_dir / "evidence").resolve(),
        rtsp_base=values.text("RTSP_BASE", "") or None,
        onvif_base=values.text("ONVIF_BASE", "") or None,
        web_host=values.text("WEB_HOST", "127.0.0.1"),
        web_port=values.number("WEB_PORT", 8000),
        part_host=values.text("PART_HOST", "127.0.0.1"),
        ingest_port=values.number("INGEST_PORT", 8010),
        route_port=values.number("ROUTE_PORT", 8020),
        worker=values.text("WORKER", "worker-1"),
        log_json=values.text("LOG", "text") == "json",
    )
    values.refuse_unknown()
    return settings


class _Environment:
    """``YITONG_*`` variables, each read once, unknown ones refused."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values
        self._known: set[str] = set()

    @classmethod
    def read(cls, env: dict[str, str]) -> _Environment:
        return cls({k[7:]: v for k, v in env.items() if k.startswith("YITONG_")})

    def text(self, name: str, default: str) -> str:
        self._known.add(name)
        return self._values.get(name) or default

    def path(self, name: str, default: Path) -> Path:
        text = self.text(name, "")
        return Path(text) if text else default

    def number(self, name: str, default: int) -> int:
        text = self.text(name, str(default))
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise ConfigError("environment", f"YITONG_{name}", f"not a port number: {text!r}")
        return int(text)

    def refuse_unknown(self) -> None:
        for name in sorted(set(self._values) - self._known):
            known = ", ".join(f"YITONG_{k}" for k in sorted(self._known))
            raise ConfigError("environment", f"YITONG_{name}", f"unknown variable; known: {known}")


def _default_folder(name: str) -> Path:
    for root in (Path.cwd(), CHECKOUT, PACKAGED):
        if (root / name).is_dir():
            return root / name
    return PACKAGED / name


# ------------------------------------------------------------------ YAML files


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        ConfigError: If it is absent or not YAML; names file and line.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ConfigError(str(path), "", "the file does not exist") from exc
    except (yaml.YAMLError, UnicodeDecodeError) as exc:
        raise ConfigError(str(path), "", f"not valid YAML: {exc}") from exc


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _PlaceFile(_Strict):
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)


class _PresetFile(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    preset: str
    name_zh: str
    name_en: str
    stay_s: float = Field(10.0, gt=0)


class _CameraFile(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    kind: CameraKind = CameraKind.FIXED
    name_zh: str
    name_en: str
    path: str = Field(pattern=r"^/")
    place: _PlaceFile
    look_interval_s: float = Field(2.0, gt=0, le=3600)
    heading_deg: float | None = Field(None, ge=0, lt=360)
    onvif_path: str | None = None
    presets: tuple[_PresetFile, ...] = ()


class _CamerasFile(_Strict):
    rtsp_base: str = Field(pattern=r"^rtsps?://")
    onvif_base: str | None = None
    cameras: tuple[_CameraFile, ...]


class _ZoneFile(_Strict):
    id: str = Field(pattern=r"^[a-z0-9-]+$")
    camera: str
    view: str = MAIN_VIEW
    kind: IncidentKind
    category: str
    name_zh: str
    name_en: str
    polygon: tuple[tuple[float, float], ...]
    settings: dict[str, float] = Field(default_factory=dict)


class _ZonesFile(_Strict):
    zones: tuple[_ZoneFile, ...]


def check(model: type[T], path: Path, data: Any) -> T:
    """Validate a file's content.

    Raises:
        ConfigError: Naming file, key and what is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(str(path), key, first["msg"]) from exc


def load_cameras(settings: Settings) -> tuple[Camera, ...]:
    """All cameras of ``cameras.yaml`` with their zones of ``zones.yaml``.

    Raises:
        ConfigError: Naming file and key: unknown keys, a zone outside [0, 1], a zone on a camera
            or view that does not exist, two things of one name.
    """
    path = settings.config_dir / "cameras.yaml"
    content = check(_CamerasFile, path, read_yaml(path))
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
        if problem:
            raise ConfigError(str(path), f"{key}.polygon", problem)
        zone = Zone(
            item.id, item.camera, item.view, item.kind, item.category, polygon,
            item.name_zh, item.name_en, dict(item.settings),
        )  # fmt: skip
        if any(other.subject == zone.subject for other in zones):
            raise ConfigError(str(path), f"{key}.id", f"zone {zone.subject} is listed twice")
        zones.append(zone)
    return zones
