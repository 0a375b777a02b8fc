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
