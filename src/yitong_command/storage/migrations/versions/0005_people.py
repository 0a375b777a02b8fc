"""Accounts with scope and state, sessions that can be listed, sealed audit rows, protected details.

Whoever is signed in signs in again: an old session has no beginning to count its age from.

Revision: 0005
Revises: 0004
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.String(length=64)
AUDIT = ("id", "at", "actor", "role", "action", "object", "detail")


def upgrade() -> None:
    """Add columns and tables; audit rows can no longer be changed or taken out."""
    op.execute("DELETE FROM sessions")
    for table, columns in _columns():
        for column in columns:
            op.add_column(table, column)
    op.create_index("ix_users_oidc_subject", "users", ["oidc_subject"], unique=True)
    op.create_index("ix_audit_seq", "audit", ["seq"], unique=True)
    waiting = sa.text("seq IS NULL")
    op.create_index(
        "ix_audit_unsealed", "audit", ["id"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_index("ix_audit_object", "audit", ["object"])
    op.create_index("ix_audit_actor", "audit", ["actor"])
    _details()
    _objections()
    _guard()


def _columns() -> tuple[tuple[str, tuple[sa.Column[Any], ...]], ...]:
    users: tuple[sa.Column[Any], ...] = (
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("must_change", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("failed", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("locked_until", TIME, nullable=True),
        sa.Column("detail_roles", JSON, nullable=False, server_default="[]"),
        sa.Column("oidc_subject", sa.String(length=255), nullable=True),
    )
    sessions: tuple[sa.Column[Any], ...] = (
        sa.Column("session_id", sa.String(length=36), nullable=False, server_default=""),
        sa.Column("created_at", TIME, nullable=False, server_default="2000-01-01 00:00:00"),
        sa.Column("seen_at", TIME, nullable=False, server_default="2000-01-01 00:00:00"),
        sa.Column("address", NAME, nullable=False, server_default=""),
        sa.Column("agent", sa.String(length=200), nullable=False, server_default=""),
    )
    seals: tuple[sa.Column[Any], ...] = (
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("previous", sa.String(length=64), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
    )
    return (("users", users), ("sessions", sessions), ("audit", seals))


def _details() -> None:
    op.create_table(
        "protected_details",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.case_id"], name="fk_protected_details_case_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_protected_details"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_protected_details_case_id", "protected_details", ["case_id"])


def _objections() -> None:
    op.create_table(
        "objections",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        sa.Column("company", sa.String(length=40), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("decision", sa.String(length=12), nullable=True),
        sa.Column("decided_by", NAME, nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_objections"),
        sqlite_autoincrement=True,
    )


def _guard() -> None:
    """A row is written once and sealed once; nothing else ever happens to it."""
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f'NEW."{name}" IS OLD."{name}"' for name in AUDIT)
        op.execute(
            "CREATE TRIGGER audit_no_change BEFORE UPDATE ON audit "
            f"WHEN NOT (OLD.seq IS NULL AND NEW.seq IS NOT NULL AND {same}) "
            "BEGIN SELECT RAISE(ABORT, 'audit rows are only added'); END"
        )
        op.execute(
            "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
            "BEGIN SELECT RAISE(ABORT, 'audit rows are only added'); END"
        )
        op.execute(
            "CREATE TRIGGER audit_no_seal BEFORE INSERT ON audit WHEN NEW.seq IS NOT NULL "
            "BEGIN SELECT RAISE(ABORT, 'audit rows are sealed after they are added'); END"
        )
        return
    same = " AND ".join(
        f'NEW."{name}"::text IS NOT DISTINCT FROM OLD."{name}"::text' for name in AUDIT
    )
    op.execute(
        "CREATE FUNCTION audit_only_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'INSERT' THEN IF NEW.seq IS NULL THEN RETURN NEW; END IF; END IF; "
        "IF TG_OP = 'UPDATE' THEN IF OLD.seq IS NULL AND NEW.seq IS NOT NULL "
        f"AND {same} THEN RETURN NEW; END IF; END IF; "
        "RAISE EXCEPTION 'audit rows are only added'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_only_added BEFORE INSERT OR UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_only_added()"
    )
    op.execute(
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_added()"
    )


def downgrade() -> None:
    """Take them out again; details and seals can't be made again from the rest."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ("audit_no_change", "audit_no_delete", "audit_no_seal"):
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP TRIGGER audit_only_added ON audit")
        op.execute("DROP TRIGGER audit_no_truncate ON audit")
        op.execute("DROP FUNCTION audit_only_added()")
    op.drop_table("objections")
    op.drop_table("protected_details")
    for name in ("ix_audit_actor", "ix_audit_object", "ix_audit_unsealed", "ix_audit_seq"):
        op.drop_index(name, "audit")
    op.drop_index("ix_users_oidc_subject", "users")
    for table, columns in _columns():
        for column in columns:
            op.drop_column(table, column.name)
