"""Requests and answers of the worker's tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from yitong_command.web.schemas import In, Out, PlaceOut


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
    evidence: str | None = Field(description="SHA-256 of the camera's picture")
    grid_code: str | None


class Tasks(Out):
    """The worker's tasks."""

    items: tuple[TaskView, ...]


class Accept(In):
    """Take a task."""

    version: int = Field(ge=1, examples=[3])


class Arrive(In):
    """Say that one has arrived; the place is only sent if the worker agrees."""

    version: int = Field(ge=1, examples=[4])
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
