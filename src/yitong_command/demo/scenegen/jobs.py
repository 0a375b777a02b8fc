"""The work list between planner and renderer: which pictures, cut where, with what in them."""

from dataclasses import asdict, dataclass
from typing import Any

from yitong_command.demo.scenegen.camera import Camera
from yitong_command.demo.scenegen.mesh import Vector
from yitong_command.demo.scenegen.motion import Drive, Leg, Walk
from yitong_command.demo.scenegen.plan import (
    Cover,
    Mover,
    Plan,
    Static,
    cover_state,
)

Crop = tuple[int, int, int, int]


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
