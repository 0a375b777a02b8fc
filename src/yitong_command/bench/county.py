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
BUSY_CLIPS = ("manhole", "parking")
STILL_CLIPS = ("ball_left", "ball_centre", "ball_right")
PARKING = {"dwell_s": 8, "recheck_s": 4, "clear_after_s": 6, "miss_s": 5}
COVER = {"agree_looks": 3, "agree_s": 4}
MARGIN_S = 5.0

_Zone = dict[str, Any]


@dataclass(frozen=True, slots=True)
class County:
    """A generated county.

    Attributes:
        clips: What each camera shows, by camera id.
        config_dir: Its configuration.
        programme: The farm's programme; the cameras are copies of its entries.
        every_s: Seconds between two looks at a camera.
    """

    clips: Mapping[str, str]
    config_dir: Path
    programme: Path
    every_s: float

    @property
    def busy(self) -> tuple[str, ...]:
        """Cameras on which something happens."""
        return tuple(camera for camera, clip in self.clips.items() if clip in BUSY_CLIPS)

    @property
    def mix(self) -> dict[str, int]:
        """Cameras by clip."""
        return dict(Counter(self.clips.values()))

    @property
    def due_after(self) -> dict[str, timedelta]:
        """How long after its begin a fact must have been found, by kind of incident."""
        parking_s = PARKING["dwell_s"] + PARKING["recheck_s"] + 3 * self.every_s + MARGIN_S
        cover_s = COVER["agree_s"] + (COVER["agree_looks"] + 1) * self.every_s + MARGIN_S
        return {
            "illegal_parking": timedelta(seconds=parking_s),
            "manhole_cover": timedelta(seconds=cover_s),
        }


def mix(cameras: int, active: float) -> list[str]:
    """The clip of each camera, repeating after :data:`CYCLE` cameras.

    Args:
        cameras: How many.
        active: Share of cameras with traffic and events, in [0, 1]; rounded to one in twenty.
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


def make_county(
    folder: Path, rules: Path, cameras: int, active: float, every_s: float
) -> County:  # fmt: skip
    """Write programme, cameras and zones.

    Args:
        folder: To write into.
        rules: The installation's ``rules.yaml``.
        cameras: How many.
        active: Share of cameras with traffic and events, in [0, 1].
        every_s: Seconds between two looks at a camera.

    Raises:
        ConfigError: If a number makes no sense or there are no rules.
    """
    for name, value, low, high in (
        ("--cameras", cameras, 1, 5000),
        ("--active", active, 0, 1),
        ("--every", every_s, 0.2, 3600),
    ):
        if not low <= value <= high:
            raise ConfigError(
                "yitong bench", name, f"应在 {low} 至 {high} 之间 / must lie in [{low}, {high}]"
            )
    config_dir = folder / "config"
    config_dir.mkdir(parents=True)
    if not rules.is_file():
        raise ConfigError(str(rules), "", "没有此文件 / no such file")
    shutil.copy(rules, config_dir / "rules.yaml")
    programme = folder / "programme.yaml"
    entries = [
        {"id": f"mix-{n + 1:02d}", "clip": clip} for n, clip in enumerate(mix(CYCLE, active))
    ]
    _write(programme, {"cameras": entries})
    clips = {f"bench-{n + 1:04d}": clip for n, clip in enumerate(mix(cameras, active))}
    _write(
        config_dir / "cameras.yaml",
        {
            "rtsp_base": "rtsp://127.0.0.1:8554",
            "cameras": [_camera(number, name, every_s) for number, name in enumerate(clips)],
        },
    )
    known = {clip: _zones_of(clip) for clip in set(clips.values())}
    zones = [{**zone, "camera": name} for name, clip in clips.items() for zone in known[clip]]
    _write(config_dir / "zones.yaml", {"zones": zones})
    return County(clips, config_dir, programme, every_s)


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


def _zones_of(clip: str) -> list[_Zone]:
    """The zones of a clip: where its ground truth says that something may happen."""
    truth = json.loads((FarmOptions().clips_dir / f"{clip}.gt.json").read_bytes())
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
