"""What truly happens in a clip: its zones and events, from ``<name>.gt.json`` (scene-gt/1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from yitong_command.domain.camera import MAIN_VIEW, Zone
from yitong_command.domain.geometry import Box, Point, Polygon, contains, polygon_problem
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError
from yitong_command.rules import RULES

SUFFIX = ".gt.json"
SHORT = {"no_parking": IncidentKind.ILLEGAL_PARKING, "cover": IncidentKind.MANHOLE_COVER}
"""Kinds that a ground truth may also call so."""
Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Fact:
    """A condition that truly holds for a while.

    Attributes:
        kind: What it is.
        zone_id: Where.
        begin_s: When it begins, seconds of the clip.
        end_s: When it ends.
        box: Where exactly, in [0, 1] of the picture, if known.
    """

    kind: IncidentKind
    zone_id: str
    begin_s: float
    end_s: float
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A clip with its truth.

    Attributes:
        name: Of the clip, without suffix.
        clip: The video.
        zones: What is watched, without settings.
        facts: What must be reported if it lasts long enough; by begin.
        covered: When a cover is hidden, by zone id: seconds of the clip.
        fps: Pictures per second that ``covered`` counts.
    """

    name: str
    clip: Path
    zones: tuple[Zone, ...]
    facts: tuple[Fact, ...]
    covered: dict[str, tuple[float, ...]]
    fps: float


class _Zone(BaseModel):
    id: str
    kind: Annotated[IncidentKind, BeforeValidator(lambda word: SHORT.get(word, word))]
    polygon: list[tuple[float, float]] | None = None
    box: Corners | None = None


class _Event(BaseModel):
    type: Literal["vehicle_stopped", "manhole_state"]
    t0: float
    t1: float | None = None
    object: str = ""
    zone: str | None = None
    state: str = ""
    box: Corners | None = None


class _Object(BaseModel):
    id: str
    box: Corners
    ground_px: tuple[float, float] | None = None


class _Cover(BaseModel):
    id: str
    box: Corners
    covered_by: float = 0.0


class _Frame(BaseModel):
    t: float
    objects: list[_Object] = Field(default_factory=list)
    manholes: list[_Cover] = Field(default_factory=list)


class _Truth(BaseModel):
    format: Literal["scene-gt/1"] = "scene-gt/1"
    clip: str | None = None
    width: int = Field(default=1, gt=0)
    height: int = Field(default=1, gt=0)
    fps: float = Field(default=6.0, gt=0)
    zones: list[_Zone] | None = None
    zone_px: list[tuple[float, float]] | None = None
    events: list[_Event]
    frames: list[_Frame] = Field(default_factory=list)


def read_scenes(folder: Path) -> list[Scene]:
    """All scenes of a folder, by name.

    Raises:
        ConfigError: If there is none, or one is wrong.
    """
    files = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    if not files:
        raise ConfigError(
            "yitong evaluate-rules",
            str(folder),
            f"没有 / there is no <name>.mp4 with <name>{SUFFIX}",
        )
    return [read_scene(file) for file in files]


def read_scene(file: Path) -> Scene:
    """Read ``<name>.gt.json``; ``zones`` and ``events`` are enough.

    Raises:
        ConfigError: Naming the file and the key that is wrong, or the clip that is not there.
    """
    try:
        truth = _Truth.model_validate_json(file.read_bytes())
    except OSError as exc:
        raise ConfigError(str(file), "", f"无法读取 / can't be read: {exc.strerror}") from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        raise ConfigError(str(file), ".".join(map(str, first["loc"])), first["msg"]) from exc
    name = file.name.removesuffix(SUFFIX)
    clip = file.parent / (truth.clip or f"{name}.mp4")
    if not clip.is_file():
        raise ConfigError(str(file), "clip", f"视频不存在 / there is no such clip: {clip}")
    zones = tuple(_zone(file, n, z) for n, z in enumerate(_zones(truth)))
    facts = [
        fact
        for n, event in enumerate(truth.events)
        for fact in _facts(file, n, event, truth, zones)
    ]
    covered: dict[str, list[float]] = {}
    for frame in truth.frames:
        for cover in frame.manholes:
            if cover.covered_by > 0.1:
                covered.setdefault(cover.id, []).append(frame.t)
    return Scene(
        name,
        clip,
        zones,
        tuple(sorted(facts, key=lambda fact: fact.begin_s)),
        {zone_id: tuple(times) for zone_id, times in covered.items()},
        truth.fps,
    )


