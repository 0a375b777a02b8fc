"""Answers with figures: never a rate without its counts."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from yitong_command.web.schemas import Out


class FigureOut(Out):
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
    figures: tuple[FigureOut, ...]
    closed_by_force: int
    reported: dict[str, int]
