"""Shift handovers.

Revision: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
NAME = sa.String(length=64)
ID = sa.String(length=36)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "handovers",
        sa.Column("handover_id", ID, nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("outgoing", NAME, nullable=False),
        sa.Column("incoming", NAME, nullable=False),
        sa.Column("sheet", JSON, nullable=False),
        sa.Column("sheet_sha256", NAME, nullable=False),
        sa.Column("note_out", sa.Text(), nullable=False),
        sa.Column("note_in", sa.Text(), server_default="", nullable=False),
        sa.Column("signed_out_at", TIME, nullable=False),
        sa.Column("signed_in_at", TIME, nullable=True),
        sa.Column("withdrawn_at", TIME, nullable=True),
        sa.CheckConstraint("outgoing <> incoming", name="two_people"),
        sa.CheckConstraint(
            "(state = 'done') = (signed_in_at IS NOT NULL)", name="done_when_both_signed"
        ),
        sa.PrimaryKeyConstraint("handover_id", name="pk_handovers"),
    )
    op.create_index("ix_handovers_signed_out_at", "handovers", ["signed_out_at"])
    where = sa.text("state = 'offered'")
    op.create_index(
        "ix_handovers_offered", "handovers", ["outgoing"], unique=True,
        sqlite_where=where, postgresql_where=where,
    )  # fmt: skip
    op.create_table(
        "handover_cases",
        sa.Column("handover_id", ID, nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["handover_id"], ["handovers.handover_id"], name="fk_handover_cases_handover_id"
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_handover_cases_case_id"),
        sa.PrimaryKeyConstraint("handover_id", "case_id", name="pk_handover_cases"),
    )


def downgrade() -> None:
    """Drop the tables; who held which case when is still in ``holdings``."""
    op.drop_table("handover_cases")
    op.drop_table("handovers")
