"""Ball cameras in hand: requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from yitong_command.web.schemas import In, Out, Text


class HeadOrder(In):
    """What to do with a ball camera; there is no order that follows anything."""

    action: Literal["take", "move", "stop", "preset", "resume"]
    pan: float = Field(0.0, ge=-1, le=1, description="Speed to the right, for move")
    tilt: float = Field(0.0, ge=-1, le=1, description="Speed upwards, for move")
    zoom: float = Field(0.0, ge=-1, le=1, description="Speed nearer, for move")
    view_id: Text = Field("", max_length=64, description="For preset", examples=["left"])


class HeadOut(Out):
    """How a ball camera's head is."""

    holder: str | None = Field(description="Who has it in hand; null on its round")
    holder_name_zh: str
    holder_name_en: str
    since: datetime | None
    resumes_at: datetime | None = Field(description="When the round goes on if nobody steers")
    view_id: str | None = Field(description="The view where it stands, if at one")
    lost: bool = Field(description="Whether the head did not answer")
    mine: bool = Field(False, description="Whether it is in the hand of who asks")


class ViewOrder(In):
    """One view of a camera."""

    view_id: Text = Field(max_length=64, examples=["centre"])


class ProofOut(Out):
    """A masked picture of a view, taken on request once the camera stood there."""

    view_id: str
    sha256: str = Field(description="In the evidence store")
    captured_at: datetime
    width: int
    height: int


class Relearned(Out):
    """The view whose usual look is learned anew."""

    view_id: str
