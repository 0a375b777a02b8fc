"""Fine states, unbroken holdings, pauses, receipts, manifests of evidence.

Revision: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
JSON = sa.JSON(none_as_null=True)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CASE = sa.String(length=32)
NAME = sa.String(length=64)
HASH = sa.String(length=64)
COUNTS = ("extensions", "reworks", "reopens", "objections")
ADDED = (
    ("verifier", NAME), ("resume_to", sa.String(length=20)), ("return_until", TIME),
    ("opinion", sa.String(length=12)),
)  # fmt: skip
TABLES = (
    "legal_holds", "evidence_manifest", "case_merges", "case_acts", "receipts", "proposals",
    "pauses", "holdings",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables; whoever holds a case now is known to hold it since it last changed."""
    for name, kind in ADDED:
        op.add_column("cases", sa.Column(name, kind, nullable=True))
    for name in COUNTS:
        op.add_column("cases", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("cases", sa.Column("returned_by", JSON, nullable=False, server_default="[]"))
    _holdings()
    _asked()
    _acts()
    _evidence()
    op.execute(
        "INSERT INTO holdings (case_id, from_at, span, holder) "
        "SELECT case_id, updated_at, 1, holder FROM cases WHERE holder IS NOT NULL"
    )


def _case() -> sa.Column[str]:
    return sa.Column("case_id", CASE, nullable=False)


def _of_case(table: str, column: str = "case_id") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["cases.case_id"], name=f"fk_{table}_{column}")


def _holdings() -> None:
    op.create_table(
        "holdings",
        _case(),
        sa.Column("from_at", TIME, nullable=False),
        sa.Column("span", sa.Integer(), nullable=False),
        sa.Column("to_at", TIME, nullable=True),
        sa.Column("prev_to_at", TIME, nullable=True),
        sa.Column("holder", NAME, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "from_at", name="pk_holdings"),
        _of_case("holdings"),
        sa.UniqueConstraint("case_id", "span", "to_at", name="uq_holdings_end"),
        sa.ForeignKeyConstraint(
            ["case_id", "span", "prev_to_at"],
            ["holdings.case_id", "holdings.span", "holdings.to_at"],
            name="fk_holdings_before",
        ),
        sa.CheckConstraint("to_at IS NULL OR to_at > from_at", name="ck_holdings_order"),
        sa.CheckConstraint("prev_to_at IS NULL OR prev_to_at = from_at", name="ck_holdings_joined"),
    )
    op.create_index("ix_holdings_holder", "holdings", ["holder"])
    _partial("ix_holdings_open", "holdings", ["case_id"], "to_at IS NULL")
    _partial("ix_holdings_first", "holdings", ["case_id", "span"], "prev_to_at IS NULL")


def _asked() -> None:
    op.create_table(
        "pauses",
        _case(),
        sa.Column("begin_at", TIME, nullable=False),
        sa.Column("until", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_by", NAME, nullable=False),
        sa.Column("granted_by", NAME, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "begin_at", name="pk_pauses"),
        _of_case("pauses"),
    )
    _partial("ix_pauses_open", "pauses", ["case_id"], "ended_at IS NULL")
    op.create_table(
        "proposals",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        _case(),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("asked_by", NAME, nullable=False),
        sa.Column("asked_at", TIME, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("until", TIME, nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("decided_by", NAME, nullable=True),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
        _of_case("proposals"),
        sa.CheckConstraint("decided_by <> asked_by OR NOT granted", name="ck_proposals_two_people"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_proposals_case_id", "proposals", ["case_id"])
    _partial("ix_proposals_open", "proposals", ["case_id"], "decided_at IS NULL")


def _acts() -> None:
    op.create_table(
        "receipts",
        _case(),
        sa.Column("body", sa.String(length=16), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
        sa.Column("taken_at", TIME, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "body", "number", name="pk_receipts"),
        _of_case("receipts"),
    )
    op.create_table(
        "case_acts",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        _case(),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_acts"),
        _of_case("case_acts"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_acts_case_id", "case_acts", ["case_id"])
    op.create_index("ix_case_acts_at", "case_acts", ["at"])
    op.create_table(
        "case_merges",
        _case(),
        sa.Column("at", TIME, nullable=False),
        sa.Column("target_id", CASE, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("incident_ids", JSON, nullable=False),
        sa.Column("pictures", JSON, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        sa.Column("undone_by", NAME, nullable=True),
        sa.PrimaryKeyConstraint("case_id", "at", name="pk_case_merges"),
        _of_case("case_merges"),
        _of_case("case_merges", "target_id"),
    )
    op.create_index("ix_case_merges_target_id", "case_merges", ["target_id"])


def _evidence() -> None:
    op.create_table(
        "evidence_manifest",
        _case(),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.String(length=12), nullable=False),
        sa.Column("sha256", HASH, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("prev", HASH, nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "seq", name="pk_evidence_manifest"),
        _of_case("evidence_manifest"),
    )
    op.create_index("ix_evidence_manifest_sha256", "evidence_manifest", ["sha256"])
    op.create_table(
        "legal_holds",
        sa.Column("id", SERIAL, autoincrement=True, nullable=False),
        _case(),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_at", TIME, nullable=False),
        sa.Column("set_by", NAME, nullable=False),
        sa.Column("lifted_at", TIME, nullable=True),
        sa.Column("lifted_by", NAME, nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_legal_holds"),
        _of_case("legal_holds"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_legal_holds_case_id", "legal_holds", ["case_id"])
    _partial("ix_legal_holds_open", "legal_holds", ["case_id"], "lifted_at IS NULL")


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(
        name, table, columns, unique=True, sqlite_where=condition, postgresql_where=condition
    )


def downgrade() -> None:
    """Drop what was added; cases in a state that only this knows must be ended before."""
    for table in TABLES:
        op.drop_table(table)
    for name in ("returned_by", *COUNTS, *(name for name, _ in ADDED)):
        op.drop_column("cases", name)
