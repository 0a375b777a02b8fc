"""Cameras with their zones as versioned records; outbox rows that withdraw a key.

Revision: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables; they are filled from the configuration when the route part starts."""
    op.create_table(
        "camera_records",
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("seed_camera", sa.String(length=64), nullable=True),
        sa.Column("seed_zones", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("camera_id", name="pk_camera_records"),
    )
    op.create_table(
        "camera_versions",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("camera_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("change", sa.String(length=12), nullable=False),
        sa.Column("definition", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_camera_versions"),
        sa.UniqueConstraint("camera_id", "version", name="uq_camera_versions_camera_id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("payload", existing_type=JSON, nullable=True)


def downgrade() -> None:
    """Drop the tables; rows that withdraw a key mean nothing to the older program."""
    op.execute("DELETE FROM outbox WHERE payload IS NULL")
    with op.batch_alter_table("outbox", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("payload", existing_type=JSON, nullable=False)
    op.drop_table("camera_versions")
    op.drop_table("camera_records")
