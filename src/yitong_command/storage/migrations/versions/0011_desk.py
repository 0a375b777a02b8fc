"""Who works on which alert, and people's telephone numbers.

Revision: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Nobody works on anything yet, and no number is known."""
    op.create_table(
        "claims",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("taken_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_claims_case_id"),
        sa.ForeignKeyConstraint(["username"], ["users.username"], name="fk_claims_username"),
        sa.PrimaryKeyConstraint("case_id", name="pk_claims"),
    )
    op.create_index("ix_claims_username", "claims", ["username"])
    op.add_column(
        "users", sa.Column("phone", sa.String(length=20), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Forget both."""
    op.drop_column("users", "phone")
    op.drop_table("claims")
