"""Every camera has its turn; under load all wait longer together."""

from __future__ import annotations

from yitong_command.ingest.scheduler import LATE_S, LookScheduler


def test_looks_are_spread_over_the_interval() -> None:
    scheduler = LookScheduler({f"c{n}": 4.0 for n in range(8)}, 100.0)
    first = {}
    for tick in range(80):
        now_s = 100 + tick * 0.05
        for camera_id in scheduler.due(now_s, 99):
            scheduler.begin(camera_id, now_s)
            first[camera_id] = now_s
    gaps = [b - a for a, b in zip(sorted(first.values()), sorted(first.values())[1:], strict=False)]
    assert len(first) == 8
    assert min(gaps) > 0.4


def test_a_camera_under_way_is_not_begun_again() -> None:
    scheduler = LookScheduler({"a": 1.0}, 0.0)
    scheduler.begin("a", 0.0)
    assert scheduler.due(50.0, 5) == []
    scheduler.end("a")
    assert scheduler.due(50.0, 5) == ["a"]


def test_a_camera_without_a_new_keyframe_is_asked_again_soon_and_not_counted() -> None:
    scheduler = LookScheduler({"a": 4.0}, 0.0)
    scheduler.nothing_new("a", 0.0)
    assert scheduler.due(0.2, 5) == []
    assert scheduler.due(0.3, 5) == ["a"]
    assert scheduler.skipped == 0


def test_a_shorter_interval_counts_at_once() -> None:
    scheduler = LookScheduler({"a": 4.0}, 0.0)
    scheduler.begin("a", 0.0)
    scheduler.end("a")
    scheduler.set_interval("a", 1.0)
    assert scheduler.due(0.9, 1) == []
    assert scheduler.due(1.0 + LATE_S, 1) == ["a"]


def test_the_next_turn_is_an_interval_after_the_picture_was_taken() -> None:
    scheduler = LookScheduler({"a": 2.0}, 0.0)
    scheduler.begin("a", 10.0, age_s=1.5)
    scheduler.end("a")
    assert scheduler.due(10.5, 1) == []
    assert scheduler.due(10.5 + LATE_S, 1) == ["a"]
    for senseless_s in (-3600.0, 3600.0):  # our clock was set
        scheduler.begin("a", 20.0, age_s=senseless_s)
        scheduler.end("a")
        assert scheduler.due(22.0 + LATE_S, 1) == ["a"]
    scheduler.nothing_new("a", 22.2)


def test_who_waited_for_a_keyframe_is_not_put_behind_the_others() -> None:
    scheduler = LookScheduler({"a": 2.0, "b": 2.0}, 0.0)
    for camera_id, at_s in (("a", 1.0), ("b", 1.1)):
        scheduler.begin(camera_id, at_s)
        scheduler.end(camera_id)
    scheduler.nothing_new("a", 3.5)
    assert scheduler.due(3.6, 2) == ["b"]
    assert scheduler.due(3.8, 2) == ["a", "b"]


def test_the_lag_is_told() -> None:
    scheduler = LookScheduler({"a": 1.0}, 0.0)
    assert scheduler.begin("a", 3.4) == 3.4
    assert scheduler.skipped == 3


def test_looks_that_take_longer_than_their_interval_are_told() -> None:
    scheduler = LookScheduler({f"c{n}": 1.0 for n in range(5)}, 0.0)
    now_s, ending = 0.0, dict[str, float]()
    while now_s < 30.0:  # room for all at once, three seconds each
        for camera_id in [name for name, end_s in ending.items() if end_s <= now_s]:
            del ending[camera_id]
            scheduler.end(camera_id)
        for camera_id in scheduler.due(now_s, 5):
            scheduler.begin(camera_id, now_s)
            ending[camera_id] = now_s + 3.0
        now_s += 0.05
    assert 2.5 < scheduler.stretch < 3.5
    assert scheduler.skipped > 50


def test_cameras_come_and_go_and_a_look_may_outlive_its_camera() -> None:
    scheduler = LookScheduler({}, 0.0)
    for number in range(8):
        scheduler.add(f"c{number}", 8.0, 0.0)
    first: dict[str, int] = {}
    for tick in range(160):
        for camera_id in scheduler.due(tick * 0.05, 8):
            scheduler.begin(camera_id, tick * 0.05)
            first[camera_id] = tick // 20
    assert first.keys() == {f"c{n}" for n in range(8)}
    assert len(set(first.values())) >= 6  # spread over the interval, not all at once
    scheduler.remove("c3")
    scheduler.set_interval("c3", 1.0)
    scheduler.end("c3")
    scheduler.remove("never there")
    assert "c3" not in scheduler.due(100.0, 8)


def test_removed_and_moved_turns_leave_nothing_behind() -> None:
    scheduler = LookScheduler({"a": 1.0, "b": 1.0}, 0.0)
    for _ in range(50):
        scheduler.nothing_new("a", 0.0)
    scheduler.remove("b")
    assert not scheduler.is_behind(0.2)
    assert scheduler.is_behind(0.26)
    assert scheduler.due(100.0, 9) == ["a"]
