"""The cover rule against a batch oracle, with invariants and a check that incidents do open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from yitong_command.domain.geometry import Point
from yitong_command.domain.incident import Change
from yitong_command.domain.observation import CoverLook
from yitong_command.rules.manhole_cover import MANHOLE_COVER, configure
from yitong_command.rules.replay import replay

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
COVER = (Point(0.4, 0.4), Point(0.6, 0.4), Point(0.6, 0.6))
CONF = configure(COVER, {"agree_looks": 3, "agree_s": 5, "max_gap_s": 40})
HAZARDS = ("broken", "missing", "displaced")


@st.composite
def recordings(draw: st.DrawFn) -> list[CoverLook]:
    looks: list[CoverLook] = []
    at = START
    for _ in range(draw(st.integers(1, 7))):
        mostly = draw(st.sampled_from(["ok", *HAZARDS, None]))
        if draw(st.integers(0, 5)) == 0:
            at += timedelta(seconds=draw(st.sampled_from([39, 41, 500])))
        for _ in range(draw(st.integers(1, 8))):
            at += timedelta(seconds=draw(st.sampled_from([1, 2, 4])))
            odd = draw(st.integers(0, 11)) == 0
            state = draw(st.sampled_from(["ok", *HAZARDS, None])) if odd else mostly
            looks.append(CoverLook(at, state, 0.8 if state else 0.0))
    return looks


def oracle(looks: list[CoverLook]) -> list[tuple[str, datetime, datetime]]:
    """Cut the judged looks into runs, then read off where runs became long enough."""
    judged = [look for look in looks if look.state is not None]
    numbered, run = [], 0
    for n, look in enumerate(judged):
        before = judged[n - 1] if n else None
        if before and (
            (before.state == "ok") != (look.state == "ok")
            or (look.at - before.at).total_seconds() > CONF.max_gap_s
        ):
            run += 1
        numbered.append((run, look))
    result: list[tuple[str, datetime, datetime]] = []
    open_since: datetime | None = None
    for _, group in groupby(numbered, key=lambda item: item[0]):
        members = [look for _, look in group]
        sure = [m for m in members[2:] if (m.at - members[0].at).total_seconds() >= 5]
        if not sure:
            continue
        if members[0].state != "ok" and open_since is None:
            open_since = members[0].at
            result.append(("opened", open_since, sure[0].at))
        elif members[0].state == "ok" and open_since is not None:
            result.append(("cleared", open_since, sure[0].at))
            open_since = None
    return result


@settings(deadline=None, derandomize=True, max_examples=200)
@given(recordings())
def test_the_rule_says_what_the_oracle_says(looks: list[CoverLook]) -> None:
    told = [(c.change.value, c.began_at, c.at) for c in replay(MANHOLE_COVER, CONF, looks)]
    assert told == oracle(looks)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(recordings())
def test_opened_and_cleared_alternate_and_name_a_hazard(looks: list[CoverLook]) -> None:
    changes = list(replay(MANHOLE_COVER, CONF, looks))
    assert [c.change for c in changes] == [Change.OPENED, Change.CLEARED] * (len(changes) // 2) + [
        Change.OPENED
    ] * (len(changes) % 2)
    assert all(c.state in HAZARDS for c in changes)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(recordings(), st.data())
def test_looks_that_judge_nothing_change_nothing(
    looks: list[CoverLook], data: st.DataObject
) -> None:
    more: list[CoverLook] = []
    for look in looks:
        if data.draw(st.booleans()):
            more.append(CoverLook(look.at - timedelta(milliseconds=500), None))
        more.append(look)
    assert list(replay(MANHOLE_COVER, CONF, more)) == list(replay(MANHOLE_COVER, CONF, looks))


def test_the_recordings_do_open_clear_and_reopen() -> None:
    assert find(
        recordings(),
        lambda looks: len(oracle(looks)) >= 3,
        settings=settings(deadline=None, max_examples=600, phases=[Phase.generate]),
    )
