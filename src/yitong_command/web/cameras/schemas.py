"""Answers about cameras."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from yitong_command.web.schemas import BoxOut, Out, PlaceOut


class ViewOut(Out):
    """A fixed camera's picture, or one preset of a ball camera."""

    view_id: str = Field(examples=["main"])
    name_zh: str
    name_en: str


class ZoneOut(Out):
    """A polygon on a view, corners in [0, 1]."""

    zone_id: str = Field(examples=["no-parking"])
    view_id: str = Field(examples=["main"])
    kind: str = Field(examples=["illegal_parking"])
    category: str = Field(examples=["cp_parking.no_parking_zone"])
    name_zh: str
    name_en: str
    polygon: tuple[tuple[float, float], ...] = Field(
        examples=[[[0.1, 0.5], [0.9, 0.5], [0.9, 0.9], [0.1, 0.9]]]
    )


class CameraStateOut(Out):
    """What can be said of a camera's picture now."""

    state: Literal["connecting", "live", "late", "frozen", "covered", "not_judged", "off"]
    since: datetime | None
    at: datetime | None = Field(description="when a worker last said so; null if never")
    reason_zh: str
    reason_en: str
    view_id: str = Field(examples=["main"])
    looks: int


class CameraOut(Out):
    """A camera with its views, zones and state."""

    camera_id: str = Field(examples=["cam-001"])
    kind: Literal["fixed", "ball"]
    name_zh: str
    name_en: str
    place: PlaceOut
    heading_deg: float | None
    views: tuple[ViewOut, ...]
    zones: tuple[ZoneOut, ...]
    state: CameraStateOut


class Cameras(Out):
    """All cameras."""

    items: tuple[CameraOut, ...]


class LookBox(Out):
    """One thing seen in the last look."""

    label: str = Field(examples=["car"])
    score: float = Field(examples=[0.91])
    box: BoxOut
    track_id: str | None = None


class LookCover(Out):
    """What the last look showed of one manhole cover."""

    zone_id: str
    state: str | None
    reason: str = Field("", description="Why it can't be said; empty where it can")


class Look(Out):
    """What the worker saw in its last look at a camera."""

    camera_id: str
    view_id: str
    at: datetime | None
    judged: bool
    reason: str = ""
    boxes: tuple[LookBox, ...] = ()
    covers: tuple[LookCover, ...] = ()
