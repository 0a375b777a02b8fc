"""Wire models of all messages.

Readers ignore fields they do not know; a field is never renamed or made narrower within one
``schema_version``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from yitong_command.domain.camera import CameraState
from yitong_command.domain.geometry import Box, Place, grid_cell
from yitong_command.domain.incident import Change, EvidenceRef, Incident, IncidentKind


def slots_of(value: object) -> dict[str, Any]:
    """The fields of a slotted value of the core by name, as a wire model takes them."""
    return {name: getattr(value, name) for name in value.__slots__}  # type: ignore[attr-defined]


class Message(BaseModel):
    """Base of all wire models: frozen, tolerant of unknown fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    schema_version: Literal[1] = 1

    @property
    def key(self) -> str:
        """Record key; records of one key stay in order."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Tombstone:
    """In place of a message of a compacted topic: its key is no more (null on the wire).

    Attributes:
        key: Record key.
        model: The wire model of what is withdrawn.
    """

    key: str
    model: type[Message]


class PlaceModel(BaseModel):
    """A place on the ground, degrees."""

    model_config = ConfigDict(frozen=True)
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    crs: Literal["CGCS2000", "WGS84", "GCJ02"] = "CGCS2000"


class BoxModel(BaseModel):
    """An xyxy box in [0, 1] of the view."""

    model_config = ConfigDict(frozen=True)
    x0: float = Field(ge=0, le=1)
    y0: float = Field(ge=0, le=1)
    x1: float = Field(ge=0, le=1)
    y1: float = Field(ge=0, le=1)


class EvidenceModel(BaseModel):
    """A stored picture, found at its hash in the evidence store."""

    model_config = ConfigDict(frozen=True)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    source_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    captured_at: AwareDatetime
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    masked: Literal[True] = True


class IncidentMessage(Message):
    """A condition opened or cleared by a rule."""

    incident_id: UUID
    change: Change
    kind: IncidentKind
    category: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$", max_length=80)
    source: str = Field(pattern=r"^[a-z0-9_]+$", max_length=40)
    subject: str = Field(max_length=200)
    camera_id: str = Field(max_length=64)
    view_id: str = Field(max_length=64)
    zone_id: str = Field(max_length=64)
    place: PlaceModel
    began_at: AwareDatetime
    changed_at: AwareDatetime
    state: str = Field("", max_length=40)
    score: float = Field(1.0, ge=0, le=1)
    box: BoxModel | None = None
    reason_zh: str = Field("", max_length=400)
    reason_en: str = Field("", max_length=400)
    evidence: tuple[EvidenceModel, ...] = ()
    worker: str = Field("", max_length=80)
    sensor_id: str = Field("", max_length=64)

    @classmethod
    def of(cls, incident: Incident, worker: str) -> IncidentMessage:
        """The wire form of an incident.

        Args:
            incident: What the rule opened or cleared.
            worker: Name of the ingest worker that reports it.
        """
        return cls(
            incident_id=incident.incident_id,
            change=incident.change,
            kind=incident.kind,
            category=incident.category,
            source=incident.source,
            subject=incident.subject,
            camera_id=incident.camera_id,
            view_id=incident.view_id,
            zone_id=incident.zone_id,
            place=PlaceModel(**slots_of(incident.place)),
            began_at=incident.began_at,
            changed_at=incident.changed_at,
            state=incident.state,
            score=incident.score,
            box=BoxModel(**incident.box._asdict()) if incident.box else None,
            reason_zh=incident.reason_zh,
            reason_en=incident.reason_en,
            evidence=tuple(EvidenceModel(**slots_of(item)) for item in incident.evidence),
            worker=worker,
            sensor_id=incident.sensor_id,
        )

    def to_domain(self) -> Incident:
        """The domain value this message carries."""
        return Incident(
            incident_id=self.incident_id,
            change=self.change,
            kind=self.kind,
            category=self.category,
            source=self.source,
            subject=self.subject,
            camera_id=self.camera_id,
            view_id=self.view_id,
            zone_id=self.zone_id,
            place=Place(self.place.lon, self.place.lat, self.place.crs),
            began_at=self.began_at,
            changed_at=self.changed_at,
            state=self.state,
            score=self.score,
            box=Box(**self.box.model_dump()) if self.box else None,
            reason_zh=self.reason_zh,
            reason_en=self.reason_en,
            evidence=tuple(EvidenceRef(**item.model_dump()) for item in self.evidence),
            sensor_id=self.sensor_id,
        )

    @property
    def key(self) -> str:
        """Record key: the grid cell of the place."""
        return grid_cell(Place(self.place.lon, self.place.lat, self.place.crs))


class CameraStateMessage(Message):
    """Newest state of one camera."""

    camera_id: str
    state: CameraState
    since: AwareDatetime
    at: AwareDatetime
    reason_zh: str = ""
    reason_en: str = ""
    view_id: str = "main"
    worker: str = ""
    worker_url: str = ""
    looks: int = 0
    dropped_frames: int = 0
    excused: bool = False
    """Not judged only because it turns from one view to the next."""

    @property
    def key(self) -> str:
        """Record key: the camera."""
        return self.camera_id


class CaseMessage(Message):
    """One change of one case, as the outbox recorded it."""

    change_id: UUID
    case_id: str
    version: int
    state: str
    previous_state: str | None
    category: str
    severity: int = Field(ge=1, le=4)
    title_zh: str
    title_en: str
    grid_code: str | None
    place: PlaceModel
    holder: str | None
    due_at: AwareDatetime | None
    changed_at: AwareDatetime
    changed_by: str
    incident_ids: tuple[UUID, ...] = ()

    @property
    def key(self) -> str:
        """Record key: the case."""
        return self.case_id


class TaskMessage(Message):
    """One change of one task."""

    change_id: UUID
    task_id: str
    case_id: str
    state: str
    assignee: str
    post: Literal["A", "B"]
    severity: int = Field(ge=1, le=4)
    title_zh: str
    title_en: str
    due_at: AwareDatetime | None
    changed_at: AwareDatetime

    @property
    def key(self) -> str:
        """Record key: the case, so that tasks of one case stay in order."""
        return self.case_id


class AlertMessage(Message):
    """A notice for screens; ``change`` says what the screen does with it."""

    change_id: UUID
    alert_id: str
    case_id: str
    change: Literal["opened", "repeated", "cleared", "confirmed", "rejected"]
    severity: int = Field(ge=1, le=4)
    category: str
    kind: str
    source: str
    title_zh: str
    title_en: str
    reason_zh: str = ""
    reason_en: str = ""
    place: PlaceModel
    place_zh: str = ""
    place_en: str = ""
    grid_code: str | None = None
    camera_id: str | None = None
    view_id: str | None = None
    zone_id: str | None = None
    box: BoxModel | None = None
    evidence: str | None = None
    began_at: AwareDatetime
    opened_at: AwareDatetime
    changed_at: AwareDatetime
    case_state: str
    case_version: int
    repeats: int = 0
    second_look: bool = False

    @property
    def key(self) -> str:
        """Record key: the case."""
        return self.case_id


class DeadLetter(Message):
    """A message that could not be handled."""

    source_topic: str
    partition: int
    offset: int
    key_b64: str | None
    value_b64: str
    reason: str
    at: AwareDatetime
    replay_of: str = ""
    """The dead letter whose replay failed again, ``partition-offset``; "" for a first failure."""

    @property
    def key(self) -> str:
        """Record key: the topic it came from."""
        return self.source_topic
