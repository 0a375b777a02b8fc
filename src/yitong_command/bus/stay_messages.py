"""Wire model of observations: how long something stood in a zone, reported or not."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from yitong_command.bus.messages import BoxModel, Message, PlaceModel
from yitong_command.domain.geometry import Box, Place, grid_cell
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.stay import Stay


class ObservationMessage(Message):
    """One stay in a zone when it ended: what a rule was told, without any picture."""

    stay_id: UUID
    kind: IncidentKind
    category: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$", max_length=80)
    subject: str = Field(max_length=200)
    camera_id: str = Field(max_length=64)
    view_id: str = Field(max_length=64)
    zone_id: str = Field(max_length=64)
    place: PlaceModel
    began_at: AwareDatetime
    came_at: AwareDatetime
    seen_at: AwareDatetime
    looks: int = Field(ge=0)
    seen: int = Field(ge=0)
    overlap: float = Field(1.0, ge=0, le=1)
    score: float = Field(1.0, ge=0, le=1)
    state: str = Field("", max_length=40)
    box: BoxModel | None = None
    reported: bool
    worker: str = Field("", max_length=80)

    @classmethod
    def of(cls, stay: Stay, worker: str) -> ObservationMessage:
        """The wire form of a stay."""
        values = {name: getattr(stay, name) for name in _PLAIN}
        place, box = stay.place, stay.box
        return cls(
            **values,
            place=PlaceModel(lon=place.lon, lat=place.lat, crs=place.crs),
            box=BoxModel(**box._asdict()) if box else None,
            worker=worker,
        )

    def to_domain(self) -> Stay:
        """The domain value this message carries."""
        values = {name: getattr(self, name) for name in _PLAIN}
        return Stay(
            **values,
            place=Place(self.place.lon, self.place.lat, self.place.crs),
            box=Box(**self.box.model_dump()) if self.box else None,
        )

    @property
    def key(self) -> str:
        """Record key: the grid cell of the place."""
        return grid_cell(Place(self.place.lon, self.place.lat, self.place.crs))


_PLAIN = (
    "stay_id", "kind", "category", "subject", "camera_id", "view_id", "zone_id", "began_at",
    "came_at", "seen_at", "looks", "seen", "overlap", "score", "state", "reported",
)  # fmt: skip
