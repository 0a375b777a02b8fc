"""The county of a benchmark: how many cameras show what, and the files that say so."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from yitong_command.demo.farm.options import FarmOptions
from yitong_command.errors import ConfigError

CYCLE = 20
"""The mix of the clips repeats after so many cameras."""
EVENT_CLIPS = ("manhole", "parking")
BUSY_CLIPS = (*EVENT_CLIPS, "quiet")
"""The last shows traffic all the time, a car that stops for a moment, and nothing to report."""
STILL_CLIPS = ("ball_left", "ball_centre", "ball_right")
PRESETS = ("left", "centre", "right")
PARKING = {"dwell_s": 8, "recheck_s": 4, "clear_after_s": 6, "miss_s": 5}
COVER = {"agree_looks": 3, "agree_s": 4}
STAY_S, TRAVEL_S = 12.0, 5.0
"""A ball camera stays at a preset, and takes so long at most to the next one."""
MARGIN_S = 5.0
BALLS_PER_CAMERA = 16 / 581
"""Share of ball cameras in the county this is made for."""

_Zone = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the county is to be.

    Attributes:
        cameras: How many, ball cameras included.
        active: Share of the fixed cameras with traffic, in [0, 1]; rounded to one in twenty.
        every_s: Seconds between two looks at a camera.
        balls: How many of them are ball cameras.
        clips_dir: Their clips and ground truth.
    """

    cameras: int
    active: float
    every_s: float
    balls: int = 0
    clips_dir: Path = FarmOptions().clips_dir


@dataclass(frozen=True, slots=True)
class County:
    """A generated county.

    Attributes:
        clips: What each fixed camera shows, by camera id.
        balls: Its ball cameras.
        config_dir: Its configuration.
        programme: The farm's programme; the fixed cameras are copies of its entries.
        every_s: Seconds between two looks at a camera.
    """

    clips: Mapping[str, str]
    balls: tuple[str, ...]
    config_dir: Path
    programme: Path
    every_s: float

    @property
    def camera_ids(self) -> tuple[str, ...]:
        """All cameras."""
        return (*self.clips, *self.balls)

    @property
    def busy(self) -> tuple[str, ...]:
        """Fixed cameras with traffic."""
        return tuple(camera for camera, clip in self.clips.items() if clip in BUSY_CLIPS)

    @property
    def mix(self) -> dict[str, int]:
        """Cameras by clip."""
        return dict(Counter(self.clips.values())) | {"ball cameras": len(self.balls)}

    @property
    def due_after(self) -> dict[str, timedelta]:
        """How long after its begin a fact must have been found, by kind of incident."""
        parking_s = PARKING["dwell_s"] + PARKING["recheck_s"] + 3 * self.every_s + MARGIN_S
        cover_s = COVER["agree_s"] + (COVER["agree_looks"] + 1) * self.every_s + MARGIN_S
        return {
            "illegal_parking": timedelta(seconds=parking_s),
            "manhole_cover": timedelta(seconds=cover_s),
        }

    @property
    def round_s(self) -> float:
        """How long a ball camera takes at most from one look at a preset to the next visit."""
        return len(PRESETS) * (STAY_S + TRAVEL_S)


def mix(cameras: int, active: float) -> list[str]:
    """The clip of each fixed camera, repeating after :data:`CYCLE` cameras.

    Args:
        cameras: How many.
        active: Share of cameras with traffic, in [0, 1]; rounded to one in twenty.
    """
    busy = round(active * CYCLE)
    clips, busy_count, still_count = [], 0, 0
    for index in range(CYCLE):
        if index * busy // CYCLE != (index - 1) * busy // CYCLE:
            clips.append(BUSY_CLIPS[busy_count % len(BUSY_CLIPS)])
            busy_count += 1
        else:
            clips.append(STILL_CLIPS[still_count % len(STILL_CLIPS)])
            still_count += 1
    return [clips[index % CYCLE] for index in range(cameras)]


def check_plan(plan: Plan) -> None:
    """Refuse what makes no sense.

    Raises:
        ConfigError: Naming the number.
    """
    for name, value, low, high in (
        ("--cameras", plan.cameras, 1, 5000),
        ("--active-share", plan.active, 0, 1),
        ("--every", plan.every_s, 0.2, 3600),
        ("--balls", plan.balls, 0, plan.cameras - 1),
    ):
        if not low <= value <= high:
            raise ConfigError(
                "yitong bench", name, f"应在 {low} 至 {high} 之间 / must lie in [{low}, {high}]"
            )


