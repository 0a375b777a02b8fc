"""Wire models of what the ingest workers share: cameras as they are defined, and rules' memory.

Both topics are compacted, keyed by camera and have the same number of partitions, so that whoever
is given a camera's definition by the broker finds its memory in the partition of the same number.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from yitong_command.bus.messages import Message, PlaceModel, slots_of
from yitong_command.domain.ban import WEEK_MIN, Ban, Permit
from yitong_command.domain.camera import Camera, CameraKind, CameraState, View, Zone
from yitong_command.domain.geometry import Place, Point, polygon_problem
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.terms import Terms

NAME = r"^[a-z0-9-]+$"
CATEGORY = r"^[a-z0-9_]+\.[a-z0-9_]+$"

Label = Literal["car", "bus", "truck", "motorcycle", "bicycle"]


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class PermitModel(_Wire):
    """A time in which standing is allowed."""

    begins_at: AwareDatetime
    ends_at: AwareDatetime
    note: str = ""


class TermsModel(_Wire):
    """For which vehicles and when a zone's rule holds; minutes of the week, Monday 00:00 is 0."""

    vehicles: tuple[Label, ...] | None = None
    weekly: tuple[tuple[int, int], ...] = ((0, WEEK_MIN),)
    permits: tuple[PermitModel, ...] = ()

    @classmethod
    def of(cls, terms: Terms) -> TermsModel:
        """The wire form."""
        return cls.model_validate(
            {
                "vehicles": None if terms.vehicles is None else sorted(terms.vehicles),
                "weekly": terms.ban.weekly,
                "permits": [
                    {"begins_at": p.begins_at, "ends_at": p.ends_at, "note": p.note}
                    for p in terms.ban.permits
                ],
            }
        )

    def to_domain(self) -> Terms:
        """The domain value."""
        permits = tuple(Permit(p.begins_at, p.ends_at, p.note) for p in self.permits)
        vehicles = None if self.vehicles is None else frozenset(self.vehicles)
        return Terms(vehicles=vehicles, ban=Ban(self.weekly, permits))


class ViewModel(_Wire):
    """A fixed camera's picture or one preset of a ball camera."""

    view_id: str = Field(pattern=NAME, max_length=64)
    name_zh: str = ""
    name_en: str = ""
    preset: str | None = None
    stay_s: float = Field(10.0, gt=0)


class ZoneModel(_Wire):
    """A polygon on one view with the kind of incident it can open."""

    zone_id: str = Field(pattern=NAME, max_length=64)
    view_id: str
    kind: IncidentKind
    category: str = Field(pattern=CATEGORY, max_length=80)
    polygon: tuple[tuple[float, float], ...]
    name_zh: str = ""
    name_en: str = ""
    settings: dict[str, float] = Field(default_factory=dict)
    terms: TermsModel = TermsModel()

    @model_validator(mode="after")
    def _has_an_area(self) -> ZoneModel:
        problem = polygon_problem(tuple(Point(x, y) for x, y in self.polygon))
        if problem:
            raise ValueError(f"zone {self.zone_id}: {problem}")
        return self

    @classmethod
    def of(cls, zone: Zone) -> ZoneModel:
        """The wire form."""
        return cls.model_validate(slots_of(zone) | {"terms": TermsModel.of(zone.terms)})

    def to_domain(self, camera_id: str) -> Zone:
        """The domain value, on a camera."""
        return Zone(
            zone_id=self.zone_id,
            camera_id=camera_id,
            view_id=self.view_id,
            kind=self.kind,
            category=self.category,
            polygon=tuple(Point(x, y) for x, y in self.polygon),
            name_zh=self.name_zh,
            name_en=self.name_en,
            settings=dict(self.settings),
            terms=self.terms.to_domain(),
        )


