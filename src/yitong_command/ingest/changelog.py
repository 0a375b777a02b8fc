"""What is remembered of a camera as one message, and back: for the worker that watches it next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any
from zlib import crc32

import structlog
from pydantic import TypeAdapter, ValidationError

from yitong_command.bus.camera_messages import IngestStateMessage, ZoneModel, ZoneStateModel
from yitong_command.bus.messages import PlaceModel
from yitong_command.domain.camera import Camera, CameraState, Zone
from yitong_command.domain.incident import IncidentKind, RuleChange
from yitong_command.ingest.views import ViewMemory, ZoneWatch
from yitong_command.rules import RULES
from yitong_command.rules.camera_steady import Reason
from yitong_command.rules.replay import Folded
from yitong_command.vision.tracker import TrackerState

_log = structlog.get_logger()
_TRAILS = TypeAdapter(TrackerState)

TELLING = ("began_at", "came_at", "candidate_at", "is_open", "open_state", "told_protected")
"""A state with another value in a field of such a name must be known to a successor at once; what
else changes with every look may be some seconds old."""

Views = Mapping[str, ViewMemory]


@dataclass(frozen=True, slots=True)
class Ended:
    """Something that was open in a zone that is no longer watched.

    Attributes:
        zone: The zone.
        change: What clears it.
    """

    zone: Zone
    change: RuleChange


def capture(
    camera: Camera,
    views: Views,
    worker: str,
    told: tuple[CameraState, datetime] | None = None,
) -> IngestStateMessage | None:
    """What is remembered of a camera now; None if it was never looked at.

    Args:
        camera: The camera.
        views: Its memories, by view.
        worker: Who remembers.
        told: What was told of the camera last, and since when.
    """
    times = [memory.last.at for memory in views.values() if memory.last is not None]
    times += [w.folded.at for m in views.values() for w in m.zones if w.folded.at is not None]
    if not times:
        return None
    return IngestStateMessage(
        camera_id=camera.camera_id,
        at=max(times),
        worker=worker,
        place=PlaceModel(lon=camera.place.lon, lat=camera.place.lat, crs=camera.place.crs),
        zones={
            _name(watch.zone): _zone_state(watch, watch.folded.at)
            for memory in views.values()
            for watch in memory.zones
            if watch.folded.at is not None
        },
        trails={
            view_id: _TRAILS.dump_python(memory.trails, mode="json")
            for view_id, memory in views.items()
            if memory.trails.trails
        },
        scenes={
            view_id: kept for view_id, memory in views.items() if (kept := memory.scene.to_json())
        },
        state=told[0] if told else None,
        since=told[1] if told else None,
    )


def restore(message: IngestStateMessage, views: Views) -> None:
    """Give memories back what was remembered; a zone that was drawn anew begins anew.

    Args:
        message: Of the same camera.
        views: By view; changed.
    """
    for view_id, memory in views.items():
        trails = message.trails.get(view_id)
        if trails is not None:
            memory.trails = (
                _read(_TRAILS, trails, f"{message.camera_id}/{view_id}") or TrackerState()
            )
        _restore_scene(memory, message.scenes.get(view_id), f"{message.camera_id}/{view_id}")
        for watch in memory.zones:
            entry = message.zones.get(_name(watch.zone))
            if entry is not None and entry.shape == shape_of(watch.zone):
                state = _read(_adapter(watch.zone), entry.state, watch.zone.subject)
                if state is not None:
                    watch.folded = Folded(state, entry.at)


def ended(
    message: IngestStateMessage, zones: Iterable[Zone], at: datetime, reason: Reason
) -> list[Ended]:
    """What was open in zones that are there no longer, or were drawn anew.

    Args:
        message: What is remembered of the camera.
        zones: Those it has now.
        at: The current time.
        reason: Why they are gone, Chinese and English.
    """
    kept = {(_name(zone), shape_of(zone)) for zone in zones}
    found = []
    for name, entry in message.zones.items():
        if entry.zone is None or (name, entry.shape) in kept:
            continue
        zone = entry.zone.to_domain(message.camera_id)
        state = _read(_adapter(zone), entry.state, zone.subject)
        if state is not None:
            found += [Ended(zone, change) for change in RULES[zone.kind].end(state, at, reason)]
    return found


@dataclass(frozen=True, slots=True)
class Telling:
    """What of a memory a successor must know at once; for comparison.

    Attributes:
        state: Of the camera and its scenes.
        zones: Of its rules, by zone.
    """

    state: tuple[object, ...]
    zones: tuple[tuple[object, ...], ...]

    @property
    def is_busy(self) -> bool:
        """Whether anything stands, is open or is agreed on in any zone."""
        return any(any(leaves) for _, *leaves in self.zones)


def telling(views: Views, told: tuple[CameraState, datetime] | None) -> Telling:
    """What must be known at once of what is remembered now; cheap, as most looks change nothing.

    Args:
        views: Memories of a camera, by view.
        told: What was told of it last, and since when.
    """
    scenes = ((view_id, kept) for view_id, m in views.items() if (kept := m.scene.to_json()))
    states = (
        (_name(watch.zone), watch.folded.state)
        for memory in views.values()
        for watch in memory.zones
        if watch.folded.at is not None
    )
    return _telling(told, scenes, states)


def telling_of(message: IngestStateMessage) -> Telling:
    """The same of a message."""
    told = (message.state, message.since) if message.state and message.since else None
    kinds = {kind.value: kind for kind in RULES}
    states = (
        (name, _read(_adapter_of(kinds[kind]), entry.state, name))
        for name, entry in message.zones.items()
        if (kind := entry.shape.partition(":")[0]) in kinds
    )
    return _telling(told, message.scenes.items(), states)


def _telling(
    told: tuple[CameraState, datetime] | None,
    scenes: Iterable[tuple[str, Any]],
    states: Iterable[tuple[str, object]],
) -> Telling:
    return Telling(
        (told, *map(_newest, sorted(scenes, key=itemgetter(0)))),
        tuple((name, *_leaves(state)) for name, state in sorted(states, key=itemgetter(0))),
    )


def _newest(scene: tuple[str, Any]) -> object:
    """What of a view's scene is worth publishing at once; its references change slowly."""
    view_id, kept = scene
    return view_id, kept.get("trouble"), [one["at"] for one in kept.get("references", ())]


