"""Reports as received, tokens that were used, refusals by day.

Revision: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
NAME = sa.String(length=64)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reports",
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("platform", NAME, nullable=False),
        sa.Column("external_id", sa.String(length=80), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("digest", NAME, nullable=False),
        sa.Column("message", JSON, nullable=False),
        sa.Column("private", sa.Text(), nullable=True),
        sa.Column("reported_at", TIME, nullable=False),
        sa.Column("received_at", TIME, nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("outcome_zh", sa.Text(), nullable=False, server_default=""),
        sa.Column("outcome_en", sa.Text(), nullable=False, server_default=""),
        sa.Column("decided_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("report_id", name="pk_reports"),
    )
    thread = ["platform", "external_id", "sequence"]
    op.create_index("ix_reports_thread", "reports", thread, unique=True)
    op.create_index("ix_reports_received_at", "reports", ["received_at"])
    op.create_index("ix_reports_case_id", "reports", ["case_id"])
    op.create_table(
        "used_tokens",
        sa.Column("platform", NAME, nullable=False),
        sa.Column("token_id", NAME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("platform", "token_id", name="pk_used_tokens"),
    )
    op.create_index("ix_used_tokens_expires_at", "used_tokens", ["expires_at"])
    op.create_table(
        "report_refusals",
        sa.Column("platform", NAME, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("code", NAME, nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("platform", "day", "code", name="pk_report_refusals"),
    )


def downgrade() -> None:
    """Drop them; reports that became cases stay as cases."""
    op.drop_table("report_refusals")
    op.drop_table("used_tokens")
    op.drop_table("reports")
