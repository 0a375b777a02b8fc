"""Searching many cases: an index of short pieces of words, and one by category and state.

PostgreSQL alone has the first: pieces of two signs where one is Chinese, else of three. What is
searched for must have all pieces of the wanted words; it is compared letter by letter after that.

Revision: 0015
Revises: 0014
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE FUNCTION yitong_pieces(words text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 2000 AS $$
SELECT coalesce(array_agg(DISTINCT piece), '{}')
FROM (SELECT lower(words) AS w) AS lowered,
  generate_series(1, length(words) - 1) AS i,
  LATERAL (SELECT CASE
    WHEN octet_length(substr(w, i, 2)) > 2 THEN substr(w, i, 2)
    WHEN length(substr(w, i, 3)) = 3 AND octet_length(substr(w, i, 3)) = 3 THEN substr(w, i, 3)
  END) AS pieces (piece)
WHERE piece IS NOT NULL
$$
"""
WORDS = "case_id || ' ' || title_zh || ' ' || title_en || ' ' || place_zh || ' ' || place_en"


def upgrade() -> None:
    """Make both; the second is small, the first takes a while where there are many cases."""
    op.create_index("ix_cases_category", "cases", ["category", "state", "reported_at"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(FUNCTION)
        op.execute(f"CREATE INDEX ix_cases_words ON cases USING gin (yitong_pieces({WORDS}))")


def downgrade() -> None:
    """Take both away; searching reads every case then."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX ix_cases_words")
        op.execute("DROP FUNCTION yitong_pieces(text)")
    op.drop_index("ix_cases_category", "cases")
