"""Operators' judgements as labels, and the second look of alerts.

Revision: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    """Make the labels; alerts so far have no second look."""
    op.create_table(
        "labels",
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("view_id", sa.String(length=64), nullable=False),
        sa.Column("zone_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=12), nullable=False),
        sa.Column("reason_code", sa.Integer(), nullable=True),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("opened_at", TIME, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=True),
        sa.Column("box", JSON, nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_labels_case_id"),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.incident_id"], name="fk_labels_incident_id"
        ),
        sa.PrimaryKeyConstraint("incident_id", name="pk_labels"),
        sa.UniqueConstraint("case_id", name="uq_labels_case_id"),
    )
    op.create_index("ix_labels_at", "labels", ["at"])
    op.create_index("ix_labels_camera_id", "labels", ["camera_id", "kind", "at"])
    op.add_column(
        "alerts",
        sa.Column("second_look", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Drop the labels and the mark; both can't be made again from the rest."""
    op.drop_column("alerts", "second_look")
    op.drop_table("labels")
