"""What happens in a benchmark's county leaves time to be found, and is judged fairly."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from yitong_command.bench.county import County, mix
from yitong_command.bench.events import NEED_S, Told, acts, judged
from yitong_command.demo.report import Fact, Found

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


@pytest.fixture
def county() -> County:
    clips = {f"bench-{n:04d}": clip for n, clip in enumerate(mix(40, 0.15))}
    return County(clips, ("ball-001", "ball-002"), Path(), Path(), 2.0)


def test_events_are_spread_and_leave_time_to_be_found(county: County) -> None:
    plan = acts(county, 120.0)
    assert [act.camera_id for act in plan if act.camera_id in county.balls] == list(county.balls)
    assert len(plan) == len({act.camera_id for act in plan}) == 6
    assert plan == sorted(plan)
    assert max(act.at_s for act in plan) <= 120 - NEED_S
    balls = [act.at_s for act in plan if act.camera_id in county.balls]
    assert max(balls) <= 120 - NEED_S - county.round_s


def test_in_a_long_run_scenes_are_put_right_and_it_happens_again(county: County) -> None:
    plan = acts(county, 600.0)
    shown: dict[str, list[bool]] = {}
    for act in plan:
        shown.setdefault(act.camera_id, []).append(act.repair)
    for camera_id, repairs in shown.items():
        if county.clips.get(camera_id) == "parking":
            assert not any(repairs)  # the car drives away by itself
            assert len(repairs) == 4
        else:
            assert repairs == [index % 2 == 1 for index in range(len(repairs))]
            assert len(repairs) >= 5
    assert max(act.at_s for act in plan) <= 600 - NEED_S
    assert min(Counter(act.at_s for act in plan).values()) == 1


def test_a_ball_camera_may_look_elsewhere_for_a_round(county: County) -> None:
    def fact(camera_id: str, view: str) -> Fact:
        return Fact(f"{camera_id}-1", "manhole_cover", camera_id, view, AT, None)

    facts = [fact("bench-0000", "main"), fact("ball-001", "centre"), fact("bench-0020", "main")]
    seen = Found("i1", "i1", "manhole_cover", "bench-0000", "main", AT + timedelta(seconds=1))
    false = Found("i2", "i2", "manhole_cover", "bench-0003", "main", AT)
    told = [Told(seen, AT + timedelta(seconds=6)), Told(false, AT)]
    soon = judged(facts, told, county, AT + timedelta(seconds=40))
    assert (soon["missed_on"], soon["pending"], soon["false_on"]) == (
        ["bench-0020"], 1, ["bench-0003"]
    )  # fmt: skip
    assert soon["delay_s"]["fixed"] == {"n": 1, "p50": 6.0, "p95": 6.0}
    later = judged(facts, told, county, AT + timedelta(seconds=100))
    assert later["missed"] == 2
