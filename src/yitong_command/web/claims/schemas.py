"""Requests and answers about who works on what."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from yitong_command.web.schemas import In, Out


class ClaimIn(In):
    """Say that one works on a case, or still does."""

    take: bool = Field(False, description="Take it over from somebody else, on purpose")


class ClaimOut(Out):
    """Somebody works on a case."""

    case_id: str = Field(examples=["YT20261123-000012"])
    username: str = Field(examples=["desk2"])
    name_zh: str = Field(examples=["值班员二"])
    name_en: str = Field(examples=["Desk Two"])
    taken_at: datetime
    until: datetime = Field(description="It ends then, unless it is said again before")


class Claims(Out):
    """Who works on what now."""

    items: tuple[ClaimOut, ...]


class ClaimEvent(Out):
    """The live event ``claim``: who works on a case now, or nobody any more."""

    case_id: str
    claim: ClaimOut | None
