"""Tables of volunteers, campaigns and mediation squads, and of what phones sent."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from yitong_command.storage.tables_base import CASE_ID, NAME, Json, Serial, UtcTime, metadata

CASE_KEY = "cases.case_id"
GROUP = String(40)
UUID = String(36)

# What a phone sent, by its own number: sent again after a lost answer it is not done again.
phone_acts = Table(
    "phone_acts",
    metadata,
    Column("username", NAME, primary_key=True),
    Column("client_id", UUID, primary_key=True),
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), nullable=False),
    Column("kind", String(20), nullable=False),
    # When the worker pressed it, by the phone's clock; ``at`` is when it arrived here.
    Column("said_at", UtcTime, nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("ix_phone_acts_case_id", "case_id", "at"),
)

volunteers = Table(
    "volunteers",
    metadata,
    Column("group_code", GROUP, primary_key=True),
    Column("username", NAME, primary_key=True),
    Column("leads", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("by", NAME, nullable=False),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("campaign_id", UUID, primary_key=True),
    Column("title", String(120), nullable=False),
    Column("goal", Text, nullable=False),
    Column("begins_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("grids", Json, nullable=False),
    Column("groups", Json, nullable=False),
    Column("made_by", NAME, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    CheckConstraint("ends_at > begins_at", name="ck_campaigns_order"),
    Index("ix_campaigns_ends_at", "ends_at"),
)

campaign_tasks = Table(
    "campaign_tasks",
    metadata,
    Column("task_id", UUID, primary_key=True),
    Column("campaign_id", UUID, ForeignKey("campaigns.campaign_id"), nullable=False),
    Column("group_code", GROUP, nullable=False),
    Column("grid_code", String(20), nullable=False),
    Column("what", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("done_at", UtcTime),
    Column("done_by", NAME),
    Column("note", Text, nullable=False),
    CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="ck_campaign_tasks_done"),
    Index("ix_campaign_tasks_campaign_id", "campaign_id", "group_code"),
)

squads = Table(
    "squads",
    metadata,
    Column("case_id", CASE_ID, ForeignKey(CASE_KEY), primary_key=True),
    Column("formed_at", UtcTime, nullable=False),
    Column("formed_by", NAME, nullable=False),
    Column("missing", Json, nullable=False),
    Column("result", String(12)),
    Column("result_at", UtcTime),
    Column("result_by", NAME),
    Column("result_note", Text, nullable=False),
    CheckConstraint("(result IS NULL) = (result_at IS NULL)", name="ck_squads_result"),
)

squad_members = Table(
    "squad_members",
    metadata,
    Column("case_id", CASE_ID, ForeignKey("squads.case_id"), primary_key=True),
    Column("username", NAME, primary_key=True),
    Column("seat", String(8), nullable=False),
    Column("role", String(40), nullable=False),
)

squad_visits = Table(
    "squad_visits",
    metadata,
    Column("visit_id", UUID, primary_key=True),
    Column("case_id", CASE_ID, ForeignKey("squads.case_id"), nullable=False),
    Column("visited_at", UtcTime, nullable=False),
    Column("by", NAME, nullable=False),
    Column("companions", Json, nullable=False),
    Column("note", Text, nullable=False),
    Column("checks", Json, nullable=False),
    Column("kept_at", UtcTime, nullable=False),
    Index("ix_squad_visits_case_id", "case_id", "visited_at"),
)

dispute_steps = Table(
    "dispute_steps",
    metadata,
    Column("step_id", Serial, primary_key=True, autoincrement=True),
    Column("case_id", CASE_ID, ForeignKey("squads.case_id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("begun_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("by", NAME),
    Column("note", Text, nullable=False),
    UniqueConstraint("case_id", "number"),
    sqlite_autoincrement=True,
)
