"""Webhooks with their deliveries, and public warnings.

Revision: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
NAME = sa.String(length=64)
ID = sa.String(length=36)
CASE_ID = sa.String(length=32)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "webhooks",
        sa.Column("webhook_id", ID, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("wanted", JSON, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("made_at", TIME, nullable=False),
        sa.Column("made_by", NAME, nullable=False),
        sa.Column("replay_from", TIME, nullable=True),
        sa.PrimaryKeyConstraint("webhook_id", name="pk_webhooks"),
    )
    _deliveries()
    op.create_table(
        "webhook_positions",
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("partition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("next_offset", SERIAL, nullable=False),
        sa.PrimaryKeyConstraint("topic", "partition", name="pk_webhook_positions"),
    )
    op.create_table(
        "warnings",
        sa.Column("warning_id", ID, nullable=False),
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("sent_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("refers_to", JSON, nullable=False),
        sa.Column("text", JSON, nullable=False),
        sa.Column("grid_codes", JSON, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_warnings_case_id"),
        sa.PrimaryKeyConstraint("warning_id", name="pk_warnings"),
    )
    op.create_index("ix_warnings_thread", "warnings", ["case_id", "seq"], unique=True)
    op.create_index("ix_warnings_sent_at", "warnings", ["sent_at"])


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("webhook_id", ID, nullable=False),
        sa.Column("message_id", NAME, nullable=False),
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("queued_at", TIME, nullable=False),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", TIME, nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.webhook_id"], name="fk_webhook_deliveries_webhook_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_deliveries"),
        sqlite_autoincrement=True,
    )
    table = "webhook_deliveries"
    waiting = sa.text("delivered_at IS NULL")
    message = ["webhook_id", "message_id"]
    op.create_index("ix_webhook_deliveries_message", table, message, unique=True)
    op.create_index("ix_webhook_deliveries_delivered_at", table, ["delivered_at"])
    op.create_index(
        "ix_webhook_deliveries_waiting", table, ["webhook_id", "case_id", "id"],
        sqlite_where=waiting, postgresql_where=waiting,
    )  # fmt: skip


def downgrade() -> None:
    """Drop them; what waited to be sent is not sent."""
    op.drop_table("warnings")
    op.drop_table("webhook_positions")
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
