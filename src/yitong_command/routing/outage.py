"""Device faults out of the states of all cameras: what fails together is one fault.

Pure: the states and the open faults in, the faults that changed out. Cameras of one worker, switch
or site that go off within a window are one outage; whatever else lasts is a fault of its own. A
camera that recovers leaves its fault, the last one ends it, and one that fails again soon takes
the same fault up again instead of making another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from yitong_command.domain.camera import CameraState

WINDOW = timedelta(seconds=15)
"""Cameras that go off within it went off together; a fault of one camera is told after it."""
SEVERAL = 3
"""So many cameras together are an outage; of a switch with two, both."""
AGAIN = timedelta(minutes=5)
"""A fault that comes back within this time is the same one."""

OFF = frozenset({CameraState.OFF, CameraState.CONNECTING, CameraState.LATE})
"""What a switch, a power box or a worker does to its cameras."""


class FaultKind(StrEnum):
    """What failed."""

    WORKER = "worker"
    SWITCH = "switch"
    SITE = "site"
    CAMERA = "camera"


SCOPES = (FaultKind.WORKER, FaultKind.SWITCH, FaultKind.SITE)
"""From the widest cause to the narrowest."""
_NAMES: dict[FaultKind, tuple[str, str]] = {
    FaultKind.WORKER: ("分析进程", "ingest worker"),
    FaultKind.SWITCH: ("交换机", "switch"),
    FaultKind.SITE: ("点位", "site"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A camera as it is now.

    Attributes:
        camera_id: The camera.
        state: Its state.
        since: Since when.
        bad: Whether it can't be relied on.
        reason: Why, Chinese and English.
        groups: What it may fail with, by kind; the worker only while the worker says nothing.
    """

    camera_id: str
    state: CameraState
    since: datetime
    bad: bool
    reason: tuple[str, str] = ("", "")
    groups: Mapping[FaultKind, str] | None = None

    def name(self, kind: FaultKind) -> str:
        """The group of this kind that the camera belongs to, or ""."""
        return (self.groups or {}).get(kind, "")


@dataclass(frozen=True, slots=True)
class Fault:
    """A device fault.

    Attributes:
        fault_id: Unique; the same for the same fault.
        kind: What failed.
        name: Which one.
        state: What its cameras show.
        began_at: Since when.
        ended_at: Until when, or None while it lasts.
        cameras: Those that are out now.
        recovered: Those that were and are back.
        reason: Chinese and English.
        repeats: How often it came back.
        folded_into: The outage that it turned out to be part of, or None.
    """

    fault_id: str
    kind: FaultKind
    name: str
    state: CameraState
    began_at: datetime
    ended_at: datetime | None
    cameras: tuple[str, ...]
    recovered: tuple[str, ...] = ()
    reason: tuple[str, str] = ("", "")
    repeats: int = 0
    folded_into: str | None = None

    @property
    def open(self) -> bool:
        """Whether it lasts."""
        return self.ended_at is None


def fold(states: Iterable[Seen], faults: Iterable[Fault], at: datetime) -> tuple[Fault, ...]:
    """The faults that are new or have changed.

    Args:
        states: Every camera that there is.
        faults: Those that are open, and those that ended within :data:`AGAIN`.
        at: Now.
    """
    seen = {one.camera_id: one for one in states}
    before = {fault.fault_id: fault for fault in faults}
    now = {key: _mended(fault, seen, at) if fault.open else fault for key, fault in before.items()}
    free = {one.camera_id: one for one in seen.values() if one.bad}
    for fault in now.values():
        if fault.open and fault.kind is not FaultKind.CAMERA:
            for camera_id in fault.cameras:
                free.pop(camera_id, None)
    for kind in SCOPES:
        _group(kind, seen, free, now)
    _alone(free, now, at)
    return tuple(fault for key, fault in now.items() if before.get(key) != fault)


def _mended(fault: Fault, seen: Mapping[str, Seen], at: datetime) -> Fault:
    """Let cameras that are back, or gone from the county, leave; the last one ends the fault."""
    out = tuple(c for c in fault.cameras if c in seen and seen[c].bad)
    if out == fault.cameras:
        return _worded(fault, seen)
    back = tuple(c for c in fault.cameras if c in seen and c not in out)
    changed = replace(fault, cameras=out, recovered=_and(fault.recovered, back))
    if out:
        return _worded(changed, seen)
    ends = [seen[c].since for c in back]
    return replace(changed, ended_at=max([fault.began_at, *(end for end in ends if end <= at)]))


def _worded(fault: Fault, seen: Mapping[str, Seen]) -> Fault:
    """The fault of one camera says what the camera says."""
    if fault.kind is not FaultKind.CAMERA or not fault.cameras:
        return fault
    camera = seen[fault.cameras[0]]
    return replace(fault, state=camera.state, reason=camera.reason)