def make_county(folder: Path, rules: Path, plan: Plan) -> County:
    """Write programme, cameras and zones.

    Args:
        folder: To write into.
        rules: The installation's ``rules.yaml``, beside its ``taxonomy.yaml``.
        plan: What the county is to be.

    Raises:
        ConfigError: If a number makes no sense or there are no rules.
    """
    check_plan(plan)
    config_dir = folder / "config"
    config_dir.mkdir(parents=True)
    for file in (rules, rules.with_name("taxonomy.yaml")):
        if not file.is_file():
            raise ConfigError(str(file), "", "没有此文件 / no such file")
        shutil.copy(file, config_dir / file.name)
    programme = folder / "programme.yaml"
    cycle = [{"id": f"mix-{n:02d}", "clip": clip} for n, clip in enumerate(mix(CYCLE, plan.active))]
    balls = tuple(f"ball-{n + 1:03d}" for n in range(plan.balls))
    _write(programme, {"cameras": cycle + [_ball_scene(n, name) for n, name in enumerate(balls)]})
    fixed = mix(plan.cameras - plan.balls, plan.active)
    clips = {f"bench-{n + 1:04d}": clip for n, clip in enumerate(fixed)}
    cameras = [_camera(n, name, plan.every_s) for n, name in enumerate((*clips, *balls))]
    for camera in cameras[len(clips) :]:
        camera |= _ball_camera(camera["id"])
    _write(config_dir / "cameras.yaml", {"rtsp_base": "rtsp://127.0.0.1:8554", "cameras": cameras})
    known = {clip: _zones_of(plan.clips_dir, clip) for clip in {*fixed, "ball_centre"}}
    zones = [{**zone, "camera": name} for name, clip in clips.items() for zone in known[clip]]
    zones += [
        {**zone, "camera": name, "view": "centre"}
        for name in balls
        for zone in known["ball_centre"]
    ]
    _write(config_dir / "zones.yaml", {"zones": zones})
    return County(clips, balls, config_dir, programme, plan.every_s)


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def _camera(number: int, name: str, every_s: float) -> dict[str, Any]:
    return {
        "id": name,
        "name_zh": f"压测 {name}",
        "name_en": f"Load test {name}",
        "path": f"/{name}",
        "place": {"lon": 125.281 + number % 40 * 0.0009, "lat": 43.331 + number // 40 * 0.0009},
        "look_interval_s": every_s,
    }


def _ball_camera(name: str) -> dict[str, Any]:
    presets = [
        {"id": token, "preset": token, "name_zh": token, "name_en": token, "stay_s": STAY_S}
        for token in PRESETS
    ]
    return {"kind": "ball", "onvif_path": f"/onvif/{name}/device_service", "presets": presets}


def _ball_scene(number: int, name: str) -> dict[str, Any]:
    presets: dict[str, Any] = {token: {"clip": f"ball_{token}"} for token in PRESETS}
    presets["centre"]["event"] = {
        "clip": "ball_centre_missing", "kind": "manhole_cover", "state": "missing"
    }  # fmt: skip
    home = PRESETS[number % len(PRESETS)]
    return {"id": name, "home": home, "pan": "ball_pan_{from}_{to}", "presets": presets}


def _zones_of(clips_dir: Path, clip: str) -> list[_Zone]:
    """The zones of a clip: where its ground truth says that something may happen."""
    truth = json.loads((clips_dir / f"{clip}.gt.json").read_bytes())
    width, height = truth["width"], truth["height"]
    covers = truth["frames"][0]["manholes"]
    if "zone_px" in truth:
        polygon = [[x / width, y / height] for x, y in truth["zone_px"]]
        return [_zone("no-parking", "illegal_parking", "cp_parking.no_parking_zone", polygon)]
    if not covers:
        return []
    x0, y0, x1, y1 = covers[0]["box"]
    box = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    polygon = [[x / width, y / height] for x, y in box]
    return [_zone("cover", "manhole_cover", "ar_manhole.missing_shifted", polygon)]


def _zone(name: str, kind: str, category: str, polygon: list[list[float]]) -> _Zone:
    return {
        "id": name,
        "kind": kind,
        "category": category,
        "name_zh": "压测区域",
        "name_en": "Load test zone",
        "polygon": [[round(x, 5), round(y, 5)] for x, y in polygon],
        "settings": dict(PARKING if kind == "illegal_parking" else COVER),
    }