class CameraModel(_Wire):
    """A camera with its views and zones."""

    camera_id: str = Field(pattern=NAME, max_length=64)
    kind: CameraKind = CameraKind.FIXED
    name_zh: str = ""
    name_en: str = ""
    url: str = Field(pattern=r"^rtsps?://")
    place: PlaceModel
    look_interval_s: float = Field(2.0, gt=0, le=3600)
    views: tuple[ViewModel, ...] = Field(min_length=1)
    zones: tuple[ZoneModel, ...] = ()
    ptz_url: str | None = Field(None, pattern=r"^https?://")
    heading_deg: float | None = Field(None, ge=0, lt=360)
    site: str = Field("", max_length=60)
    switch: str = Field("", max_length=60)

    @model_validator(mode="after")
    def _is_whole(self) -> CameraModel:
        views = [view.view_id for view in self.views]
        subjects = [(zone.view_id, zone.zone_id) for zone in self.zones]
        for what, names in (("view", views), ("zone", subjects)):
            if len(set(names)) < len(names):
                raise ValueError(f"a {what} is listed twice")
        for view_id, zone_id in subjects:
            if view_id not in views:
                raise ValueError(f"zone {zone_id}: there is no view {view_id!r}")
        if (self.kind is CameraKind.BALL) != (self.ptz_url is not None):
            raise ValueError("a ball camera, and only a ball camera, has a ptz_url")
        return self

    @classmethod
    def of(cls, camera: Camera) -> CameraModel:
        """The wire form."""
        return cls.model_validate(
            {
                "camera_id": camera.camera_id,
                "kind": camera.kind,
                "name_zh": camera.name_zh,
                "name_en": camera.name_en,
                "url": camera.url,
                "place": slots_of(camera.place),
                "look_interval_s": camera.look_interval_s,
                "views": [slots_of(view) for view in camera.views],
                "zones": [ZoneModel.of(zone) for zone in camera.zones],
                "ptz_url": camera.ptz_url,
                "heading_deg": camera.heading_deg,
                "site": camera.site,
                "switch": camera.switch,
            }
        )

    def to_domain(self) -> Camera:
        """The domain value."""
        return Camera(
            camera_id=self.camera_id,
            kind=self.kind,
            name_zh=self.name_zh,
            name_en=self.name_en,
            url=self.url,
            place=Place(self.place.lon, self.place.lat, self.place.crs),
            look_interval_s=self.look_interval_s,
            views=tuple(View(**view.model_dump()) for view in self.views),
            zones=tuple(zone.to_domain(self.camera_id) for zone in self.zones),
            ptz_url=self.ptz_url,
            heading_deg=self.heading_deg,
            site=self.site,
            switch=self.switch,
        )


class CameraMessage(Message):
    """One version of a camera's definition; a camera that was removed is a null value."""

    camera_id: str = Field(pattern=NAME, max_length=64)
    version: int = Field(ge=1)
    author: str = Field(max_length=80)
    at: AwareDatetime
    camera: CameraModel
    login: str | None = Field(None, max_length=2000)
    """User name and password as the vault sealed them; nobody reads them on the wire."""

    @model_validator(mode="after")
    def _is_of_one_camera(self) -> CameraMessage:
        if self.camera.camera_id != self.camera_id:
            raise ValueError(f"camera_id: {self.camera_id} holds {self.camera.camera_id}")
        return self

    @classmethod
    def of(
        cls, camera: Camera, login: str | None, version: int, author: str, at: datetime
    ) -> CameraMessage:
        """The wire form of a camera.

        Args:
            camera: The camera with its views and zones.
            login: Its login as the vault sealed it, or None.
            version: Counts the changes of this camera from 1.
            author: Who made this version; ``file`` for the configuration.
            at: When, aware.
        """
        return cls(
            camera_id=camera.camera_id,
            version=version,
            author=author,
            at=at,
            camera=CameraModel.of(camera),
            login=login,
        )

    def to_camera(self) -> Camera:
        """The domain value this message carries."""
        return self.camera.to_domain()

    @property
    def key(self) -> str:
        """Record key: the camera."""
        return self.camera_id


class ZoneStateModel(_Wire):
    """Where the rule of one zone stands."""

    shape: str
    """Of the zone; in a zone that was drawn anew, everything begins anew."""
    at: AwareDatetime
    state: Any
    zone: ZoneModel | None = None
    """The zone itself while something is open in it: it may be taken away while nobody looks."""


class IngestStateMessage(Message):
    """What a worker remembers of one camera, so that another can go on with the same incidents.

    Never ahead of the incidents that the broker has acknowledged.
    """

    camera_id: str = Field(pattern=NAME, max_length=64)
    at: AwareDatetime
    """Capture time of the newest look it contains."""
    worker: str = ""
    place: PlaceModel
    zones: dict[str, ZoneStateModel] = Field(default_factory=dict)
    """By ``view/zone``."""
    trails: dict[str, Any] = Field(default_factory=dict)
    """The tracker's memory by view."""
    scenes: dict[str, Any] = Field(default_factory=dict)
    """What each view usually looks like, and what is wrong with it, by view."""
    state: CameraState | None = None
    """What was said of the camera last, and since when."""
    since: AwareDatetime | None = None

    @property
    def key(self) -> str:
        """Record key: the camera."""
        return self.camera_id
