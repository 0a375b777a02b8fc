"""Which part of each frame changes, and how it is made: rendered, or moved from a rendered frame.

One frame in ``plan.every`` is rendered. Between them a mover that
stands clear of all others is moved and scaled with its box from the nearest rendered frame.
"""

import math
from dataclasses import dataclass

import numpy as np

from yitong_command.demo.scenegen.camera import area, box_around, clipped
from yitong_command.demo.scenegen.jobs import (
    Crop,
    Job,
    Placed,
    Work,
    background_name,
    same_picture,
    states_at,
)
from yitong_command.demo.scenegen.mesh import Points, Vector, place_points
from yitong_command.demo.scenegen.plan import Plan, Seen, model_parts, present

Box = tuple[float, float, float, float]
MARGIN_PX = 14
COVER_REACH_M = 1.5
"""How far from its middle a cover that changes may lie, with its shadow."""
SMALLEST_PX = 45.0
"""A mover whose box is smaller than this many square pixels is not drawn."""


@dataclass(frozen=True)
class Touch:
    """A mover and the cut of the picture that it changes.

    Attributes:
        seen: The mover.
        crop: Whole pixels.
        body: Box of the mover alone, pixels, not clipped.
    """

    seen: Seen
    crop: Crop
    body: Box


@dataclass(frozen=True)
class Shot:
    """A patch of a frame.

    Attributes:
        job: The picture it is taken from.
        move: Boxes from and to which the picture is moved; None where it stays.
    """

    job: Job
    move: tuple[Box, Box] | None = None


def points_of(seen: Seen) -> Points:
    """All corners of a mover in the world, shape ``(n, 3)``."""
    corners = np.vstack([p.vertices for p in model_parts(seen.model)])
    return place_points(corners, seen.pose.at, seen.pose.heading_deg)


def _shadow(points: Points, sun: Vector | None) -> Points:
    if sun is None:
        spread = points.copy()
        spread[:, 2] = 0.0
        middle = spread.mean(axis=0)
        return np.asarray(middle + (spread - middle) * 1.15)
    reach = np.minimum(points[:, 2] / -sun[2], 12.0)
    return np.asarray(points + reach[:, None] * np.asarray(sun))


def _beam(seen: Seen) -> Points:
    h = math.radians(seen.pose.heading_deg)
    ahead, side = np.array([math.sin(h), math.cos(h), 0]), np.array([math.cos(h), -math.sin(h), 0])
    start = np.asarray(seen.pose.at)
    return np.array(
        [start + ahead * d + side * s for d, s in ((2, -1.5), (2, 1.5), (16, -6), (16, 6))]
    )


def touched(plan: Plan, seen: Seen, sun: Vector | None) -> Touch | None:
    """The part of the picture that a mover changes: itself, shadow, reflection and beam.

    Returns:
        Its cut, inside the picture and with a margin; None when nothing of it shows.
    """
    camera, body = plan.camera, points_of(seen)
    pixels, depth = camera.see(body)
    if depth.max() <= 0.5:
        return None
    whole = box_around(pixels[depth > 0.5])
    own = clipped(whole, camera.size_wh)
    groups = [body, _shadow(body, sun)]
    if plan.weather == "rain":
        groups.append(body * np.array([1, 1, -0.6]))
    if plan.beams and seen.mover.kind != "person":
        groups.append(_beam(seen))
    everything = np.vstack(groups)
    pixels, depth = camera.see(everything)
    box = clipped(box_around(pixels[depth > 0.5]), camera.size_wh)
    if area(box) < SMALLEST_PX or (area(own) <= 0 and area(box) < 400):
        return None
    low = [max(0, math.floor(v) - MARGIN_PX) for v in box[:2]]
    high = [
        min(limit, math.ceil(v) + MARGIN_PX)
        for v, limit in zip(box[2:], camera.size_wh, strict=True)
    ]
    return Touch(seen, (low[0], low[1], high[0], high[1]), whole)


def joined(touches: list[Touch]) -> list[tuple[Crop, tuple[Touch, ...]]]:
    """Join cuts that overlap until none do; each comes with its members."""
    left: list[tuple[Crop, tuple[Touch, ...]]] = [(one.crop, (one,)) for one in touches]
    done = []
    while left:
        crop, members = left.pop()
        hit = next((other for other in left if _overlap(crop, other[0])), None)
        if hit is None:
            done.append((crop, members))
        else:
            left.remove(hit)
            left.append((_hull(crop, hit[0]), members + hit[1]))
    return sorted(done, key=lambda group: group[0])


