"""Asking for protected details, and the answer."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from yitong_command.domain.privacy import SHORTEST_PURPOSE
from yitong_command.web.schemas import In, Out, Text


class Purpose(In):
    """Why somebody looks; it is written into the audit log before anything is shown."""

    purpose: Text = Field(
        min_length=SHORTEST_PURPOSE, max_length=300, examples=["上门随访前核对地址"]
    )


class DetailIn(In):
    """A text about the person, to be sealed."""

    text: Text = Field(min_length=1, max_length=4000, examples=["随访: 已按时服药"])


class DetailOut(Out):
    """One thing that was written down."""

    text: str
    by: str
    at: AwareDatetime


class Details(Out):
    """The details of one case."""

    case_id: str
    pseudonym: str = Field(description="the same for all cases of one person, and nothing else")
    category: str
    subtype: str
    title_zh: str
    place_zh: str
    lon: float
    lat: float
    items: tuple[DetailOut, ...]
