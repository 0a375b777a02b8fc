"""Ground truth files beside the clips: which part is quiet, and what happens when."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import CorruptMedia


@dataclass(frozen=True, slots=True)
class ClipEvent:
    """A condition that a clip shows.

    Attributes:
        kind: What it is.
        state: Finer word, for example ``missing``; "" where there is none.
        began_s: Media time at which it begins.
        ended_s: Media time at which it ends.
    """

    kind: IncidentKind
    state: str
    began_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class Segments:
    """How a clip is played.

    Attributes:
        quiet: Begin and end of the part that repeats until the event, in seconds, or None.
        after: Begin and end of the part that repeats after the event, or None.
        events: The conditions it shows, none of them the normal state.
    """

    quiet: tuple[float, float] | None = None
    after: tuple[float, float] | None = None
    events: tuple[ClipEvent, ...] = ()


class _EventFile(BaseModel):
    model_config = ConfigDict(extra="ignore")
    type: str
    state: str = ""
    t0: float
    t1: float


class _TruthFile(BaseModel):
    model_config = ConfigDict(extra="ignore")
    quiet_segment: tuple[float, float] | None = None
    after_segment: tuple[float, float] | None = None
    events: tuple[_EventFile, ...] = ()


def load_segments(path: Path) -> Segments:
    """Read a ground truth file; an absent one says nothing.

    Raises:
        CorruptMedia: If it is not what a ground truth file looks like; names the file.
    """
    if not path.is_file():
        return Segments()
    try:
        content = _TruthFile.model_validate_json(path.read_bytes())
    except (ValidationError, OSError) as exc:
        raise CorruptMedia(
            f"{path}: 无法读取真值文件 / can't read the ground truth: {exc}"
        ) from exc
    events = tuple(event for item in content.events if (event := _event(item)))
    return Segments(content.quiet_segment, content.after_segment, events)


def _event(item: _EventFile) -> ClipEvent | None:
    if item.type == "vehicle_stopped":
        return ClipEvent(IncidentKind.ILLEGAL_PARKING, "", item.t0, item.t1)
    if item.type == "manhole_state" and item.state != "ok":
        return ClipEvent(IncidentKind.MANHOLE_COVER, item.state, item.t0, item.t1)
    return None
