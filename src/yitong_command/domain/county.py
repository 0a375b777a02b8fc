"""A county: everything that turns an incident into a case for somebody."""

from __future__ import annotations

from dataclasses import dataclass, field

from yitong_command.domain.area import Area
from yitong_command.domain.camera import Camera
from yitong_command.domain.clock import WorkCalendar
from yitong_command.domain.grid import Grid
from yitong_command.domain.retention import EvidencePolicy
from yitong_command.domain.roster import Duty
from yitong_command.domain.sensor import Sensor
from yitong_command.domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class County:
    """What the configuration says of the county.

    Attributes:
        taxonomy: What it works on.
        grids: Its grids.
        roster: Who is on duty.
        calendar: Its working days.
        cameras: Its cameras by their id.
        sensors: Its sensors by their id.
        areas: Its areas of every level by their code.
        evidence: How long evidence is kept, and what a camera may check.
    """

    taxonomy: Taxonomy
    grids: tuple[Grid, ...]
    roster: tuple[Duty, ...]
    calendar: WorkCalendar
    cameras: dict[str, Camera]
    sensors: dict[str, Sensor] = field(default_factory=dict)
    areas: dict[str, Area] = field(default_factory=dict)
    evidence: EvidencePolicy = field(default_factory=EvidencePolicy)
