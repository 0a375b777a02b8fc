"""Settings and state of the illegal-parking rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from yitong_command.domain.appearance import Appearance
from yitong_command.domain.ban import EVER, Ban
from yitong_command.domain.geometry import Box, Polygon

MOTOR_VEHICLES = frozenset({"car", "bus", "truck"})
"""Motor vehicles on four wheels; bicycles and motorcycles are another subtype."""


@dataclass(frozen=True, slots=True)
class ParkingSettings:
    """Settings of one zone; durations in seconds of event time.

    Attributes:
        polygon: The zone, corners in [0, 1].
        dwell_s: Standing longer than this makes a vehicle a candidate.
        recheck_s: Still there this long after becoming a candidate opens an incident.
        clear_after_s: Seen to be gone for this long, over judged looks, clears it.
        miss_s: A dwell not yet reported survives missed looks up to this long.
        max_gap_s: Without any judged look for longer, a dwell not yet reported starts anew.
        min_overlap: Share of a vehicle's lower third that must lie in the zone if its foot does
            not.
        stand_iou: Overlap with its first box that counts as standing.
        keep_iou: Overlap that keeps a reported vehicle reported while it is partly hidden.
        presence: Share of judged looks since it came in which it must have been seen.
        hide_share: Share of its box that a vehicle in front must cover to hide it.
        labels: Vehicles that count.
        ban: When standing is forbidden.
        place: What the zone is, for the words of a report, Chinese and English.
    """

    polygon: Polygon
    dwell_s: float = 600.0
    recheck_s: float = 300.0
    clear_after_s: float = 60.0
    miss_s: float = 30.0
    max_gap_s: float = 180.0
    min_overlap: float = 0.6
    stand_iou: float = 0.65
    keep_iou: float = 0.3
    presence: float = 0.6
    hide_share: float = 0.5
    labels: frozenset[str] = MOTOR_VEHICLES
    ban: Ban = field(default_factory=Ban)
    place: tuple[str, str] = ("禁停区", "the no-parking zone")


@dataclass(frozen=True, slots=True)
class Rival:
    """What may be another vehicle in the place of one.

    Attributes:
        box: Where it was first seen.
        since: When.
        looks: Looks in a row that showed it.
        appearance: In the newest of them.
        after_gap: Whether the look before the first showed nothing there.
    """

    box: Box
    since: datetime
    looks: int
    appearance: Appearance
    after_gap: bool


@dataclass(frozen=True, slots=True)
class ParkedCar:
    """A vehicle that stands in the zone.

    Attributes:
        box: Where it came to stand.
        began_at: When, as it names the incident: unique in its zone, so that of two vehicles that
            came in one look the second gets a millisecond more.
        came_at: When, as the look had it, or when the ban began if it stood there before.
        seen_at: Newest look that showed it.
        looks: Judged looks under the ban since it came, this one included.
        seen: Those that showed it.
        score: Highest confidence so far.
        track_id: Newest track on its box.
        neighbours: Other vehicles that overlapped its box when it was last seen.
        absent_s: Judged seconds it was seen to be gone, since last seen.
        absent_at: Newest look that showed it gone, or None if judging was interrupted since.
        candidate_at: When the dwell was full, or None.
        is_open: Whether its incident was opened.
        appearance: In the newest look that showed it and not another.
        front: What stood between it and the camera in that look.
        rival: What may be another vehicle in its place, or None.
    """

    box: Box
    began_at: datetime
    came_at: datetime
    seen_at: datetime
    looks: int = 1
    seen: int = 1
    score: float = 0.0
    track_id: str | None = None
    neighbours: tuple[Box, ...] = ()
    absent_s: float = 0.0
    absent_at: datetime | None = None
    candidate_at: datetime | None = None
    is_open: bool = False
    appearance: Appearance = ()
    front: tuple[Box, ...] = ()
    rival: Rival | None = None


@dataclass(frozen=True, slots=True)
class ParkingState:
    """What is known of one zone.

    Attributes:
        cars: All vehicles that stand in it, oldest first.
        judged_at: The newest judged look.
        ban_began: Begin of the ban that held at that look, or None if none held.
    """

    cars: tuple[ParkedCar, ...] = ()
    judged_at: datetime | None = None
    ban_began: datetime | None = EVER
