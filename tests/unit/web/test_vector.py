from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yitong_command.web.live.vector import format_vector, parse_vector

VECTORS = st.dictionaries(
    st.from_regex(r"[a-z][a-z-]{0,12}-[0-9]{1,2}", fullmatch=True),
    st.integers(-1, 2**50),
    min_size=1,
    max_size=16,
)


@given(VECTORS)
def test_a_vector_survives_being_written_and_read(vector: dict[str, int]) -> None:
    assert parse_vector(format_vector(vector)) == vector


@given(st.text(max_size=60))
def test_any_text_is_either_a_vector_or_none(text: str) -> None:
    vector = parse_vector(text)
    assert vector is None or parse_vector(format_vector(vector)) == vector


def test_text_that_is_too_long_is_not_read() -> None:
    assert parse_vector(",".join(f"alerts-{n}:1" for n in range(1000))) is None
