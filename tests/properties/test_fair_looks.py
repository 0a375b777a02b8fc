"""Whatever the load, every camera is looked at: in time if that can be, else all later alike."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from yitong_command.ingest.scheduler import GRACE_S, LookScheduler

TICK_S = 0.05
WARM_S, LONG_S = 60.0, 120.0


@dataclass
class Machine:
    """Carries out looks at a limited rate; times of all looks by camera."""

    scheduler: LookScheduler
    per_s: float
    looks: dict[str, list[float]] = field(default_factory=dict)
    stretches: list[float] = field(default_factory=list)

    def run(self, from_s: float, to_s: float) -> None:
        budget, tick = 1.0, round(from_s / TICK_S)
        while (now_s := tick * TICK_S) < to_s:
            budget = min(budget + self.per_s * TICK_S, 2 + self.per_s * TICK_S)
            while budget >= 1 and (due := self.scheduler.due(now_s, 1)):
                [camera_id] = due
                self.scheduler.begin(camera_id, now_s)
                self.looks.setdefault(camera_id, []).append(now_s)
                self.scheduler.end(camera_id)
                budget -= 1
            self.stretches.append(self.scheduler.stretch)
            tick += 1

    def gaps(self, camera_id: str, from_s: float) -> list[float]:
        at = [second for second in self.looks.get(camera_id, []) if second >= from_s]
        return [later - earlier for earlier, later in zip(at, at[1:], strict=False)]


cameras = st.lists(st.sampled_from([1.0, 2.0, 4.0]), min_size=15, max_size=60)


@settings(deadline=None, derandomize=True, max_examples=15)
@given(cameras, st.floats(1.3, 3.0))
@example([2.0] * 565 + [1.0] * 16, 1.3)
def test_a_machine_that_keeps_up_looks_at_every_camera_in_time(
    intervals: list[float], room: float
) -> None:
    named = {f"c{n}": interval for n, interval in enumerate(intervals)}
    machine = Machine(LookScheduler(named, 0.0), room * sum(1 / one for one in intervals))
    machine.run(0.0, LONG_S)
    for name, interval in named.items():
        assert max(machine.gaps(name, 0.0)) <= interval * 1.25 + GRACE_S + 2 / machine.per_s
    assert max(machine.stretches) == 1.0
    assert machine.scheduler.skipped == 0


@settings(deadline=None, derandomize=True, max_examples=15)
@given(cameras, st.floats(0.25, 0.8))
@example([2.0] * 60 + [1.0] * 6, 0.5)
def test_under_load_all_intervals_lengthen_by_the_same_factor_and_none_starves(
    intervals: list[float], share: float
) -> None:
    named = {f"c{n}": interval for n, interval in enumerate(intervals)}
    wanted = sum(1 / one for one in intervals)
    machine = Machine(LookScheduler(named, 0.0), share * wanted)
    until_s = WARM_S + LONG_S / share
    machine.run(0.0, until_s)
    # Not vacuous: the machine really is too slow, works nearly all the time, and says so.
    done = sum(second >= WARM_S for times in machine.looks.values() for second in times)
    assert done >= 0.95 * machine.per_s * (until_s - WARM_S)
    assert machine.stretches[-1] == pytest.approx(1 / share, rel=0.2)
    assert machine.scheduler.skipped > 0
    event(f"factor about {round(1 / share)}")
    slower = {}
    for name, interval in named.items():
        gaps = machine.gaps(name, WARM_S)
        slower[name] = sum(gaps) / len(gaps) / interval
        assert max(gaps) <= 1.3 * (interval + GRACE_S) / share + 2 / machine.per_s
    assert max(slower.values()) <= 1.1 * min(slower.values()) + 2 / machine.per_s


@settings(deadline=None, derandomize=True, max_examples=10)
@given(st.integers(10, 60), st.integers(1, 5), st.floats(0.3, 0.7))
def test_where_something_is_open_looks_stay_more_frequent_under_load(
    calm: int, open_ones: int, share: float
) -> None:
    named = {f"c{n}": 2.0 for n in range(calm)} | {f"open{n}": 2.0 for n in range(open_ones)}
    machine = Machine(LookScheduler(named, 0.0), share * len(named) / 2)
    machine.run(0.0, WARM_S)
    for number in range(open_ones):
        machine.scheduler.set_interval(f"open{number}", 1.0)
    until_s = WARM_S + LONG_S / share
    machine.run(WARM_S, until_s)
    counted = {
        name: sum(second >= WARM_S + 20 for second in times)
        for name, times in machine.looks.items()
    }
    hurried = min(count for name, count in counted.items() if name.startswith("open"))
    others = [count for name, count in counted.items() if name.startswith("c")]
    assert hurried >= 1.5 * sum(others) / len(others)
    assert min(others) > 0.6 * sum(others) / len(others)


@settings(deadline=None, derandomize=True, max_examples=10)
@given(cameras, st.floats(0.2, 0.7))
def test_when_the_load_goes_the_intervals_come_back(intervals: list[float], share: float) -> None:
    named = {f"c{n}": interval for n, interval in enumerate(intervals)}
    wanted = sum(1 / one for one in intervals)
    machine = Machine(LookScheduler(named, 0.0), share * wanted)
    machine.run(0.0, WARM_S)
    assert max(machine.stretches) > 1.05
    machine.per_s = 2 * wanted
    machine.run(WARM_S, WARM_S + 200)
    assert machine.scheduler.stretch == 1.0
    for name, interval in named.items():
        assert max(machine.gaps(name, WARM_S + 180)) <= interval * 1.25 + 2 * GRACE_S


@settings(deadline=None, derandomize=True, max_examples=15)
@given(
    st.lists(st.floats(0.0, 2.0, exclude_max=True), min_size=20, max_size=60),
    st.floats(0.6, 0.95),
)
def test_with_a_keyframe_per_interval_a_slow_machine_leaves_out_one_at_a_time(
    phases: list[float], share: float
) -> None:
    """Nobody waits for three keyframes while others are looked at with every one."""
    scheduler = LookScheduler({f"c{n}": 2.0 for n in range(len(phases))}, 0.0)
    newest = dict.fromkeys(range(len(phases)), -1)
    looks: dict[int, list[int]] = {n: [] for n in newest}
    budget, per_s = 1.0, share * len(phases) / 2
    for tick in range(round(LONG_S / TICK_S)):
        now_s = tick * TICK_S
        budget = min(budget + per_s * TICK_S, 2 + per_s * TICK_S)
        while budget >= 1 and (due := scheduler.due(now_s, 1)):
            number = int(due[0].removeprefix("c"))
            keyframe = int((now_s - phases[number]) // 2)
            if keyframe <= newest[number]:
                scheduler.nothing_new(due[0], now_s)
                continue
            newest[number] = keyframe
            scheduler.begin(due[0], now_s, now_s - 2 * keyframe - phases[number])
            scheduler.end(due[0])
            looks[number].append(keyframe)
            budget -= 1
    left_out = 0
    for taken in looks.values():
        steps = [b - a for a, b in zip(taken[5:], taken[6:], strict=False)]
        assert max(steps) <= 2
        left_out += steps.count(2)
    assert left_out > 10  # not vacuous: the machine is too slow to take every keyframe
    assert sum(map(len, looks.values())) >= 0.93 * per_s * LONG_S