def _zones(truth: _Truth) -> list[_Zone]:
    """The zones; where the file has none, its drawn polygon in pixels and its covers."""
    if truth.zones is not None:
        return truth.zones
    zones: list[_Zone] = []
    if truth.zone_px:
        corners = [(x / truth.width, y / truth.height) for x, y in truth.zone_px]
        zones.append(_Zone(id="no_parking_1", kind=SHORT["no_parking"], polygon=corners))
    first = truth.frames[0].manholes if truth.frames else []
    zones += [_Zone(id=c.id, kind=SHORT["cover"], box=_shares(c.box, truth)) for c in first]
    return zones


def _zone(file: Path, number: int, zone: _Zone) -> Zone:
    key = f"zones.{number}"
    corners = zone.polygon
    if corners is None and zone.box is not None:
        x0, y0, x1, y1 = zone.box
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    if corners is None:
        raise ConfigError(str(file), key, "缺少区域 / needs a polygon or a box")
    polygon: Polygon = tuple(Point(x, y) for x, y in corners)
    problem = polygon_problem(polygon)
    if problem:
        raise ConfigError(str(file), key, problem)
    category = RULES[zone.kind].category
    return Zone(zone.id, "source", MAIN_VIEW, zone.kind, category, polygon)


def _facts(
    file: Path, number: int, event: _Event, truth: _Truth, zones: Sequence[Zone]
) -> list[Fact]:
    """What an event makes true in the zones; nothing where no zone is concerned."""
    end_s = float("inf") if event.t1 is None else event.t1
    if not 0 <= event.t0 < end_s:
        raise ConfigError(str(file), f"events.{number}", f"t0 must be under t1: {event.t0}")
    if event.type == "manhole_state":
        kind, wrong = IncidentKind.MANHOLE_COVER, event.state != "ok"
        names = [z.zone_id for z in zones if z.kind is kind]
        zone_id = event.zone or event.object
        return [Fact(kind, zone_id, event.t0, end_s)] if wrong and zone_id in names else []
    own = [zone for zone in zones if RULES[zone.kind].has_terms]
    box, foot = _place(event, truth)
    if event.zone is not None:
        inside = [zone for zone in own if zone.zone_id == event.zone]
        if not inside:
            raise ConfigError(str(file), f"events.{number}.zone", f"no such zone: {event.zone}")
    elif foot is not None:
        inside = [zone for zone in own if contains(zone.polygon, foot)]
    else:
        inside = own
        if len(own) > 1:
            raise ConfigError(
                str(file), f"events.{number}.zone", "缺少 / needed: which of several zones"
            )
    return [Fact(zone.kind, zone.zone_id, event.t0, end_s, box) for zone in inside]


def _place(event: _Event, truth: _Truth) -> tuple[Box | None, Point | None]:
    """Box and foot point of a stopped vehicle, in [0, 1]."""
    if event.box is not None:
        box = Box(*event.box)
        return box, box.foot
    for frame in truth.frames:
        if frame.t >= event.t0:
            for item in frame.objects:
                if item.id == event.object:
                    box = Box(*_shares(item.box, truth))
                    ground = item.ground_px
                    foot = (
                        Point(ground[0] / truth.width, ground[1] / truth.height)
                        if ground
                        else box.foot
                    )
                    return box, foot
    return None, None


def _shares(box: Corners, truth: _Truth) -> Corners:
    x0, y0, x1, y1 = box
    return x0 / truth.width, y0 / truth.height, x1 / truth.width, y1 / truth.height
