"""Answers with figures: never a rate without its counts."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from yitong_command.web.schemas import Out


class KpiFigure(Out):
    """One figure; below 20 there is no rate."""

    code: str = Field(examples=["handled_in_time"])
    zh: str = Field(examples=["按期处置率"])
    en: str = Field(examples=["handled in time"])
    count: int = Field(examples=[57])
    of: int = Field(examples=[60])
    rate: float | None = Field(examples=[0.95])


class KpisOut(Out):
    """The figures of a period; cases closed by force are in none of them."""

    begin: AwareDatetime
    end: AwareDatetime
    figures: tuple[KpiFigure, ...]
    closed_by_force: int
    reported: dict[str, int]


class WeeksOut(Out):
    """The figures of several weeks, oldest first; the last one may not be over."""

    items: tuple[KpisOut, ...]


class LoadOut(Out):
    """The tasks of one worker; the name is told to duty leaders only."""

    name_zh: str | None
    name_en: str | None
    given: int
    handled: int
    open: int


class WorkloadOut(Out):
    """How evenly the tasks of a period lie on the workers: for balance, not for ranking."""

    begin: AwareDatetime
    end: AwareDatetime
    workers: int
    tasks: int
    median: float
    busiest: int = Field(description="tasks of the busiest tenth of the workers")
    busiest_rate: float | None = Field(description="of all tasks; none below 20")
    items: tuple[LoadOut, ...]
