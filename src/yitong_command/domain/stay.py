"""Stays: how long something was seen in a zone, whether it was reported or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from yitong_command.domain.geometry import Box, Place
from yitong_command.domain.incident import IncidentKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """What a rule was told of one thing in one zone, from its first look to its last.

    Recorded when it ends, so that another dwell or count of looks can be tried on it.

    Attributes:
        stay_id: Id of its incident, were it reported: the same as :func:`incident_id` gives.
        kind: Which rule kind watched it.
        category: Taxonomy code of the zone.
        subject: ``camera/view/zone``.
        camera_id: Camera that saw it.
        view_id: View of that camera.
        zone_id: Zone of that view.
        place: Where on the ground.
        began_at: When it began, as it names the incident.
        came_at: From when on its dwell counts.
        seen_at: When it was last seen.
        looks: Judged looks from coming to leaving.
        seen: Those that showed it.
        overlap: Share of its foot in the zone, in [0, 1].
        score: Highest confidence.
        state: Finer word, for a manhole cover; "" for a vehicle.
        box: Where in the view, or None if it is the whole zone.
        reported: Whether it was.
    """

    stay_id: UUID
    kind: IncidentKind
    category: str
    subject: str
    camera_id: str
    view_id: str
    zone_id: str
    place: Place
    began_at: datetime
    came_at: datetime
    seen_at: datetime
    looks: int
    seen: int
    overlap: float = 1.0
    score: float = 1.0
    state: str = ""
    box: Box | None = None
    reported: bool = False
