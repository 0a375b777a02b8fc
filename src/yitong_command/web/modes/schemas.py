"""Questions and answers about emergencies."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from yitong_command.domain.mode import MAX_HOURS
from yitong_command.web.rosters.schemas import AreaCode, Slug
from yitong_command.web.schemas import In, Out, Text

Reason = Annotated[Text, Field(min_length=4, max_length=400)]


class ProposalIn(In):
    """What somebody wants to switch."""

    areas: tuple[AreaCode, ...] = Field(
        min_length=1, max_length=200, description="county, townships, villages or grids"
    )
    categories: tuple[Slug, ...] | None = Field(
        None, min_length=1, max_length=40, description="null: all"
    )
    reason: Reason
    hours: int = Field(24, ge=1, le=MAX_HOURS, description="after this it ends by itself")
    look_percent: int = Field(50, ge=10, le=100, description="look interval, percent of the usual")
    rehearsal: bool = Field(False, description="nothing is changed and nothing is sent")


class ModeOut(Out):
    """An emergency or a rehearsal."""

    mode_id: str
    version: int
    state: str = Field(description="proposed, active, ended or withdrawn")
    rehearsal: bool
    areas: tuple[str, ...]
    areas_zh: str
    areas_en: str
    categories: tuple[str, ...] | None
    categories_zh: str
    categories_en: str
    reason: str
    hours: int
    look_percent: int
    proposed_by: str
    proposed_at: datetime
    confirmed_by: str | None
    begins_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    effects: dict[str, Any]
    may_confirm: bool
    may_end: bool


class Modes(Out):
    """Emergencies, newest first."""

    items: tuple[ModeOut, ...]


class BannerOut(Out):
    """What every page says while an emergency or a rehearsal holds."""

    mode_id: str
    rehearsal: bool
    areas_zh: str
    areas_en: str
    categories_zh: str
    categories_en: str
    reason: str
    ends_at: datetime
    my_post: bool = Field(description="whether I have a B post in it")
    checked_in: bool


class Banners(Out):
    """All that hold now."""

    items: tuple[BannerOut, ...]


class FigureOut(Out):
    """One number, with what it is counted of."""

    name: str
    zh: str
    en: str
    count: int
    of: int | None


class DebriefOut(Out):
    """The report of an emergency or a rehearsal."""

    mode: ModeOut
    until: datetime
    figures: tuple[FigureOut, ...]
