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


class Spot:
    """One spot over a whole recording; every question is answered from the full list."""

    def __init__(self, world: list[Look], spot: int) -> None:
        self.world = world
        self.judged = [i for i, look in enumerate(world) if look.judged]
        self.there = {i: spot in world[i].present for i in self.judged}

    def s(self, start: int, end: int) -> float:
        return (self.world[end].at - self.world[start].at).total_seconds()

    def gone_s(self, k: int) -> float:
        """Judged absence that ends with look k: neighbouring looks, both judged, both empty."""
        last_seen = max((i for i in self.judged if i < k and self.there[i]), default=-1)
        return sum(
            self.s(i, i + 1)
            for i in range(last_seen + 1, k)
            if self.world[i].judged
            and self.world[i + 1].judged
            and self.s(i, i + 1) <= CONF.max_gap_s
        )

    def blind_before(self, k: int) -> bool:
        before = [i for i in self.judged if i < k]
        return bool(before) and self.s(before[-1], k) > CONF.max_gap_s

    def share(self, start: int, k: int) -> tuple[int, float]:
        looks = [self.there[i] for i in self.judged if start <= i <= k]
        return sum(looks), sum(looks) / len(looks)

    def sure(self, start: int, k: int) -> bool:
        seen, share = self.share(start, k)
        return self.there[k] and seen >= 3 and share >= CONF.presence

    def dropped(self, start: int, k: int) -> bool:
        """Whether a dwell that began at start would end, unreported, at look k."""
        looks = len([i for i in self.judged if start <= i <= k])
        rare = looks > 3 and self.share(start, k)[1] < CONF.presence
        gone = self.gone_s(k) >= CONF.miss_s
        return self.blind_before(k) or (not self.there[k] and (gone or rare))

    def opened(self, start: int) -> int | None:
        sure = [k for k in self.judged if k >= start and self.sure(start, k)]
        full = [k for k in sure if self.s(start, k) >= CONF.dwell_s]
        opens = [k for k in sure if full and self.s(full[0], k) >= CONF.recheck_s]
        return opens[0] if opens else None


def oracle(world: list[Look], number: int) -> list[tuple[str, datetime, datetime]]:
    """Opened and cleared of one spot: life after life, each decided over the whole recording."""
    result: list[tuple[str, datetime, datetime]] = []
    spot = Spot(world, number)
    done = -1
    while (start := next((i for i in spot.judged if i > done and spot.there[i]), None)) is not None:
        began = world[start].at
        opened = spot.opened(start)
        end = next((k for k in spot.judged if k > start and spot.dropped(start, k)), len(world))
        if opened is None or end <= opened:
            done = end - 1 if end < len(world) and spot.blind_before(end) else end
            continue
        result.append(("opened", began, world[opened].at))
        later = [k for k in spot.judged if k > opened and not spot.there[k]]
        done = next((k for k in later if spot.gone_s(k) >= CONF.clear_after_s), len(world))
        if done < len(world):
            result.append(("cleared", began, world[done].at))
    return result


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
        if box.x0 < 0 or box.x1 > 1:
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