def _hull(a: Crop, b: Crop) -> Crop:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _overlap(a: Crop, b: Crop) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _groups(plan: Plan, i: int, sun: Vector | None) -> list[tuple[Crop, tuple[Touch, ...]]]:
    seen = present(plan, i / plan.fps)
    return joined([t for one in seen if (t := touched(plan, one, sun)) is not None])


def _job(plan: Plan, i: int, folder: str, crop: Crop, members: tuple[Touch, ...]) -> Job:
    ordered = sorted(members, key=lambda one: one.seen.mover.mover_id)
    movers = tuple(
        Placed(one.seen.model, one.seen.pose.at, round(one.seen.pose.heading_deg, 3))
        for one in ordered
    )
    out = f"{folder}/patch_{i:05d}_" + "_".join(map(str, crop)) + ".png"
    states = states_at(plan, i / plan.fps)
    return Job(out, plan.camera.size_wh, crop, states, movers, plan.beams)


def _inside(box: Box, size_wh: tuple[int, int]) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= size_wh[0] and box[3] <= size_wh[1]


def _end(before: Touch, after: Touch) -> Box:
    """Where a mover's box goes; a walker's, whose width swings with the stride, keeps its form."""
    if after.seen.mover.kind != "person":
        return after.body
    x0, y0, x1, y1 = after.body
    b = before.body
    half = (b[2] - b[0]) * (y1 - y0) / (b[3] - b[1]) / 2
    middle = (x0 + x1) / 2
    return middle - half, y0, middle + half, y1


def _moved(plan: Plan, i: int, folder: str, sun: Vector | None, one: Touch) -> Shot | None:
    """The shot of a lone mover taken from the nearest rendered frame; None where that can't be."""
    nearest = min(round(i / plan.every), (plan.frame_count - 1) // plan.every) * plan.every
    if not _inside(one.body, plan.camera.size_wh):
        return None
    if states_at(plan, nearest / plan.fps) != states_at(plan, i / plan.fps):
        return None
    for crop, members in _groups(plan, nearest, sun):
        same = members[0].seen.mover == one.seen.mover
        if len(members) == 1 and same and _inside(members[0].body, plan.camera.size_wh):
            move = members[0].body, _end(members[0], one)
            return Shot(_job(plan, nearest, folder, crop, members), move)
    return None


def frame_shots(plan: Plan, i: int, folder: str, sun: Vector | None) -> list[Shot]:
    """Patches of frame ``i``: one per group of movers that touch each other."""
    shots = []
    for crop, members in _groups(plan, i, sun):
        shot = None
        if i % plan.every and len(members) == 1:
            shot = _moved(plan, i, folder, sun, members[0])
        shots.append(shot or Shot(_job(plan, i, folder, crop, members)))
    return shots


def background_jobs(plan: Plan, folder: str) -> list[Job]:
    """The picture without movers, whole, and its cut around the covers for each later state."""
    jobs: dict[str, Job] = {}
    for i in range(plan.frame_count):
        states = states_at(plan, i / plan.fps)
        out = f"{folder}/{background_name(states)}"
        crop = _around_covers(plan) if jobs else None
        jobs.setdefault(out, Job(out, plan.camera.size_wh, crop, states, (), plan.beams))
    return list(jobs.values())


def _around_covers(plan: Plan) -> Crop | None:
    """The cut in which covers may change; None if none of it shows."""
    ground = [
        (one.at[0] + dx, one.at[1] + dy, 0.0)
        for one in plan.covers
        for dx in (-COVER_REACH_M, COVER_REACH_M)
        for dy in (-COVER_REACH_M, COVER_REACH_M)
    ]
    pixels, depth = plan.camera.see(np.asarray(ground))
    x0, y0, x1, y1 = clipped(box_around(pixels), plan.camera.size_wh)
    if depth.min() <= 0.5 or area((x0, y0, x1, y1)) < SMALLEST_PX:
        return None
    return math.floor(x0), math.floor(y0), math.ceil(x1), math.ceil(y1)


def work_list(
    plan: Plan, folder: str, sun: Vector | None, samples: int, patch_samples: int
) -> Work:
    """All pictures of a clip; a pose that repeats (a stopped car) is rendered once.

    Args:
        plan: The scene.
        folder: Where pictures go.
        sun: Direction of sunlight, or None.
        samples: Samples per pixel of the backgrounds.
        patch_samples: The same of the patches.
    """
    jobs: dict[object, Job] = {job.out: job for job in background_jobs(plan, folder)}
    for i in range(plan.frame_count):
        for shot in frame_shots(plan, i, folder, sun):
            jobs.setdefault(same_picture(shot.job), shot.job)
    return Work(plan, samples, patch_samples, tuple(jobs.values()))
