"""The parking rule against a batch oracle, with invariants and a check that incidents do open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from yitong_command.domain.geometry import Box, Point
from yitong_command.domain.incident import Change
from yitong_command.domain.observation import Tick, Track, ZoneLook
from yitong_command.rules.illegal_parking import ILLEGAL_PARKING, configure
from yitong_command.rules.replay import replay

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ZONE = (Point(0.0, 0.4), Point(1.0, 0.4), Point(1.0, 1.0), Point(0.0, 1.0))
CONF = configure(ZONE, {"dwell_s": 20, "recheck_s": 8, "clear_after_s": 10, "miss_s": 7,
                        "max_gap_s": 30})  # fmt: skip
SPOTS = (Box(0.05, 0.6, 0.25, 0.8), Box(0.4, 0.6, 0.6, 0.8), Box(0.75, 0.6, 0.95, 0.8))
NEVER = timedelta(days=1000)


@dataclass(frozen=True)
class Look:
    at: datetime
    judged: bool
    present: frozenset[int]


@st.composite
def worlds(draw: st.DrawFn) -> list[Look]:
    """Segments: for a while the same spots are taken, with a share of missed looks."""
    looks: list[Look] = []
    at = START
    for _ in range(draw(st.integers(1, 6))):
        parked = draw(st.frozensets(st.integers(0, len(SPOTS) - 1)))
        kind = draw(st.sampled_from(["judged", "judged", "judged", "flicker", "blind", "gap"]))
        if kind == "gap":
            at += timedelta(seconds=draw(st.sampled_from([5, 29, 31, 100])))
        for _ in range(draw(st.integers(1, 10))):
            at += timedelta(seconds=draw(st.sampled_from([1.0, 2.0, 2.0, 4.0])))
            judged = kind != "blind" and draw(st.integers(0, 9)) > 0
            missed = kind == "flicker" and draw(st.booleans())
            looks.append(Look(at, judged, frozenset() if missed else parked))
    return looks


def events(world: list[Look], ids: str = "") -> list[ZoneLook]:
    return [
        ZoneLook(
            look.at,
            tuple(
                Track(f"t{i}{ids and n}", "car", 0.9, SPOTS[i], look.at)
                for i in sorted(look.present)
            ),
            look.judged,
        )
        for n, look in enumerate(world)
    ]


def oracle(world: list[Look], spot: int) -> list[tuple[str, datetime, datetime]]:
    """Opened and cleared of one spot, from prefix sums over the whole recording."""
    result: list[tuple[str, datetime, datetime]] = []
    judged = [i for i, look in enumerate(world) if look.judged]
    there = {i: spot in world[i].present for i in judged}

    def gone_s(k: int) -> float:
        """Judged absence that ends with look k: neighbouring looks, both judged, both empty."""
        last_seen = max((i for i in judged if i < k and there[i]), default=-1)
        steps = range(last_seen + 1, k)
        return sum(
            (world[i + 1].at - world[i].at).total_seconds()
            for i in steps
            if world[i].judged
            and world[i + 1].judged
            and world[i + 1].at - world[i].at <= timedelta(seconds=CONF.max_gap_s)
        )

    def blind_before(k: int) -> bool:
        before = [i for i in judged if i < k]
        return bool(before) and (world[k].at - world[before[-1]].at).total_seconds() > 30

    done = -1
    while True:
        start = next((i for i in judged if i > done and there[i]), None)
        if start is None:
            return result
        later = [i for i in judged if i >= start]

        def rate(k: int, later: list[int] = later) -> tuple[int, int]:
            upto = [i for i in later if i <= k]
            return sum(there[i] for i in upto), len(upto)

        def sure(k: int) -> bool:
            seen, looks = rate(k)  # noqa: B023
            return there[k] and seen >= 3 and seen / looks >= CONF.presence

        began = world[start].at
        full = [k for k in later if sure(k) and (world[k].at - began).total_seconds() >= 20]
        opens = [
            k
            for k in later
            if full and sure(k) and (world[k].at - world[full[0]].at).total_seconds() >= 8
        ]
        drops = [
            k
            for k in later[1:]
            if blind_before(k)
            or (
                not there[k]
                and (gone_s(k) >= 7 or (rate(k)[1] > 3 and rate(k)[0] / rate(k)[1] < 0.6))
            )
        ]
        opened = opens[0] if opens else None
        if opened is None or (drops and drops[0] <= opened):
            if not drops:
                return result
            done = drops[0] - (1 if blind_before(drops[0]) else 0)
            continue
        result.append(("opened", began, world[opened].at))
        clears = [k for k in later if k > opened and not there[k] and gone_s(k) >= 10]
        if not clears:
            return result
        result.append(("cleared", began, world[clears[0]].at))
        done = clears[0]


def told(world: list[Look], ids: str = "") -> list[tuple[int, str, datetime, datetime]]:
    return [
        (
            next(i for i, spot in enumerate(SPOTS) if spot == change.box),
            change.change.value,
            change.began_at.replace(microsecond=0),
            change.at,
        )
        for change in replay(ILLEGAL_PARKING, CONF, events(world, ids))
    ]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(worlds())
def test_the_rule_says_what_the_oracle_says(world: list[Look]) -> None:
    expected = [(spot, *change) for spot in range(len(SPOTS)) for change in oracle(world, spot)]
    assert sorted(told(world)) == sorted(expected)


@settings(deadline=None, derandomize=True, max_examples=60)
@given(worlds())
def test_track_names_do_not_matter(world: list[Look]) -> None:
    assert told(world) == told(world, ids="new every look")


@settings(deadline=None, derandomize=True, max_examples=60)
@given(worlds())
def test_incidents_alternate_and_every_beginning_is_unique(world: list[Look]) -> None:
    changes = list(replay(ILLEGAL_PARKING, CONF, events(world)))
    beginnings = [c.began_at for c in changes if c.change is Change.OPENED]
    assert len(beginnings) == len(set(beginnings))
    for change in changes:
        assert change.began_at <= change.at
        if change.change is Change.CLEARED:
            assert change.began_at in beginnings


@settings(deadline=None, derandomize=True, max_examples=60)
@given(worlds(), st.data())
def test_late_looks_and_ticks_change_nothing(world: list[Look], data: st.DataObject) -> None:
    stream: list[ZoneLook | Tick] = []
    for event in events(world):
        stream.append(event)
        if data.draw(st.booleans()):
            stream.append(Tick(event.at))
            late = data.draw(st.sampled_from(stream))
            stream.append(ZoneLook(late.at - timedelta(seconds=1), (), judged=True))
    assert list(replay(ILLEGAL_PARKING, CONF, stream)) == list(
        replay(ILLEGAL_PARKING, CONF, events(world))
    )


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.floats(0.012, 0.2), st.sampled_from([1.0, 2.0, 4.0]), st.sampled_from([-1, 1]))
def test_a_vehicle_that_keeps_moving_opens_none(pace: float, every_s: float, way: int) -> None:
    """At 1.2 % of its length per second and more it leaves its place before the dwell is full."""
    looks = []
    for n in range(200):
        shift = way * pace * 0.2 * n * every_s
        box = Box(0.4 + shift, 0.6, 0.6 + shift, 0.8)
        if not (0 <= box.x0 and box.x1 <= 1):
            break
        at = START + timedelta(seconds=n * every_s)
        looks.append(ZoneLook(at, (Track("t1", "car", 0.9, box, START),)))
    assert list(replay(ILLEGAL_PARKING, CONF, looks)) == []


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.tuples(*[st.floats(-0.008, 0.008)] * 4), min_size=60, max_size=60))
def test_a_parked_vehicle_with_a_shaking_box_opens_exactly_one(
    shakes: list[tuple[float, float, float, float]],
) -> None:
    looks = [
        ZoneLook(
            START + timedelta(seconds=n),
            (
                Track(
                    f"t{n}",
                    "car",
                    0.9,
                    Box(0.4 + s[0], 0.6 + s[1], 0.6 + s[2], 0.8 + s[3]),
                    START,
                ),
            ),
        )  # fmt: skip
        for n, s in enumerate(shakes)
    ]
    assert [c.change for c in replay(ILLEGAL_PARKING, CONF, looks)] == [Change.OPENED]


def test_the_worlds_do_open_and_clear_incidents() -> None:
    def clears_two(world: list[Look]) -> bool:
        return sum(kind == "cleared" for _, kind, _, _ in told(world)) >= 2

    assert find(
        worlds(),
        clears_two,
        settings=settings(deadline=None, max_examples=600, phases=[Phase.generate]),
    )
