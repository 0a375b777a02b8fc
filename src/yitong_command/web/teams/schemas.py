"""Requests and answers about volunteer groups, campaigns and mediation squads."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, Field

from yitong_command.web.schemas import In, Out, Text


class GroupOut(Out):
    """One of the eight volunteer groups."""

    code: str = Field(examples=["patrol"])
    name_zh: str
    name_en: str
    members: tuple[str, ...]
    leaders: tuple[str, ...]


class Groups(Out):
    """The volunteer groups."""

    items: tuple[GroupOut, ...]


class Join(In):
    """Take somebody into a group."""

    username: Text = Field(min_length=1, max_length=64, examples=["worker1"])
    leads: bool = False


class Progress(Out):
    """Tasks done of all tasks, counted."""

    group: str
    done: int
    total: int


class CampaignOut(Out):
    """A campaign with its progress."""

    campaign_id: str
    title: str
    goal: str
    begins_at: datetime
    ends_at: datetime
    grids: tuple[str, ...]
    groups: tuple[str, ...]
    made_by: str
    progress: tuple[Progress, ...]


class Campaigns(Out):
    """Campaigns, newest first."""

    items: tuple[CampaignOut, ...]


class PlanIn(In):
    """A new campaign; every task is made once for each group and grid."""

    title: Text = Field(min_length=1, max_length=120, examples=["雪后清扫"])
    goal: Text = Field(min_length=1, max_length=2000)
    begins_at: AwareDatetime
    ends_at: AwareDatetime
    grids: tuple[Text, ...] = Field(min_length=1, max_length=200)
    groups: tuple[Text, ...] = Field(min_length=1, max_length=8)
    tasks: tuple[Text, ...] = Field(min_length=1, max_length=20)


class CampaignTask(Out):
    """One task of a campaign."""

    task_id: str
    group_code: str
    grid_code: str
    what: str
    done_at: datetime | None
    done_by: str | None
    note: str


class CampaignTasks(Out):
    """The tasks of a campaign."""

    items: tuple[CampaignTask, ...]


class NoteIn(In):
    """A few words."""

    note: Text = Field(min_length=1, max_length=2000)


class VisitIn(In):
    """A visit, with an answer to each of the four checks."""

    visited_at: AwareDatetime
    companions: tuple[Text, ...] = Field((), max_length=30)
    note: Text = Field(min_length=1, max_length=4000)
    checks: dict[
        Literal["hazard", "care", "fraud_safety", "surroundings"],
        Literal["fine", "found", "not_looked"],
    ]


class ResultIn(In):
    """How the mediation ended."""

    result: Literal["agreed", "referred"]
    note: Text = Field(min_length=1, max_length=2000)


class MemberOut(Out):
    """One person of a squad."""

    username: str
    name: str
    seat: Literal["three", "n", "x"]
    role: str


class VisitOut(Out):
    """A visit that was kept."""

    visit_id: str
    visited_at: datetime
    by: str
    companions: tuple[str, ...]
    note: str
    checks: dict[str, str]


class DisputeStepOut(Out):
    """One level that had the dispute."""

    number: int
    begun_at: datetime
    due_at: datetime
    ended_at: datetime | None
    by: str | None
    note: str


class SquadOut(Out):
    """A mediation squad: who, visits, levels, result."""

    case_id: str
    formed_at: datetime
    formed_by: str
    missing: tuple[str, ...] = Field(description="Roles of the three for which nobody is there")
    members: tuple[MemberOut, ...]
    visits: tuple[VisitOut, ...]
    steps: tuple[DisputeStepOut, ...]
    result: Literal["agreed", "referred"] | None
    result_at: datetime | None
    result_by: str | None
    result_note: str
