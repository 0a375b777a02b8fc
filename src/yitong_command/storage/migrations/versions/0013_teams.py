"""What phones sent; volunteers, campaigns, mediation squads.

Revision: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CASE_ID = sa.String(length=32)
NAME = sa.String(length=64)
GROUP = sa.String(length=40)
UUID = sa.String(length=36)


def upgrade() -> None:
    """Make the tables."""
    _phones()
    _campaigns()
    _squads()
    _disputes()


def downgrade() -> None:
    """Drop the tables."""
    for name in (
        "dispute_steps", "squad_visits", "squad_members", "squads", "campaign_tasks", "campaigns",
        "volunteers", "phone_acts",
    ):  # fmt: skip
        op.drop_table(name)


def _phones() -> None:
    op.create_table(
        "phone_acts",
        sa.Column("username", NAME, nullable=False),
        sa.Column("client_id", UUID, nullable=False),
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("said_at", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_phone_acts_case_id"),
        sa.PrimaryKeyConstraint("username", "client_id", name="pk_phone_acts"),
    )
    op.create_index("ix_phone_acts_case_id", "phone_acts", ["case_id", "at"])
    op.create_table(
        "volunteers",
        sa.Column("group_code", GROUP, nullable=False),
        sa.Column("username", NAME, nullable=False),
        sa.Column("leads", sa.Integer(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.PrimaryKeyConstraint("group_code", "username", name="pk_volunteers"),
    )


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("campaign_id", UUID, nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("goal", sa.Text(), nullable=False),
        sa.Column("begins_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("grids", JSON, nullable=False),
        sa.Column("groups", JSON, nullable=False),
        sa.Column("made_by", NAME, nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.CheckConstraint("ends_at > begins_at", name="ck_campaigns_order"),
        sa.PrimaryKeyConstraint("campaign_id", name="pk_campaigns"),
    )
    op.create_index("ix_campaigns_ends_at", "campaigns", ["ends_at"])
    op.create_table(
        "campaign_tasks",
        sa.Column("task_id", UUID, nullable=False),
        sa.Column("campaign_id", UUID, nullable=False),
        sa.Column("group_code", GROUP, nullable=False),
        sa.Column("grid_code", sa.String(length=20), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("done_by", NAME, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("(done_at IS NULL) = (done_by IS NULL)", name="ck_campaign_tasks_done"),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.campaign_id"], name="fk_campaign_tasks_campaign_id"
        ),
        sa.PrimaryKeyConstraint("task_id", name="pk_campaign_tasks"),
    )
    op.create_index(
        "ix_campaign_tasks_campaign_id", "campaign_tasks", ["campaign_id", "group_code"]
    )


def _squads() -> None:
    op.create_table(
        "squads",
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("formed_at", TIME, nullable=False),
        sa.Column("formed_by", NAME, nullable=False),
        sa.Column("missing", JSON, nullable=False),
        sa.Column("result", sa.String(length=12), nullable=True),
        sa.Column("result_at", TIME, nullable=True),
        sa.Column("result_by", NAME, nullable=True),
        sa.Column("result_note", sa.Text(), nullable=False),
        sa.CheckConstraint("(result IS NULL) = (result_at IS NULL)", name="ck_squads_result"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_squads_case_id"),
        sa.PrimaryKeyConstraint("case_id", name="pk_squads"),
    )
    op.create_table(
        "squad_members",
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("username", NAME, nullable=False),
        sa.Column("seat", sa.String(length=8), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["squads.case_id"], name="fk_squad_members_case_id"),
        sa.PrimaryKeyConstraint("case_id", "username", name="pk_squad_members"),
    )


def _disputes() -> None:
    op.create_table(
        "squad_visits",
        sa.Column("visit_id", UUID, nullable=False),
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("visited_at", TIME, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("companions", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("checks", JSON, nullable=False),
        sa.Column("kept_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["squads.case_id"], name="fk_squad_visits_case_id"),
        sa.PrimaryKeyConstraint("visit_id", name="pk_squad_visits"),
    )
    op.create_index("ix_squad_visits_case_id", "squad_visits", ["case_id", "visited_at"])
    op.create_table(
        "dispute_steps",
        sa.Column("step_id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("begun_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("by", NAME, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["squads.case_id"], name="fk_dispute_steps_case_id"),
        sa.PrimaryKeyConstraint("step_id", name="pk_dispute_steps"),
        sa.UniqueConstraint("case_id", "number", name="uq_dispute_steps_case_id"),
        sqlite_autoincrement=True,
    )
