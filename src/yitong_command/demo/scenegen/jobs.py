"""The work list between planner and renderer: which pictures, cut where, with what in them."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from yitong_command.demo.scenegen.camera import Camera, area, box_around, clipped
from yitong_command.demo.scenegen.mesh import Points, Vector, place_points
from yitong_command.demo.scenegen.motion import Drive, Leg, Walk
from yitong_command.demo.scenegen.plan import (
    Cover,
    Mover,
    Plan,
    Seen,
    Static,
    cover_state,
    model_parts,
    present,
)

Crop = tuple[int, int, int, int]
MARGIN_PX = 14
SMALLEST_PX = 45.0
"""A mover whose box is smaller than this many square pixels is not drawn."""


@dataclass(frozen=True)
class Placed:
    """A model standing somewhere."""

    model: str
    at: Vector
    heading_deg: float


@dataclass(frozen=True)
class Job:
    """One picture: where it goes, its cut (``xyxy`` pixels, None: whole), and what stands in it."""

    out: str
    size_wh: tuple[int, int]
    crop: Crop | None
    states: dict[str, str]
    movers: tuple[Placed, ...]
    beams: bool


@dataclass(frozen=True)
class Work:
    """A scene and its pictures, with the samples per pixel of backgrounds and of patches."""

    plan: Plan
    samples: int
    patch_samples: int
    jobs: tuple[Job, ...]


def states_at(plan: Plan, t: float) -> dict[str, str]:
    """State of every cover at time ``t`` seconds."""
    return {one.cover_id: cover_state(one, t) for one in plan.covers}


def background_name(states: dict[str, str]) -> str:
    """File name of the background with the covers in these states."""
    return "background_" + "_".join(f"{k}-{v}" for k, v in sorted(states.items())) + ".png"


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


def touched(plan: Plan, seen: Seen, sun: Vector | None) -> Crop | None:
    """The part of the picture that a mover changes: itself, shadow, reflection and beam.

    Returns:
        Whole pixels ``xyxy`` inside the picture with a margin; None when nothing of it shows.
    """
    camera, body = plan.camera, points_of(seen)
    pixels, depth = camera.see(body)
    if depth.max() <= 0.5:
        return None
    own = clipped(box_around(pixels[depth > 0.5]), camera.size_wh)
    groups = [body, _shadow(body, sun)]
    if plan.weather == "rain":
        groups.append(body * np.array([1, 1, -0.6]))
    if plan.light != "noon" and seen.mover.kind != "person":
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
    return low[0], low[1], high[0], high[1]


def joined(crops: list[Crop]) -> list[Crop]:
    """Join cuts that overlap until none do."""
    left, done = list(crops), []
    while left:
        one = left.pop()
        hit = next((o for o in left if _overlap(one, o)), None)
        if hit is None:
            done.append(one)
        else:
            left.remove(hit)
            left.append(
                (min(one[0], hit[0]), min(one[1], hit[1]), max(one[2], hit[2]), max(one[3], hit[3]))
            )
    return sorted(done)


def _overlap(a: Crop, b: Crop) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def frame_jobs(plan: Plan, t: float, folder: str, sun: Vector | None) -> list[Job]:
    """Patches of the frame at time ``t``: one per group of movers that touch."""
    seen = present(plan, t)
    crops = [crop for one in seen if (crop := touched(plan, one, sun)) is not None]
    movers = tuple(Placed(s.model, s.pose.at, round(s.pose.heading_deg, 3)) for s in seen)
    states, beams = states_at(plan, t), plan.light != "noon"
    name = f"{folder}/patch_{round(t * 1000):06d}"
    return [
        Job(
            "_".join((name, *map(str, crop))) + ".png",
            plan.camera.size_wh,
            crop,
            states,
            movers,
            beams,
        )
        for crop in joined(crops)
    ]


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
    jobs: dict[object, Job] = {}
    for i in range(plan.frame_count):
        t = i / plan.fps
        states = states_at(plan, t)
        out = f"{folder}/{background_name(states)}"
        jobs.setdefault(out, Job(out, plan.camera.size_wh, None, states, (), plan.light != "noon"))
        for job in frame_jobs(plan, t, folder, sun):
            jobs.setdefault(same_picture(job), job)
    return Work(plan, samples, patch_samples, tuple(jobs.values()))


def same_picture(job: Job) -> object:
    """A key that two jobs share when they would give the same picture."""
    return job.crop, tuple(sorted(job.states.items())), job.movers


def as_plain(work: Work) -> dict[str, Any]:
    """A work list as JSON values."""
    return asdict(work)


def _tuples(value: Any) -> Any:
    """JSON lists as the tuples they were."""
    if isinstance(value, list):
        return tuple(_tuples(one) for one in value)
    if isinstance(value, dict):
        return {key: _tuples(one) for key, one in value.items()}
    return value


def _path(raw: dict[str, Any]) -> Drive | Walk:
    if "way" in raw:
        return Walk(**raw)
    return Drive(**{**raw, "legs": tuple(Leg(**leg) for leg in raw["legs"])})


def _plan(raw: dict[str, Any]) -> Plan:
    return Plan(
        **{
            **raw,
            "camera": Camera(**raw["camera"]),
            "movers": tuple(Mover(**{**m, "path": _path(m["path"])}) for m in raw["movers"]),
            "statics": tuple(Static(**one) for one in raw["statics"]),
            "covers": tuple(Cover(**one) for one in raw["covers"]),
        }
    )


def read_work(raw: dict[str, Any]) -> Work:
    """The work list that ``as_plain`` wrote."""
    told = _tuples(raw)
    jobs = tuple(
        Job(**{**job, "movers": tuple(Placed(**one) for one in job["movers"])})
        for job in told["jobs"]
    )
    return Work(_plan(told["plan"]), told["samples"], told["patch_samples"], jobs)
