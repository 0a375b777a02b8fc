"""Searching words in many cases, by the index that PostgreSQL has of their pieces."""

from __future__ import annotations

from sqlalchemy import Boolean, ColumnElement, String, bindparam, func, literal_column

_WORDS: ColumnElement[list[str]] = literal_column(
    "yitong_pieces(cases.case_id || ' ' || cases.title_zh || ' ' || cases.title_en || ' ' || "
    "cases.place_zh || ' ' || cases.place_en)"
)
"""As the index has it, to the letter: else it is not used."""


def has_pieces(words: str) -> ColumnElement[bool]:
    """Condition on ``cases`` that holds where all pieces of the words occur, and seldom elsewhere.

    Who asks compares the words themselves as well. The words stand in the statement and not
    beside it: only so does the planner know whether they are rare, and takes the index if they
    are, or the newest cases one after the other if they are not.

    Args:
        words: What is searched for.
    """
    wanted = func.yitong_pieces(bindparam("pieces", words, String, literal_execute=True))
    return _WORDS.op("@>", return_type=Boolean())(wanted)
