"""Plans are decided by their seed; their ground truth follows from geometry alone."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.demo.scenegen.camera import Camera, area, box_around, clipped
from yitong_command.demo.scenegen.jobs import as_plain, read_work
from yitong_command.demo.scenegen.labels import CLASSES, yolo_lines
from yitong_command.demo.scenegen.lighting import sun_direction
from yitong_command.demo.scenegen.motion import Drive, Walk, drive_pose, stop_interval
from yitong_command.demo.scenegen.patches import Touch, frame_shots, joined, work_list
from yitong_command.demo.scenegen.plan import Plan, present
from yitong_command.demo.scenegen.scenes import SCENES, Wishes, make_plan
from yitong_command.demo.scenegen.truth import (
    brief_stops,
    events,
    frame_truth,
    ground_truth,
    hiders,
    zones,
)
from yitong_command.demo.scenegen.world import standing

PURE = settings(deadline=None, derandomize=True, max_examples=30)
seeds = st.integers(0, 10_000)
names = st.sampled_from(sorted(SCENES))


def short(plan: Plan, seconds: int) -> Plan:
    return dataclasses.replace(plan, length_s=seconds)


@PURE
@given(names, seeds)
def test_one_seed_gives_one_plan(name: str, seed: int) -> None:
    assert make_plan(name, seed) == make_plan(name, seed)


def test_another_seed_gives_another_street() -> None:
    assert make_plan("quiet", 1) != make_plan("quiet", 2)
    one, same, other = (standing(make_plan("quiet", seed)) for seed in (1, 1, 2))
    assert one.keys() == same.keys()
    for name, parts in one.items():
        for a, b in zip(parts, same[name], strict=True):
            assert np.array_equal(a.vertices, b.vertices)
            assert a.materials == b.materials
    assert one.keys() != other.keys() or any(
        a.vertices.shape != b.vertices.shape or not np.array_equal(a.vertices, b.vertices)
        for name in one
        for a, b in zip(one[name], other[name], strict=False)
    )


@PURE
@given(names, seeds)
def test_events_lie_in_the_clip_and_outside_the_quiet_segment(name: str, seed: int) -> None:
    plan = make_plan(name, seed)
    for event in events(plan):
        assert 0 <= event["t0"] < event["t1"] <= plan.length_s
        if plan.quiet and (event["type"] == "vehicle_stopped" or event["state"] != "ok"):
            assert event["t0"] >= plan.quiet[1]


@PURE
@given(seeds)
def test_each_scene_holds_what_it_promises(seed: int) -> None:
    stops = [e for e in events(make_plan("parking", seed)) if e["type"] == "vehicle_stopped"]
    assert [e["t1"] - e["t0"] >= 28 for e in stops] == [True]
    states = [e["state"] for e in events(make_plan("manhole", seed))]
    assert states == ["ok", "missing"]
    quiet = make_plan("quiet", seed)
    assert [e["state"] for e in events(quiet)] == ["ok"]
    assert [e["t1"] - e["t0"] < 5 for e in brief_stops(quiet)] == [True]


@PURE
@given(names, seeds)
def test_nothing_jumps(name: str, seed: int) -> None:
    plan = make_plan(name, seed)
    for mover in plan.movers:
        path = mover.path
        if isinstance(path, Walk):
            continue
        ts = np.arange(path.start_s, min(mover.until_s, plan.length_s), 0.1)
        poses = [drive_pose(path, float(t)) for t in ts]
        steps = [
            np.hypot(b.at[0] - a.at[0], b.at[1] - a.at[1])
            for a, b in zip(poses[:-1], poses[1:], strict=True)
        ]
        assert max(steps, default=0) <= 1.3


def test_the_offender_stands_inside_the_zone_and_is_hidden_for_a_moment() -> None:
    plan = make_plan("parking", 1)
    offender = next(m for m in plan.movers if m.mover_id == "offender")
    assert isinstance(offender.path, Drive)
    t0, t1 = stop_interval(offender.path) or (0.0, 0.0)
    xs, ys = zip(*plan.zone, strict=True)
    assert all(
        min(xs) <= drive_pose(offender.path, t).at[0] <= max(xs)
        and min(ys) <= drive_pose(offender.path, t).at[1] <= max(ys)
        for t in (t0, (t0 + t1) / 2, t1 - 0.01)
    )
    hiding = hiders(plan)
    shares = [
        one["visible"]
        for i in range(round(t0 * plan.fps), round(t1 * plan.fps), 3)
        for one in frame_truth(plan, i, hiding)["objects"]
        if one["id"] == "offender"
    ]
    assert min(shares) < 0.35
    assert sum(share > 0.9 for share in shares) > 0.7 * len(shares)


def test_without_traffic_only_the_event_is_left() -> None:
    plan = make_plan("parking", 1, Wishes(traffic=0, occlusion=False))
    assert {m.mover_id for m in plan.movers} == {"offender", "walker_1"}


def test_an_unknown_scene_is_refused() -> None:
    with pytest.raises(ValueError, match="no scene"):
        make_plan("harbour", 1)


@PURE
@given(st.floats(-8, 8), st.floats(-8, 0), st.floats(4, 9), st.floats(30, 80), st.floats(-5, 5))
def test_projection_keeps_what_a_pinhole_keeps(
    x: float, y: float, z: float, fov: float, aim: float
) -> None:
    camera = Camera((x, y, z), (aim, 12.0, 0.0), fov)
    pixels, depth = camera.see(np.array([[aim, 12.0, 0.0], [aim, 12.0, 1.0], [aim, 40.0, 0.0]]))
    assert pixels[0] == pytest.approx((480.0, 270.0), abs=1e-6)
    assert pixels[1][1] < pixels[0][1]
    assert pixels[2][1] < pixels[0][1]
    assert depth[0] == pytest.approx(np.linalg.norm(np.array([aim - x, 12.0 - y, -z])))
    edge = np.asarray(camera.target) + camera.axes()[0] * depth[0] * np.tan(np.radians(fov) / 2)
    assert camera.see(edge[None])[0][0] == pytest.approx((960.0, 270.0), abs=1e-6)


def test_boxes_are_clipped_to_the_picture() -> None:
    box = box_around(np.array([[-20.0, 30.0], [50.0, 600.0]]))
    assert clipped(box, (960, 540)) == (0.0, 30.0, 50.0, 540.0)
    assert area((5.0, 5.0, 4.0, 9.0)) == 0


@PURE
@given(
    st.lists(
        st.tuples(st.integers(0, 80), st.integers(0, 80), st.integers(1, 40), st.integers(1, 40)),
        max_size=7,
    )
)
def test_joined_cuts_cover_all_and_do_not_overlap(raw: list[tuple[int, int, int, int]]) -> None:
    seen = present(make_plan("quiet", 1), 6.0)[0]
    crops = [(x, y, x + w, y + h) for x, y, w, h in raw]
    groups = joined([Touch(seen, crop, crop) for crop in crops])
    out = [crop for crop, _ in groups]
    assert sorted(one.crop for _, members in groups for one in members) == sorted(crops)
    for a in crops:
        assert any(b[0] <= a[0] and b[1] <= a[1] and b[2] >= a[2] and b[3] >= a[3] for b in out)
    for i, a in enumerate(out):
        for b in out[i + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_whole_seconds_are_rendered_and_others_move_a_lone_mover() -> None:
    plan = make_plan("quiet", 1)
    sun = sun_direction(plan)
    assert plan.fps % plan.every == 0
    shots = {i: frame_shots(plan, i, "pictures", sun) for i in range(plan.frame_count)}
    assert all(s.move is None for i in shots if i % plan.every == 0 for s in shots[i])
    between = [s for i in shots if i % plan.every for s in shots[i]]
    assert sum(s.move is not None for s in between) > len(between) / 2
    for shot in between:
        if shot.move is not None and shot.job.movers[0].model.startswith("person"):
            (a, b, c, d), (e, f, g, h) = shot.move
            assert (g - e) / (c - a) == pytest.approx((h - f) / (d - b))


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_work_list_survives_writing(name: str) -> None:
    plan = short(make_plan(name, 3), 9)
    work = work_list(plan, "pictures", sun_direction(plan), 8, 4)
    assert read_work(json.loads(json.dumps(as_plain(work)))) == work
    assert sum(job.crop is None for job in work.jobs) == 1
    assert sum(job.crop is not None for job in work.jobs) >= 2


def test_a_standing_car_is_rendered_once() -> None:
    plan = make_plan("parking", 1, Wishes(traffic=0, occlusion=False))
    offender = tuple(m for m in plan.movers if m.mover_id == "offender")
    plan = dataclasses.replace(plan, movers=offender)
    work = work_list(plan, "pictures", sun_direction(plan), 8, 4)
    shown = [i for i in range(0, plan.frame_count, plan.every) if present(plan, i / plan.fps)]
    assert len(shown) > 80
    assert len(work.jobs) < len(shown) - 50


def test_ground_truth_and_labels_are_well_formed() -> None:
    plan = short(make_plan("quiet", 1), 20)
    gt = ground_truth(plan, "quiet.mp4")
    assert json.loads(json.dumps(gt)) == gt
    assert len(gt["frames"]) == gt["frame_count"] == 120
    assert {z["kind"] for z in gt["zones"]} == {"no_parking", "cover"}
    assert len(gt["statics"]) >= 4
    kinds = {one["cls"] for frame in gt["frames"] for one in frame["objects"]}
    assert {"car", "person"} <= kinds
    lines = yolo_lines(gt, 60)
    assert len(lines) >= 5
    for line in lines:
        number, *values = line.split()
        assert 0 <= int(number) < len(CLASSES)
        assert all(0 <= float(v) <= 1 for v in values)


def test_the_zone_is_left_out_where_it_does_not_show() -> None:
    assert {z["kind"] for z in zones(make_plan("manhole", 1))} == {"cover"}


def test_a_close_view_makes_the_cover_large_enough() -> None:
    (cover,) = zones(make_plan("manhole", 1))
    assert cover["box"][2] - cover["box"][0] >= 0.18


@pytest.mark.parametrize("weather", ["dry", "rain", "snow"])
@pytest.mark.parametrize("light", ["noon", "low", "dusk", "night"])
def test_the_sun_shines_down_or_not_at_all(weather: str, light: str) -> None:
    direction = sun_direction(make_plan("quiet", 1, Wishes(weather=weather, light=light)))  # type: ignore[arg-type]
    if weather == "dry" and light != "night":
        assert direction is not None
        assert np.linalg.norm(direction) == pytest.approx(1)
        assert direction[2] < 0
    else:
        assert direction is None
