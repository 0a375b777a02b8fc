"""Cameras, their views and zones, as the configuration describes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from yitong_command.domain.geometry import Place, Polygon
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.terms import Terms

MAIN_VIEW = "main"


class CameraKind(StrEnum):
    """Fixed, or pan-tilt-zoom (ball camera)."""

    FIXED = "fixed"
    BALL = "ball"


class CameraState(StrEnum):
    """What can be said of a camera's picture now."""

    CONNECTING = "connecting"
    LIVE = "live"
    LATE = "late"
    FROZEN = "frozen"
    COVERED = "covered"
    NOT_JUDGED = "not_judged"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class View:
    """A fixed camera's picture or one preset of a ball camera.

    Attributes:
        view_id: ``main`` or the preset's name.
        name_zh: Chinese name.
        name_en: English name.
        preset: ONVIF preset token for a ball camera, else None.
        stay_s: How long a patrol stays here, seconds (ball cameras).
    """

    view_id: str
    name_zh: str = ""
    name_en: str = ""
    preset: str | None = None
    stay_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon on one view with the rule that watches it.

    Attributes:
        zone_id: Unique in its view.
        camera_id: The camera.
        view_id: The view.
        kind: Which incident kind it can open; names the rule too.
        category: Taxonomy code, ``cp_parking.no_parking_zone``.
        polygon: Corners in [0, 1] of the view.
        name_zh: Chinese name.
        name_en: English name.
        settings: Rule settings that override ``rules.yaml``, for example ``dwell_s``.
        terms: For which vehicles and when; rules that are not about standing vehicles have none.
    """

    zone_id: str
    camera_id: str
    view_id: str
    kind: IncidentKind
    category: str
    polygon: Polygon
    name_zh: str = ""
    name_en: str = ""
    settings: dict[str, float] = field(default_factory=dict)
    terms: Terms = field(default_factory=Terms)

    @property
    def subject(self) -> str:
        """What an incident here is about: ``camera/view/zone``."""
        return f"{self.camera_id}/{self.view_id}/{self.zone_id}"


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera of the county.

    Attributes:
        camera_id: Unique, stable.
        kind: Fixed or ball.
        name_zh: Chinese name.
        name_en: English name.
        url: RTSP address without credentials.
        place: Where it stands.
        look_interval_s: Seconds between two looks.
        views: ``main`` only, or the presets.
        zones: All zones of all views.
        ptz_url: ONVIF device address of a ball camera, else None.
        heading_deg: Where a fixed camera looks, degrees from north, or None.
        site: Point where it stands with others, or ""; they fail together.
        switch: Network switch or power box it hangs on, or "".
    """

    camera_id: str
    kind: CameraKind
    name_zh: str
    name_en: str
    url: str
    place: Place
    look_interval_s: float = 2.0
    views: tuple[View, ...] = (View(MAIN_VIEW),)
    zones: tuple[Zone, ...] = ()
    ptz_url: str | None = None
    heading_deg: float | None = None
    site: str = ""
    switch: str = ""

    def zones_of(self, view_id: str) -> tuple[Zone, ...]:
        """The zones of one view."""
        return tuple(zone for zone in self.zones if zone.view_id == view_id)
