"""Requests and answers of a replay."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from yitong_command.web.schemas import Out

FileName = Literal["rules.yaml", "taxonomy.yaml", "rosters.yaml", "zones.yaml"]
Text = Annotated[str, StringConstraints(max_length=400_000)]


class ReplayOrder(BaseModel):
    """What is to be tried on which span of time."""

    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime
    until: AwareDatetime
    files: dict[FileName, Text] = Field(min_length=1, description="Changed files, whole")


class ConfigFile(Out):
    """A file that can be tried with changes."""

    name: str
    text: str


class ConfigFiles(Out):
    """The files as this installation uses them."""

    items: tuple[ConfigFile, ...]


class ReplaySums(Out):
    """One side in numbers."""

    incidents: int
    cases: int = Field(description="As many alerts")
    asked: int = Field(description="Cases for which an operator is asked about merging")
    overdue: int


class ReplayKind(Out):
    """One kind of incident."""

    kind: str
    before: int
    after: int


class ReplayRecorded(Out):
    """What there was to replay."""

    incidents: int
    stays: int
    labels: int


class ReplayRow(Out):
    """One thing that would differ."""

    what: Literal["gone", "added", "later", "joined", "split", "rerouted", "overdue", "in_time"]
    incident_id: str
    kind: str
    category: str
    subject: str
    at: datetime
    before: str
    after: str
    label: str = Field(description="true, false, uncounted, or empty if nobody judged it")


class ReplayNote(Out):
    """What a replay can't know."""

    zh: str
    en: str


class ReplayResult(Out):
    """What would differ; nothing was written or sent."""

    since: datetime = Field(validation_alias="from")
    until: datetime = Field(validation_alias="to")
    changed: tuple[str, ...]
    recorded: ReplayRecorded
    before: ReplaySums
    after: ReplaySums
    missed_real: int = Field(description="Alerts gone that an operator had confirmed")
    spared_false: int = Field(description="Alerts gone that an operator had called false")
    gone_unknown: int = Field(description="Alerts gone that nobody judged")
    unknown: int = Field(description="Too little is recorded of them; taken as they were")
    by_kind: tuple[ReplayKind, ...]
    rows: tuple[ReplayRow, ...]
    rows_left_out: int
    notes: tuple[ReplayNote, ...]
