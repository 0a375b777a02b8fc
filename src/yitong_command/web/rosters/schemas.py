"""Questions and answers about rosters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from yitong_command.web.schemas import In, Out, Text

Username = Annotated[str, StringConstraints(pattern=r"^[a-z0-9._-]+$", max_length=64)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
AreaCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6,21}$")]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Note = Annotated[Text, Field(max_length=200)]


class ShiftIn(In):
    """Hours of a day, China time; 0 is Monday."""

    begins: Clock = Field(examples=["20:00"])
    ends: Clock = Field(examples=["08:00"])
    days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = Field(
        (0, 1, 2, 3, 4, 5, 6), min_length=1, max_length=7
    )


class DutyIn(In):
    """A line of the roster."""

    username: Username
    post: Literal["A", "B"]
    role: Slug
    areas: tuple[AreaCode, ...] | None = Field(
        None, max_length=300, description="codes of any level; null: the whole county"
    )
    from_at: AwareDatetime | None = None
    until_at: AwareDatetime | None = None
    shift: ShiftIn | None = None


class LeaveIn(In):
    """Somebody is away; a worker asks for the own, the desk enters anybody's."""

    username: Username | None = Field(None, description="null: myself")
    from_at: AwareDatetime
    until_at: AwareDatetime
    note: Note = ""


class SwapIn(In):
    """Somebody else does my duty."""

    with_user: Username
    from_at: AwareDatetime
    until_at: AwareDatetime
    note: Note = ""


class AnswerIn(In):
    """Yes or no."""

    agree: bool


class VersionIn(In):
    """The version this person saw."""

    version: int = Field(ge=1)


class EntryOut(Out):
    """A line as it is now."""

    entry_id: str
    version: int
    kind: str = Field(description="duty, leave or swap")
    username: str
    name_zh: str
    name_en: str
    state: str = Field(
        description="holds; asked, granted, declined; asked, agreed, declined, withdrawn"
    )
    content: dict[str, Any]
    author: str
    at: datetime
    removed: bool


class Entries(Out):
    """Lines of the roster."""

    items: tuple[EntryOut, ...]


class OnDutyOut(Out):
    """A person on duty."""

    username: str
    name_zh: str
    name_en: str
    has_account: bool
    post: str
    role: str
    role_zh: str
    role_en: str
    areas: tuple[str, ...] | None
    areas_zh: str
    areas_en: str
    stands_in_for: str | None
    shift_until: datetime | None
    open_tasks: int
    joined: bool = Field(description="a B post that is filled now, because of an emergency")


class GridDuty(Out):
    """A grid with who is on duty in it."""

    code: str
    name_zh: str
    name_en: str
    people: tuple[int, ...] = Field(description="places in ``people``")


class DutyNow(Out):
    """Who is on duty at a moment."""

    at: datetime
    people: tuple[OnDutyOut, ...]
    grids: tuple[GridDuty, ...]
