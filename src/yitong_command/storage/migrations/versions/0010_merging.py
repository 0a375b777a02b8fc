"""Tellings, merge decisions, event groups.

Revision: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
CASE_ID = sa.String(length=32)
SIGHTING = sa.String(length=160)
NAME = sa.String(length=64)


def upgrade() -> None:
    """Make the tables; every open case so far was told of once, by what it says itself."""
    _sightings()
    _decisions()
    _groups()
    op.execute(
        "INSERT INTO sightings (sighting_id, case_id, path, category, subject, source, lon, lat, "
        "crs, words, cell, street, at) SELECT 'case/' || case_id, case_id, '[]', "
        "category || '.' || subtype, subject, source, lon, lat, crs, '', cell, '', began_at "
        "FROM cases WHERE open_key IS NOT NULL"
    )


def downgrade() -> None:
    """Drop the tables; what was told of each case is still in incidents and reports."""
    for name in ("group_members", "event_groups", "merge_decisions", "sightings"):
        op.drop_table(name)


def _sightings() -> None:
    op.create_table(
        "sightings",
        sa.Column("sighting_id", SIGHTING, nullable=False),
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("path", JSON, nullable=False),
        sa.Column("category", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("crs", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("cell", sa.String(length=24), nullable=False),
        sa.Column("street", sa.String(length=40), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_sightings_case_id"),
        sa.PrimaryKeyConstraint("sighting_id", name="pk_sightings"),
    )
    op.create_index("ix_sightings_case_id", "sightings", ["case_id"])
    for name in ("cell", "street", "subject"):
        op.create_index(f"ix_sightings_{name}", "sightings", [name, "category"])


def _decisions() -> None:
    op.create_table(
        "merge_decisions",
        sa.Column("decision_id", sa.String(length=36), nullable=False),
        sa.Column("sighting_id", SIGHTING, nullable=False),
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("other_case_id", CASE_ID, nullable=True),
        sa.Column("band", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("distance_m", sa.Float(), nullable=True),
        sa.Column("gap_s", sa.Float(), nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("answered_by", NAME, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_merge_decisions_case_id"),
        sa.ForeignKeyConstraint(
            ["other_case_id"], ["cases.case_id"], name="fk_merge_decisions_other_case_id"
        ),
        sa.PrimaryKeyConstraint("decision_id", name="pk_merge_decisions"),
    )
    for name in ("sighting_id", "case_id", "other_case_id"):
        op.create_index(f"ix_merge_decisions_{name}", "merge_decisions", [name])
    op.create_index("ix_merge_decisions_state", "merge_decisions", ["state", "severity", "at"])


def _groups() -> None:
    op.create_table(
        "event_groups",
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("last_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("group_id", name="pk_event_groups"),
    )
    op.create_index("ix_event_groups_ended_at", "event_groups", ["ended_at"])
    op.create_table(
        "group_members",
        sa.Column("case_id", CASE_ID, nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("inhibited", sa.Boolean(), nullable=False),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_group_members_case_id"),
        sa.ForeignKeyConstraint(
            ["group_id"], ["event_groups.group_id"], name="fk_group_members_group_id"
        ),
        sa.PrimaryKeyConstraint("case_id", name="pk_group_members"),
    )
    op.create_index("ix_group_members_group_id", "group_members", ["group_id"])
