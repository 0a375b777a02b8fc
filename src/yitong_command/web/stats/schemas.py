"""Answers about numbers."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from yitong_command.web.schemas import Out


class Today(Out):
    """Counts since midnight, county time."""

    since: datetime
    alerts: int
    cases: int
    by_state: dict[str, int] = Field(examples=[{"reported": 3, "closed": 5}])
    by_severity: dict[str, int] = Field(examples=[{"2": 1, "3": 7}])
    by_category: dict[str, int] = Field(examples=[{"cp_parking": 8}])


class CameraCounts(Out):
    """Cameras by their state."""

    total: int
    connecting: int = 0
    live: int = 0
    late: int = 0
    frozen: int = 0
    covered: int = 0
    not_judged: int = 0
    off: int = 0


class Stats(Out):
    """The numbers at the head of the desk."""

    today: Today
    cameras: CameraCounts


class PrecisionOut(Out):
    """How often alerts were right; never a rate without its counts."""

    reviewed: int = Field(description="Alerts judged true or false", examples=[42])
    confirmed: int = Field(description="Those judged true", examples=[37])
    precision: float | None = Field(
        description="confirmed / reviewed; null below 20 reviewed", examples=[0.881]
    )
    low: float | None = Field(description="Lower 95 % bound (Wilson)", examples=[0.75])
    high: float | None = Field(description="Upper 95 % bound (Wilson)", examples=[0.948])


class DetectorPrecision(PrecisionOut):
    """One kind on one camera."""

    kind: str = Field(examples=["illegal_parking"])
    camera_id: str = Field(examples=["cam-001"])
    second_look: bool = Field(description="Whether a new alert of it would be shown quietly now")


class HourPrecision(PrecisionOut):
    """One kind in one hour of the county's day, all cameras together."""

    kind: str = Field(examples=["illegal_parking"])
    hour: int = Field(ge=0, le=23, examples=[21])


class PrecisionStats(Out):
    """How often the cameras' alerts were right, judged by the operators."""

    since: datetime
    days: int = Field(examples=[30])
    bar: float = Field(description="Precision that is asked for", examples=[0.7])
    items: tuple[DetectorPrecision, ...]
    by_hour: tuple[HourPrecision, ...]
