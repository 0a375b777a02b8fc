"""What vision tells the rules: detections, tracks and looks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yitong_command.domain.appearance import Appearance
from yitong_command.domain.geometry import Box

VEHICLE_LABELS = frozenset({"car", "bus", "truck", "motorcycle", "bicycle"})


@dataclass(frozen=True, slots=True)
class Detection:
    """One box in one frame.

    Attributes:
        label: Class name of the model, for example ``car`` or ``manhole_missing``.
        score: Confidence in [0, 1].
        box: ``xyxy`` in [0, 1] of the picture the detector was given.
        appearance: What a vehicle looks like; empty if not known.
    """

    label: str
    score: float
    box: Box
    appearance: Appearance = ()


@dataclass(frozen=True, slots=True)
class Track:
    """Detections joined over time on one view, as of one look.

    Attributes:
        track_id: Unique on its camera for as long as the track lives.
        label: The class most of its detections had.
        score: Confidence of the latest detection, in [0, 1].
        box: Latest box in [0, 1] of the view.
        first_seen_at: Capture time of its first detection.
        appearance: Of its latest detection.
    """

    track_id: str
    label: str
    score: float
    box: Box
    first_seen_at: datetime
    appearance: Appearance = ()


@dataclass(frozen=True, slots=True)
class ZoneLook:
    """What one look showed a vehicle zone.

    Attributes:
        at: Capture time of the frame.
        tracks: Vehicles seen in the whole view in this look.
        judged: False if nothing can be said (camera moving, detector failed, picture bad).
    """

    at: datetime
    tracks: tuple[Track, ...] = ()
    judged: bool = True


@dataclass(frozen=True, slots=True)
class CoverLook:
    """What one look showed one manhole cover.

    Attributes:
        at: Capture time of the frame.
        state: ``ok``, ``broken``, ``missing``, ``displaced``, or None for not judged (a vehicle
            or person on it, camera moving, detector failed, nothing recognised).
        score: Confidence of the state in [0, 1]; 0 when not judged.
        fenced: Whether cones or barriers stand around it; None if that can't be said.
    """

    at: datetime
    state: str | None
    score: float = 0.0
    fenced: bool | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """Time went by without a look; silence can so be judged and tested."""

    at: datetime
