"""Requests and answers of the worker's tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from yitong_command.web.schemas import In, Out, PlaceOut, Text


class TaskView(Out):
    """One assignment of a case to a worker."""

    task_id: str = Field(examples=["YT20261123-000012-T1"])
    case_id: str = Field(examples=["YT20261123-000012"])
    state: Literal["dispatched", "accepted", "arrived", "handled", "returned", "withdrawn"]
    assignee: str = Field(examples=["worker1"])
    assignee_name_zh: str
    assignee_name_en: str
    post: Literal["A", "B"]
    title_zh: str
    title_en: str
    place_zh: str
    place_en: str
    place: PlaceOut
    severity: int = Field(ge=1, le=4, examples=[3])
    category: str = Field(examples=["cp_parking"])
    due_at: datetime | None
    created_at: datetime
    accepted_at: datetime | None
    arrived_at: datetime | None
    handled_at: datetime | None
    case_version: int = Field(examples=[3], description="send it back with the next step")
    case_state: str = Field(examples=["dispatched"])
    return_until: datetime | None = Field(description="Until when it may be handed back")
    extensions: int = Field(description="How often more time was granted")
    evidence: str | None = Field(description="SHA-256 of the camera's picture")
    grid_code: str | None


class Tasks(Out):
    """The worker's tasks."""

    items: tuple[TaskView, ...]


class Sent(In):
    """What every act of a phone brings; sent again with the same number it is not done again."""

    version: int = Field(ge=1, examples=[3])
    client_id: UUID | None = Field(None, description="The phone's own number of this act")
    said_at: AwareDatetime | None = Field(None, description="When it was pressed")


class Accept(Sent):
    """Take a task."""


class Arrive(Sent):
    """Say that one has arrived; the place is only sent if the worker agrees."""

    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)


class Return(Sent):
    """Hand a task back: it is not mine."""

    note: Text = Field(min_length=1, max_length=2000, examples=["不属于我的网格"])


class Extend(Sent):
    """Ask for more time."""

    minutes: int = Field(ge=1, le=525600, examples=[120])
    note: Text = Field(min_length=1, max_length=2000, examples=["缺少配件"])


class LookView(Out):
    """A case that this worker is asked to look at."""

    kind: Literal["verify", "check"]
    case_id: str = Field(examples=["YT20261123-000012"])
    case_version: int
    title_zh: str
    title_en: str
    place_zh: str
    place_en: str
    place: PlaceOut
    severity: int = Field(ge=1, le=4)
    category: str
    grid_code: str | None
    evidence: str | None = Field(description="SHA-256 of the picture from the report")
    after: str | None = Field(description="SHA-256 of the newest picture of the result")
    since: datetime


class Looks(Out):
    """What this worker is asked to look at, longest waiting first."""

    items: tuple[LookView, ...]


class Looked(Out):
    """A look was kept."""

    case_id: str
    version: int
    state: str
