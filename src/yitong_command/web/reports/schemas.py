"""Answers of the public page and to workers who report."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from yitong_command.web.schemas import Out, PlaceOut


class ChoiceOut(Out):
    """One category in plain words."""

    code: str = Field(examples=["ar_manhole.missing_shifted"])
    zh: str
    en: str


class SpotOut(Out):
    """The place whose QR code was read."""

    code: str
    name_zh: str
    name_en: str
    place: PlaceOut


class ReportForm(Out):
    """What the page needs before somebody can report."""

    choices: tuple[ChoiceOut, ...]
    spot: SpotOut | None
    outlines: tuple[tuple[tuple[float, float], ...], ...] = Field(
        description="outlines of the county's grids, degrees, to press a place on"
    )


class ReceiptOut(Out):
    """The number under which one can ask, and how it stands."""

    receipt: str = Field(examples=["7KQ2M-XH4TB"])
    state: Literal["received", "waiting", "handling", "done", "not_filed", "withdrawn", "refused"]
    state_zh: str
    state_en: str
    received_at: datetime
