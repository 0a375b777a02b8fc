"""Vehicles under bans that begin and end, against an oracle over whole stays and whole bans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from yitong_command.domain.ban import Ban, Permit, weekly_spans
from yitong_command.domain.geometry import Box, Point
from yitong_command.domain.incident import Change, RuleChange, incident_id
from yitong_command.domain.observation import Track, ZoneLook
from yitong_command.domain.terms import Terms
from yitong_command.rules.illegal_parking import ILLEGAL_PARKING, configure
from yitong_command.rules.replay import replay

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""16:00 in China."""
FOUR = 16 * 60
ZONE = (Point(0.0, 0.4), Point(1.0, 0.4), Point(1.0, 1.0), Point(0.0, 1.0))
SPOTS = (Box(0.05, 0.6, 0.25, 0.8), Box(0.4, 0.6, 0.6, 0.8), Box(0.75, 0.6, 0.95, 0.8))
DWELL_S, RECHECK_S, CLEAR_S = 20, 8, 10
NUMBERS: dict[str, float] = {
    "dwell_s": DWELL_S, "recheck_s": RECHECK_S, "clear_after_s": CLEAR_S, "miss_s": 7
}  # fmt: skip
LOOKS = [START + timedelta(seconds=2 * n) for n in range(300)]
Told = tuple[int, str, datetime, datetime]


@dataclass(frozen=True)
class World:
    """Stays by spot, as numbers of looks, first and last; and the ban."""

    stays: tuple[tuple[tuple[int, int], ...], ...]
    ban: Ban


@st.composite
def worlds(draw: st.DrawFn) -> World:
    stays = []
    for _ in SPOTS:
        lives, look = [], draw(st.integers(0, 60))
        for _ in range(draw(st.integers(0, 3))):
            last = look + draw(st.integers(0, 150))
            lives.append((look, last))
            look = last + draw(st.integers(12, 60))  # away for longer than any patience
        stays.append(tuple(lives))
    hours = [
        (FOUR + start, FOUR + start + length)
        for start, length in draw(
            st.lists(st.tuples(st.integers(-2, 9), st.integers(1, 6)), max_size=2)
        )
    ]
    permits = tuple(
        Permit(START + timedelta(seconds=begin), START + timedelta(seconds=begin + length))
        for begin, length in draw(
            st.lists(st.tuples(st.integers(-20, 500), st.integers(1, 150)), max_size=3)
        )
    )
    return World(tuple(stays), Ban(weekly_spans(hours, range(7)), permits))


def told(world: World) -> list[Told]:
    return [
        (SPOTS.index(c.box), c.change.value, c.began_at.replace(microsecond=0), c.at)
        for c in changes_of(world)
        if c.box is not None
    ]


def changes_of(world: World) -> list[RuleChange]:
    looks = [
        ZoneLook(
            at,
            tuple(
                Track(f"t{spot}", "car", 0.9, SPOTS[spot], at)
                for spot, lives in enumerate(world.stays)
                if any(first <= n <= last for first, last in lives)
            ),
        )
        for n, at in enumerate(LOOKS)
    ]
    return list(replay(ILLEGAL_PARKING, configure(ZONE, NUMBERS, Terms(ban=world.ban)), looks))


def first(numbers: list[int], after: datetime, by_s: float) -> int | None:
    """The first look at least so long after a moment."""
    return next((n for n in numbers if (LOOKS[n] - after).total_seconds() >= by_s), None)


def oracle(world: World) -> list[Told]:
    """Every stay under every ban by itself: from the later beginning to the earlier end."""
    result: list[Told] = []
    for began, group in groupby(range(len(LOOKS)), key=lambda n: world.ban.began(LOOKS[n])):
        held = list(group)
        if began is None:
            continue
        for spot, lives in enumerate(world.stays):
            for come, gone in lives:
                seen = [n for n in held if come <= n <= gone]
                if not seen:
                    continue
                begin = max(began, LOOKS[come])
                full = first(seen[2:], begin, DWELL_S)
                opened = None if full is None else first(seen, LOOKS[full], RECHECK_S)
                if opened is None:
                    continue
                result.append((spot, "opened", begin, LOOKS[opened]))
                away = [n for n in range(gone + 1, len(LOOKS))]
                left = first(away, LOOKS[away[0]], CLEAR_S) if away else None
                over = held[-1] + 1 if held[-1] + 1 < len(LOOKS) else None
                ends = [n for n in (left, over) if n is not None]
                if ends:
                    result.append((spot, "cleared", begin, LOOKS[min(ends)]))
    return result


@settings(deadline=None, derandomize=True, max_examples=200)
@given(worlds())
def test_the_rule_says_what_the_oracle_says(world: World) -> None:
    assert sorted(told(world)) == sorted(oracle(world))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(worlds())
def test_nothing_opens_outside_a_ban_and_every_incident_has_its_own_name(world: World) -> None:
    opened = [c for c in changes_of(world) if c.change is Change.OPENED]
    for change in opened:
        began = world.ban.began(change.at)
        assert began is not None
        assert change.began_at >= began
    names = {incident_id("illegal_parking", "cam/main/zone", c.began_at) for c in opened}
    assert len(names) == len(opened)


def test_the_worlds_do_repeat_one_stay_under_two_bans_and_begin_with_a_ban() -> None:
    def one_stay_twice(world: World) -> bool:
        spans = [(spot, begin) for spot, kind, begin, _ in told(world) if kind == "opened"]
        return any(
            sum(spot == s and LOOKS[come] <= begin <= LOOKS[min(gone, 299)] for s, begin in spans)
            >= 2
            for spot, lives in enumerate(world.stays)
            for come, gone in lives
            if come < len(LOOKS)
        )

    def two_from_one_moment(world: World) -> bool:
        begins = [begin for _, kind, begin, _ in told(world) if kind == "opened"]
        return len(begins) > len(set(begins))

    for wanted in (one_stay_twice, two_from_one_moment):
        assert find(
            worlds(), wanted, settings=settings(deadline=None, max_examples=800,
                                                phases=[Phase.generate])
        )  # fmt: skip
