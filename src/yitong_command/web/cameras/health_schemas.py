"""Answers about the cameras' health."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from yitong_command.web.schemas import Out


class FaultOut(Out):
    """A device fault: one camera, or all that failed together."""

    fault_id: str
    kind: str = Field(description="worker, switch, site or camera", examples=["switch"])
    name: str = Field(examples=["sw-a"])
    state: str = Field(examples=["off"])
    began_at: datetime
    ended_at: datetime | None
    cameras: tuple[str, ...] = Field(description="Those that are out now")
    recovered: tuple[str, ...]
    reason_zh: str
    reason_en: str
    repeats: int = Field(description="How often it came back")
    folded_into: str | None = None
    changed_at: datetime


class Faults(Out):
    """Device faults, those that last first."""

    items: tuple[FaultOut, ...]


class BlindOut(Out):
    """A time in which a camera watched nothing."""

    began_at: datetime
    ended_at: datetime | None
    state: str
    reason_zh: str
    reason_en: str


class WatchedOut(Out):
    """How long cameras watched; never a share without its denominator."""

    observed_s: float = Field(description="Seconds in which anything was known of them")
    blind_s: float = Field(description="Of these, blind")
    cameras: int
    availability: float | None = Field(description="1 - blind_s / observed_s", examples=[0.997])


class Blind(WatchedOut):
    """A camera's blind times in a period."""

    camera_id: str
    begin: datetime
    end: datetime
    items: tuple[BlindOut, ...]


class CameraWatched(WatchedOut):
    """One camera."""

    camera_id: str
    township_zh: str
    township_en: str
    interruptions: int


class TownshipDay(WatchedOut):
    """All cameras of a township on one day of the county."""

    township_zh: str
    township_en: str
    day: date


class Availability(Out):
    """How long the cameras watched."""

    begin: datetime
    end: datetime
    total: WatchedOut
    cameras: tuple[CameraWatched, ...]
    townships: tuple[TownshipDay, ...]
