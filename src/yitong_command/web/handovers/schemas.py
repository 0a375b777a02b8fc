"""Questions and answers about shift handovers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from yitong_command.web.schemas import In, Out, Text

Note = Annotated[Text, Field(max_length=2000)]


class SheetCase(Out):
    """A case as the sheet tells of it."""

    case_id: str
    severity: int
    state: str
    title_zh: str
    title_en: str
    place_zh: str
    place_en: str
    grid_code: str | None
    holder: str | None
    holder_name_zh: str
    holder_name_en: str
    due_at: datetime | None
    reported_at: datetime


class SheetCases(Out):
    """Cases of one kind: how many, and the first of them."""

    total: int
    items: tuple[SheetCase, ...]


class SheetMode(Out):
    """An emergency or rehearsal that holds."""

    mode_id: str
    rehearsal: bool
    areas_zh: str
    areas_en: str
    reason: str
    ends_at: datetime


class SheetFault(Out):
    """A device fault that lasts."""

    kind: str
    reason_zh: str
    reason_en: str
    began_at: datetime
    cameras: int


class SheetSensors(Out):
    """Sensors that can't be relied on, of all."""

    total: int
    silent: int
    doubtful: int


class SheetQuiet(Out):
    """A detector whose alerts wait for a second look, because it was often wrong."""

    camera_id: str
    camera_zh: str
    camera_en: str
    kind: str


class SheetQuestion(Out):
    """A merge question that nobody has answered."""

    question_id: str
    severity: int
    one: str
    other: str
    reason_zh: str
    reason_en: str


class SheetPerson(Out):
    """Somebody of the B roster on duty."""

    name_zh: str
    name_en: str
    role_zh: str
    role_en: str
    areas_zh: str
    areas_en: str


class Sheet(Out):
    """What one shift leaves to the next, as the database has it at ``made_at``."""

    made_at: datetime
    blocked_by: tuple[str, ...] = Field(description="critical cases nobody has decided on")
    open: int
    urgent: SheetCases = Field(description="open cases of severity 1 and 2")
    overdue: SheetCases
    held: SheetCases = Field(description="cases that go from one person to the other")
    modes: tuple[SheetMode, ...]
    cameras_total: int
    cameras_live: int
    faults: tuple[SheetFault, ...]
    sensors: SheetSensors
    quiet: tuple[SheetQuiet, ...]
    questions: tuple[SheetQuestion, ...]
    b_roster: tuple[SheetPerson, ...]


class PersonOut(Out):
    """An operator one can hand over to."""

    username: str
    name_zh: str
    name_en: str


class SheetOut(Out):
    """The sheet as it would be signed now, and who it can be given to."""

    sheet: Sheet
    may_sign: bool = Field(description="operators sign; others read")
    people: tuple[PersonOut, ...]


class OfferIn(In):
    """The first signature."""

    incoming: Annotated[Text, Field(min_length=1, max_length=64)]
    note: Note = ""


class AcceptIn(In):
    """The second signature, under exactly the sheet that was read."""

    sheet_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    note: Note = ""


class HandoverOut(Out):
    """A handover."""

    handover_id: str
    state: Literal["offered", "done", "withdrawn"]
    outgoing: str
    outgoing_name_zh: str
    outgoing_name_en: str
    incoming: str
    incoming_name_zh: str
    incoming_name_en: str
    sheet: Sheet
    sheet_sha256: str
    note_out: str
    note_in: str
    signed_out_at: datetime
    signed_in_at: datetime | None
    withdrawn_at: datetime | None
    cases: tuple[str, ...] = Field(description="cases that changed hands with it")


class Handovers(Out):
    """The newest handovers."""

    items: tuple[HandoverOut, ...]
