"""The clock: deadlines and timers of cases, escalations, rosters, calm and emergency.

Revision: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; cases that run already get their clock with their next step."""
    op.create_table(
        "modes",
        sa.Column("mode_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("areas", JSON, nullable=False),
        sa.Column("categories", JSON, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("look_percent", sa.Integer(), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_at", TIME, nullable=False),
        sa.Column("confirmed_by", sa.String(length=64), nullable=True),
        sa.Column("begins_at", TIME, nullable=True),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("effects", JSON, nullable=False),
        sa.CheckConstraint(
            "confirmed_by IS NULL OR confirmed_by <> proposed_by", name="two_people"
        ),
        sa.PrimaryKeyConstraint("mode_id", name=op.f("pk_modes")),
    )
    op.create_index("ix_modes_proposed_at", "modes", ["proposed_at"], unique=False)
    op.create_index("ix_modes_state", "modes", ["state", "ends_at"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.String(length=36), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_revisions")),
    )
    op.create_table(
        "roster_entries",
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_roster_entries")),
    )
    op.create_index("ix_roster_entries_kind", "roster_entries", ["kind", "removed"], unique=False)
    op.create_index(
        op.f("ix_roster_entries_username"), "roster_entries", ["username"], unique=False
    )
    op.create_table(
        "case_clocks",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("handed_at", TIME, nullable=False),
        sa.Column("rework", sa.Boolean(), nullable=False),
        sa.Column("due_at", TIME, nullable=True),
        sa.Column("normal_due_at", TIME, nullable=True),
        sa.Column("accept_due_at", TIME, nullable=True),
        sa.Column("arrive_due_at", TIME, nullable=True),
        sa.Column("yellow_at", TIME, nullable=True),
        sa.Column("red2_at", TIME, nullable=True),
        sa.Column("red3_at", TIME, nullable=True),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.case_id"], name=op.f("fk_case_clocks_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_clocks")),
    )
    op.create_table(
        "mode_checkins",
        sa.Column("mode_id", sa.String(length=36), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["mode_id"], ["modes.mode_id"], name=op.f("fk_mode_checkins_mode_id")
        ),
        sa.PrimaryKeyConstraint("mode_id", "username", name=op.f("pk_mode_checkins")),
    )
    op.create_table(
        "roster_versions",
        sa.Column("entry_id", sa.String(length=36), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["roster_entries.entry_id"], name=op.f("fk_roster_versions_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", "version", name=op.f("pk_roster_versions")),
    )
    op.create_table(
        "timers",
        sa.Column("timer_id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("mode_id", sa.String(length=36), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("fire_at", TIME, nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name=op.f("fk_timers_case_id")),
        sa.ForeignKeyConstraint(["mode_id"], ["modes.mode_id"], name=op.f("fk_timers_mode_id")),
        sa.PrimaryKeyConstraint("timer_id", name=op.f("pk_timers")),
        sa.UniqueConstraint("case_id", "name", name=op.f("uq_timers_case_id")),
        sa.UniqueConstraint("mode_id", "name", name=op.f("uq_timers_mode_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_timers_state", "timers", ["state", "fire_at"], unique=False)
    op.create_table(
        "escalations",
        sa.Column("escalation_id", sa.String(length=36), nullable=False),
        sa.Column("timer_id", SERIAL, nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("people", JSON, nullable=False),
        sa.Column("passed_to", sa.String(length=64), nullable=True),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.case_id"], name=op.f("fk_escalations_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["timer_id"], ["timers.timer_id"], name=op.f("fk_escalations_timer_id")
        ),
        sa.PrimaryKeyConstraint("escalation_id", name=op.f("pk_escalations")),
        sa.UniqueConstraint("timer_id", name=op.f("uq_escalations_timer_id")),
    )
    op.create_index("ix_escalations_at", "escalations", ["at"], unique=False)
    op.create_index("ix_escalations_case_id", "escalations", ["case_id", "at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_escalations_case_id", table_name="escalations")
    op.drop_index("ix_escalations_at", table_name="escalations")
    op.drop_table("escalations")
    op.drop_index("ix_timers_state", table_name="timers")
    op.drop_table("timers")
    op.drop_table("roster_versions")
    op.drop_table("mode_checkins")
    op.drop_table("case_clocks")
    op.drop_index(op.f("ix_roster_entries_username"), table_name="roster_entries")
    op.drop_index("ix_roster_entries_kind", table_name="roster_entries")
    op.drop_table("roster_entries")
    op.drop_table("revisions")
    op.drop_index("ix_modes_state", table_name="modes")
    op.drop_index("ix_modes_proposed_at", table_name="modes")
    op.drop_table("modes")
