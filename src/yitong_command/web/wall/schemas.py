"""The answer for the wall; it has no field for a name, an address or a case."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from yitong_command.web.schemas import Out
from yitong_command.web.stats.schemas import CameraCounts


class Severities(Out):
    """Open cases by severity."""

    s1: int = 0
    s2: int = 0
    s3: int = 0
    s4: int = 0


class Load(Out):
    """What is open somewhere; protected cases are in the counts."""

    open: int = 0
    fresh: int = Field(0, description="wait for a decision")
    overdue: int = 0
    by_severity: Severities = Severities()


class WallGrid(Load):
    """Load of one grid."""

    code: str


class WallTownship(Load):
    """Load of one township; a lamp for each severity that is open."""

    code: str
    name_zh: str
    name_en: str


class WallItem(Out):
    """A case by its kind and township; never one about a protected person."""

    severity: int
    kind_zh: str
    kind_en: str
    township_zh: str
    township_en: str
    source: str
    reported_at: datetime
    due_at: datetime | None


class WallFigure(Out):
    """So many of so many today; below 20 there is no rate."""

    code: str
    zh: str
    en: str
    count: int
    of: int
    rate: float | None


class WallFault(Out):
    """A device fault that lasts."""

    kind: str
    reason_zh: str
    reason_en: str
    began_at: datetime
    cameras: int


class WallSensors(Out):
    """Sensors by what they say."""

    total: int
    normal: int
    alarm: int
    doubtful: int
    silent: int


class WallOut(Out):
    """Everything on the wall at one moment."""

    at: datetime
    since: datetime = Field(description="midnight in the county")
    alerts_today: int
    cases_today: int
    closed_today: int
    total: Load
    figures: tuple[WallFigure, ...]
    townships: tuple[WallTownship, ...]
    grids: tuple[WallGrid, ...]
    fresh: tuple[WallItem, ...]
    overdue: tuple[WallItem, ...]
    cameras: CameraCounts
    sensors: WallSensors
    faults: tuple[WallFault, ...]
