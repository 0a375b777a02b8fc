"""JSON of merging."""

from __future__ import annotations

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from yitong_command.web.schemas import PlaceOut


class Side(BaseModel):
    """One of the two cases of a question."""

    model_config = ConfigDict(from_attributes=True)
    case_id: str
    state: str
    category: str
    severity: int
    title_zh: str
    title_en: str
    place_zh: str
    place_en: str
    place: PlaceOut
    source: str
    began_at: AwareDatetime
    camera_id: str | None
    evidence: str | None
    incident_count: int


class Question(BaseModel):
    """Are these two of one fact? ``one`` is the newer case."""

    model_config = ConfigDict(from_attributes=True)
    question_id: str
    severity: int
    probability: float
    distance_m: float | None
    gap_s: float
    reason_zh: str
    reason_en: str
    at: AwareDatetime
    one: Side
    other: Side


class Questions(BaseModel):
    """Open questions, the most urgent first."""

    items: tuple[Question, ...]


class SameFactIn(BaseModel):
    """What an operator says."""

    model_config = ConfigDict(extra="forbid")
    same: bool


class Answered(BaseModel):
    """What became of a question; ``case_id`` has both if they are of one fact."""

    question_id: str
    same: bool
    case_id: str | None


class Telling(BaseModel):
    """One telling of a case, and why it is in it."""

    model_config = ConfigDict(from_attributes=True)
    telling: str
    category: str
    source: str
    place: PlaceOut | None
    words: str
    at: AwareDatetime
    reason_zh: str
    reason_en: str
    probability: float | None
    joined_at: AwareDatetime | None
    split_until: AwareDatetime | None


class Tellings(BaseModel):
    """Everything told of a case, the oldest first."""

    items: tuple[Telling, ...]


class SplitIn(BaseModel):
    """Which telling is taken out, and why."""

    model_config = ConfigDict(extra="forbid")
    telling: str = Field(min_length=1, max_length=160)
    note: str = Field(min_length=1, max_length=400)


class SplitDone(BaseModel):
    """The case that the telling is now."""

    case_id: str


class Member(BaseModel):
    """A case in a group; an inhibited one is shown within it and without a sound."""

    model_config = ConfigDict(from_attributes=True)
    case_id: str
    inhibited: bool
    reason_zh: str
    reason_en: str


class EventGroup(BaseModel):
    """What one cause brought."""

    model_config = ConfigDict(from_attributes=True)
    group_id: str
    kind: str
    name_zh: str
    name_en: str
    categories: tuple[str, ...]
    began_at: AwareDatetime
    last_at: AwareDatetime
    size: int
    reason_zh: str
    reason_en: str
    members: tuple[Member, ...]


class EventGroups(BaseModel):
    """Groups that last, the oldest first."""

    items: tuple[EventGroup, ...]
