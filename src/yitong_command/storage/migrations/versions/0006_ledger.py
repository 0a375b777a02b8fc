"""The ledger, its alarms, and which dead letters were replayed.

Revision: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables; the ledger begins with what the topics still hold."""
    op.create_table(
        "ledger_entries",
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("hour", TIME, nullable=False),
        sa.Column("first_at", TIME, nullable=False),
        sa.Column("captured_at", TIME, nullable=True),
        sa.Column("worker", sa.String(length=80), server_default="", nullable=False),
        sa.Column("delivered_at", TIME, nullable=True),
        sa.Column("copies", sa.Integer(), server_default="0", nullable=False),
        sa.Column("dead_at", TIME, nullable=True),
        sa.Column("cased_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("message_id", name="pk_ledger_entries"),
    )
    op.create_index("ix_ledger_entries_hour", "ledger_entries", ["hour", "source"])
    op.create_index("ix_ledger_entries_cased_at", "ledger_entries", ["cased_at", "dead_at"])
    op.create_table(
        "ledger_positions",
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name="pk_ledger_positions"),
    )
    op.create_table(
        "ledger_alarms",
        sa.Column("alarm_id", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("hour", TIME, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name="pk_ledger_alarms"),
    )
    op.create_index("ix_ledger_alarms_ended_at", "ledger_alarms", ["ended_at"])
    op.create_table(
        "letter_replays",
        sa.Column("letter_id", sa.String(length=40), nullable=False),
        sa.Column("replayed_at", TIME, nullable=False),
        sa.Column("replayed_by", sa.String(length=64), nullable=False),
        sa.Column("topic", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("letter_id", name="pk_letter_replays"),
    )


def downgrade() -> None:
    """Drop them; the counts can be made again from what the topics still hold."""
    op.drop_table("letter_replays")
    op.drop_table("ledger_alarms")
    op.drop_table("ledger_positions")
    op.drop_table("ledger_entries")
