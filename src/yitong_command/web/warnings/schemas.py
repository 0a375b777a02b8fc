"""Public warnings on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from yitong_command.web.schemas import In, Out

Words = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*$")]
"""What XML can say."""


class WarningIn(In):
    """What an operator tells the public, in both languages; ``cancel`` says why it is over."""

    act: Literal["issue", "update", "cancel"] = "issue"
    status: Literal["Actual", "Exercise", "Test"] = "Actual"
    headline_zh: Words = Field(min_length=1, max_length=160, examples=["道路塌陷, 请绕行"])
    headline_en: Words = Field(min_length=1, max_length=160, examples=["Road collapsed, keep away"])
    description_zh: Words = Field(min_length=1, max_length=2000)
    description_en: Words = Field(min_length=1, max_length=2000)
    instruction_zh: Words = Field("", max_length=2000)
    instruction_en: Words = Field("", max_length=2000)
    urgency: Literal["Immediate", "Expected", "Future", "Past", "Unknown"] = "Immediate"
    certainty: Literal["Observed", "Likely", "Possible", "Unlikely", "Unknown"] = "Observed"
    grid_codes: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9]{14}$")], ...] = Field(
        (), max_length=100, description="where it holds; the case's own grid if none is named"
    )
    hours: int = Field(24, ge=1, le=72, description="for how long it holds")


class WarningOut(Out):
    """One message that was issued."""

    warning_id: str
    case_id: str
    seq: int
    kind: Literal["Alert", "Update", "Cancel"]
    status: str
    sent_at: datetime
    expires_at: datetime
    by: str
    text: dict[str, str]
    grid_codes: tuple[str, ...]
    cap: str = Field(description="address of the message as CAP 1.2")


class Warnings(Out):
    """All messages about a case, oldest first."""

    items: tuple[WarningOut, ...]
