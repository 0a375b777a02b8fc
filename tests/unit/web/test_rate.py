from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from yitong_command.web.auth.rate import SignInLimiter

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


def test_a_guesser_must_wait_and_may_go_on_later() -> None:
    limiter = SignInLimiter(per_user=3)
    waits = [limiter.take("desk", "10.0.0.1", NOON) for _ in range(5)]
    assert waits[:3] == [0, 0, 0]
    assert all(wait > 0 for wait in waits[3:])
    assert limiter.take("desk", "10.0.0.1", NOON + timedelta(seconds=waits[3])) == 0


def test_another_address_or_user_is_not_slowed_down() -> None:
    limiter = SignInLimiter(per_user=1)
    assert limiter.take("desk", "10.0.0.1", NOON) == 0
    assert limiter.take("desk", "10.0.0.1", NOON) > 0
    assert limiter.take("desk", "10.0.0.2", NOON) == 0
    assert limiter.take("desk2", "10.0.0.1", NOON) == 0


def test_one_address_can_not_try_many_users() -> None:
    limiter = SignInLimiter(per_user=8, per_address=20)
    tried = [limiter.take(f"user{n}", "10.0.0.1", NOON) for n in range(40)]
    assert tried.count(0) == 20


def test_one_ipv6_line_is_one_address() -> None:
    limiter = SignInLimiter(per_user=1)
    assert limiter.take("desk", "2001:db8::1", NOON) == 0
    assert limiter.take("desk", "2001:db8::2", NOON) > 0
    assert limiter.take("desk", "2001:db8:1::1", NOON) == 0


def test_a_success_gives_the_tries_back() -> None:
    limiter = SignInLimiter(per_user=2, per_address=3)
    for _ in range(20):
        assert limiter.take("desk", "10.0.0.1", NOON) == 0
        limiter.succeeded("desk", "10.0.0.1")


@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6)), max_size=60))
def test_memory_is_bounded(tries: list[tuple[str, str]]) -> None:
    limiter = SignInLimiter(size=10)
    for user, address in tries:
        assert limiter.take(user, address, NOON) >= 0
    assert all(len(buckets) <= 10 for _, buckets in limiter._kinds)
