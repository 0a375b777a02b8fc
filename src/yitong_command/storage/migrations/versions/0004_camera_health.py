"""States, blind time and faults of the cameras.

Revision: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; nothing is known of the time before."""
    op.create_table(
        "camera_states",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("excused", sa.Boolean(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("known_since", TIME, nullable=False),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_states"),
    )
    op.create_table(
        "camera_blind",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_camera_blind"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_camera_blind_camera_id", "camera_blind", ["camera_id", "began_at"])
    op.create_index("ix_camera_blind_ended_at", "camera_blind", ["ended_at"])
    op.create_table(
        "camera_faults",
        sa.Column("fault_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("cameras", JSON, nullable=False),
        sa.Column("recovered", JSON, nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("repeats", sa.Integer(), nullable=False),
        sa.Column("folded_into", sa.String(length=36), nullable=True),
        sa.Column("changed_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("fault_id", name="pk_camera_faults"),
    )
    op.create_index("ix_camera_faults_ended_at", "camera_faults", ["ended_at"])
    op.create_index("ix_camera_faults_began_at", "camera_faults", ["began_at"])


def downgrade() -> None:
    """Drop them; blind time can't be made again from the rest."""
    op.drop_table("camera_faults")
    op.drop_table("camera_blind")
    op.drop_table("camera_states")