def _restore_scene(memory: ViewMemory, kept: Any, name: str) -> None:
    if kept is None:
        return
    try:
        memory.scene.restore(kept)
    except (ValueError, TypeError, AttributeError) as exc:
        _log.error("scene_unreadable", view=name, detail=str(exc)[:300])


def shape_of(zone: Zone) -> str:
    """Kind and outline of a zone, as a word."""
    return f"{zone.kind}:{crc32(repr(zone.polygon).encode()):08x}"


def _zone_state(watch: ZoneWatch, at: datetime) -> ZoneStateModel:
    return ZoneStateModel(
        shape=shape_of(watch.zone),
        at=at,
        state=_adapter(watch.zone).dump_python(watch.folded.state, mode="json"),
        zone=ZoneModel.of(watch.zone) if watch.open_count else None,
    )


def _leaves(value: object, telling: bool = False) -> Iterator[object]:
    if is_dataclass(value) and not isinstance(value, type):
        for name, tells in _fields(type(value)):
            yield from _leaves(getattr(value, name), tells)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _leaves(item, telling)
    elif telling:
        yield value


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, bool], ...]:
    """Names of a dataclass's fields, and whether they tell."""
    return tuple((one.name, one.name.endswith(TELLING)) for one in fields(kind))


def _name(zone: Zone) -> str:
    return f"{zone.view_id}/{zone.zone_id}"


def _read(adapter: TypeAdapter[Any], value: Any, what: str) -> Any:
    """The value, or None if it is of another version; then the rule begins anew."""
    try:
        return adapter.validate_python(value)
    except ValidationError as exc:
        _log.error("state_unreadable", what=what, detail=str(exc)[:300])
        return None


def _adapter(zone: Zone) -> TypeAdapter[Any]:
    return _adapter_of(zone.kind)


@cache
def _adapter_of(kind: IncidentKind) -> TypeAdapter[Any]:
    return TypeAdapter(RULES[kind].state)
