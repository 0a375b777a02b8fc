"""From records of the topic ``cameras`` to what is to be done; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from yitong_command.bus.camera_messages import CameraMessage
from yitong_command.bus.compacted import Entry
from yitong_command.domain.camera import Camera
from yitong_command.errors import BadMessage

Login = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Definition:
    """A camera as it is to be watched.

    Attributes:
        message: As it stood on the topic.
        camera: The camera with its views and zones.
        login: User name and password, or None.
    """

    message: CameraMessage
    camera: Camera
    login: Login | None = field(default=None, repr=False)

    def is_as(self, other: Definition) -> bool:
        """Whether another version differs in nothing that matters to watching it."""
        return self.camera == other.camera and self.login == other.login


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done.

    Attributes:
        add: Cameras to be watched from now on.
        change: Cameras that are watched, in another version.
        remove: Cameras that are no more.
        refused: Why a record was refused, by camera; what was known of the camera still holds.
        heard: Cameras of which any record spoke.
    """

    add: tuple[Definition, ...]
    change: tuple[Definition, ...]
    remove: frozenset[str]
    refused: Mapping[str, str]
    heard: frozenset[str]


def make_plan(
    watched: Mapping[str, Definition],
    entries: Iterable[Entry],
    read: Callable[[Entry], Definition],
    spare: Mapping[str, Definition] | None = None,
) -> Plan:
    """What some records, in order, ask for.

    Args:
        watched: What is watched now, by camera.
        entries: The records; of several on one camera the last good one counts.
        read: Reads and checks one; BadMessage if it must not be watched like that.
        spare: Definitions known from before, for cameras whose only record is refused.
    """
    known = {**(spare or {}), **watched}
    wanted: dict[str, Definition | None] = {}
    refused: dict[str, str] = {}
    heard: set[str] = set()
    for entry in entries:
        heard.add(entry.key)
        if entry.value is None:
            wanted[entry.key] = None
            refused.pop(entry.key, None)
            continue
        try:
            wanted[entry.key] = read(entry)
            refused.pop(entry.key, None)
        except BadMessage as exc:
            refused[entry.key] = str(exc)
            wanted.setdefault(entry.key, known.get(entry.key))
    return Plan(
        add=tuple(d for key, d in wanted.items() if d is not None and key not in watched),
        change=tuple(
            d
            for key, d in wanted.items()
            if d is not None and key in watched and not d.is_as(watched[key])
        ),
        remove=frozenset(key for key, d in wanted.items() if d is None and key not in refused),
        refused=refused,
        heard=frozenset(heard),
    )
