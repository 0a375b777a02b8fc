"""The standing part of a scene as named meshes: street, houses, trees, parked vehicles."""

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from yitong_command.demo.scenegen import street
from yitong_command.demo.scenegen.covers import cover
from yitong_command.demo.scenegen.mesh import Part, placed
from yitong_command.demo.scenegen.plan import Plan, model_points

SETBACK_M = 12.0


def houses(rng: np.random.Generator) -> dict[str, tuple[Part, ...]]:
    """Two rows of houses along the road."""
    rows = {}
    for name, side in (("right", 1.0), ("left", -1.0)):
        y, number = street.NEAR_M + float(rng.uniform(0, 6)), 0
        while y < street.FAR_M:
            length = float(rng.uniform(13, 21))
            rows[f"house_{name}_{number}"] = street.building(rng, side, y, y + length, SETBACK_M)
            y, number = y + length + float(rng.choice([0.0, 0.0, 3.5])), number + 1
    return rows


def greenery(rng: np.random.Generator, *, bare: bool) -> dict[str, tuple[Part, ...]]:
    """Trees and lamps on both pavements."""
    rows: dict[str, tuple[Part, ...]] = {}
    for i, y in enumerate(np.arange(-8.0, 90.0, 8.5)):
        rows[f"tree_right_{i}"] = street.tree(rng, 7.6, float(y) + 2.0, bare=bare)
        if y > 10:
            rows[f"tree_left_{i}"] = street.tree(rng, -7.6, float(y), bare=bare)
    for i, y in enumerate(np.arange(-12.0, 120.0, 22.0)):
        rows[f"lamp_{i}"] = street.lamp_post(6.75, float(y) + 4, -1.0)
    return rows


def standing(plan: Plan) -> Mapping[str, tuple[Part, ...]]:
    """Everything that never moves, by name; covers are left out (their state changes)."""
    things = dict(_street(plan.seed, plan.zone, plan.bays, plan.crossing_y, plan.weather == "snow"))
    things["road"] = street.road([one.at for one in plan.covers])
    for one in plan.statics:
        parts = model_points(f"{one.kind}/{one.look}", one.at, one.heading_deg)
        things[one.static_id] = tuple(_lamps_off(p) for p in parts)
    return things


@lru_cache(maxsize=4)
def _street(
    seed: int,
    zone: tuple[tuple[float, float], ...],
    bays: tuple[float, float],
    crossing_y: float,
    bare: bool,
) -> Mapping[str, tuple[Part, ...]]:
    rng = np.random.default_rng(seed)
    return {
        "pavements": street.pavements(),
        "markings": street.markings(zone, bays, crossing_y),
        "furniture": street.furniture(rng, (2.0, 17.5, 27.0)),
        "far_end": street.far_end(rng),
        **houses(rng),
        **greenery(rng, bare=bare),
    }


def _lamps_off(mesh: Part) -> Part:
    off = {"lamp_front": "lamp_off"}
    return replace(mesh, materials=tuple(off.get(name, name) for name in mesh.materials))


def cover_things(plan: Plan, states: dict[str, str]) -> dict[str, tuple[Part, ...]]:
    """Meshes of the covers in the given states, by cover id."""
    return {
        one.cover_id: tuple(
            placed(p, (*one.at, 0.0), one.turn_deg) for p in cover(states[one.cover_id], one.look)
        )
        for one in plan.covers
    }