def _group(
    kind: FaultKind, seen: Mapping[str, Seen], free: dict[str, Seen], now: dict[str, Fault]
) -> None:
    """Fold the free cameras of every group of a kind; those that were folded are free no more."""
    sizes: dict[str, int] = {}
    for one in seen.values():
        sizes[one.name(kind)] = sizes.get(one.name(kind), 0) + 1
    off: dict[str, list[Seen]] = {}
    for one in free.values():
        if one.state in OFF and one.name(kind):
            off.setdefault(one.name(kind), []).append(one)
    for name, cameras in off.items():
        least = max(2, min(SEVERAL, sizes[name]))
        for members, outage in _outages(kind, name, cameras, least, now):
            now[outage.fault_id] = outage
            for camera in members:
                free.pop(camera.camera_id)
                _absorb(camera.camera_id, outage, now)


def _outages(
    kind: FaultKind, name: str, cameras: list[Seen], least: int, now: Mapping[str, Fault]
) -> Iterator[tuple[list[Seen], Fault]]:
    known = [f for f in now.values() if (f.kind, f.name) == (kind, name)]
    lasting = next((fault for fault in known if fault.open), None)
    if lasting is not None:  # whatever goes off meanwhile has the same cause
        yield cameras, _joined(lasting, cameras)
        return
    ended = max((f for f in known if f.ended_at), key=lambda f: f.ended_at or f.began_at,
                default=None)  # fmt: skip
    for members in _together(cameras, least):
        began_at = members[0].since
        if ended is not None and ended.ended_at and began_at - ended.ended_at <= AGAIN:
            again = replace(ended, ended_at=None, repeats=ended.repeats + 1)
            yield members, _joined(again, members)
            ended = None
        else:
            yield members, _outage(kind, name, members)


def _together(cameras: list[Seen], least: int) -> Iterator[list[Seen]]:
    """Runs of cameras that went off within the window of the first of them, at least so many."""
    waiting = sorted(cameras, key=lambda one: (one.since, one.camera_id))
    while len(waiting) >= least:
        members = [one for one in waiting if one.since - waiting[0].since <= WINDOW]
        if len(members) >= least:
            yield members
            waiting = waiting[len(members) :]
        else:
            waiting = waiting[1:]


def _outage(kind: FaultKind, name: str, members: Sequence[Seen]) -> Fault:
    began_at = members[0].since
    zh, en = _NAMES[kind]
    ids = tuple(sorted(one.camera_id for one in members))
    why = (f"{zh} {name} 所属摄像头同时中断", f"cameras of {en} {name} went off together")
    if kind is FaultKind.WORKER:
        why = (f"分析进程 {name} 没有报告", f"no report from the ingest worker {name}")
    return Fault(
        _id(kind, name, began_at), kind, name, CameraState.OFF, began_at, None, ids, reason=why
    )


def _joined(fault: Fault, cameras: Sequence[Seen]) -> Fault:
    ids = _and(fault.cameras, tuple(one.camera_id for one in cameras))
    back = tuple(c for c in fault.recovered if c not in ids)
    return replace(fault, cameras=ids, recovered=back)


def _absorb(camera_id: str, outage: Fault, now: dict[str, Fault]) -> None:
    """A camera's own fault turned out to be part of an outage."""
    for key, fault in now.items():
        if fault.kind is FaultKind.CAMERA and fault.open and fault.name == camera_id:
            now[key] = replace(
                fault, ended_at=max(fault.began_at, outage.began_at), folded_into=outage.fault_id
            )


def _alone(free: Mapping[str, Seen], now: dict[str, Fault], at: datetime) -> None:
    """What lasts and is not part of an outage is a fault of its own."""
    for camera_id, one in free.items():
        known = [
            f for f in now.values() if f.kind is FaultKind.CAMERA and f.name == camera_id
            and f.folded_into is None
        ]  # fmt: skip
        if any(fault.open for fault in known) or at - one.since < WINDOW:
            continue
        recent = [f for f in known if f.ended_at and one.since - f.ended_at <= AGAIN]
        if recent:
            last = max(recent, key=lambda fault: fault.ended_at or fault.began_at)
            now[last.fault_id] = replace(
                last, ended_at=None, repeats=last.repeats + 1, cameras=(camera_id,), recovered=(),
                state=one.state, reason=one.reason,
            )  # fmt: skip
            continue
        made = Fault(
            _id(FaultKind.CAMERA, camera_id, one.since), FaultKind.CAMERA, camera_id, one.state,
            one.since, None, (camera_id,), reason=one.reason,
        )  # fmt: skip
        now[made.fault_id] = made


def _and(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*some, *more}))


def _id(kind: FaultKind, name: str, began_at: datetime) -> str:
    return str(uuid5(NAMESPACE_URL, f"urn:yitong:fault:{kind}:{name}:{began_at.isoformat()}"))
