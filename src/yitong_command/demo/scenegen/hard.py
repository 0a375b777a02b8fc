"""Scenes in hard conditions: cheap to render, each another street, for tests and for training."""

from collections.abc import Callable, Mapping

import numpy as np

from yitong_command.demo.scenegen.camera import Camera, box_around
from yitong_command.demo.scenegen.conditions import (
    Conditions,
    cover_view,
    drawn_conditions,
    steep_view,
    street_view,
)
from yitong_command.demo.scenegen.motion import Drive, Leg, Walk
from yitong_command.demo.scenegen.plan import Cover, Mover, Plan
from yitong_command.demo.scenegen.scenes import (
    BEHIND_M,
    BEYOND_M,
    CARS,
    COLOURS,
    FAR_ZONE,
    KERB_X,
    OUTWARD_X,
    parked,
    passing,
    pick,
    stopping,
)
from yitong_command.demo.scenegen.seeds import use_of

FPS, EVERY, LENGTH_S = 2, 2, 30
TRIES = 200
LEAST_CAR_PX = 44.0
"""Width or height that the place in the zone must have in the picture for a car to be judged."""
Zone = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]
Drawn = tuple[Plan, Conditions]
Range = tuple[float, float]


def _zone(rng: np.random.Generator) -> Zone:
    y0 = float(rng.uniform(6.0, 9.0))
    y1 = y0 + float(rng.uniform(8.0, 11.0))
    return ((3.55, y0), (6.0, y0), (6.0, y1), (3.55, y1))


def _seen_whole(camera: Camera, zone: Zone) -> bool:
    ground, _ = camera.see(np.array([(*corner, 0.0) for corner in zone]))
    inside = (ground >= 0).all() and (ground <= np.asarray(camera.size_wh)).all()
    y = (zone[0][1] + zone[2][1]) / 2
    car = np.array(
        [(KERB_X + x, y + d, z) for x in (-0.9, 0.9) for d in (-2.3, 2.3) for z in (0.0, 1.5)]
    )
    pixels, depth = camera.see(car)
    if not inside or depth.min() < 1:
        return False
    x0, y0, x1, y1 = box_around(pixels)
    return min(x1 - x0, y1 - y0) >= LEAST_CAR_PX and y0 >= 0


def _framed(rng: np.random.Generator, *, steep: bool) -> tuple[Camera, Zone]:
    """A view that shows the whole zone and a car in it, by trying."""
    for _ in range(TRIES):
        camera, zone = steep_view(rng) if steep else street_view(rng), _zone(rng)
        if _seen_whole(camera, zone):
            return camera, zone
    raise AssertionError("no view shows the zone")


def _passers(rng: np.random.Generator, share: float, ways: tuple[int, ...]) -> list[Mover]:
    """Vehicles that drive through, some seconds apart; none meets one that pulls in or out."""
    found, at = [], {1: float(rng.uniform(8, 10)), -1: float(rng.uniform(-6, 3))}
    for number in range(round(3 * share)):
        way = ways[number % len(ways)]
        kind = str(rng.choice(["sedan", "suv", "van", "hatch", "truck"]))
        found.append(passing(rng, f"pass_{number}", at[way], way, kind, float(rng.uniform(8, 11))))
        at[way] += float(rng.uniform(7, 10))
    return found


def _pulling_in(
    rng: np.random.Generator, zone: Zone, name: str, stop_s: float, stands_s: float
) -> Mover:
    """A vehicle that comes to stand in the zone at ``stop_s``, and leaves after ``stands_s``."""
    stop_y = (zone[0][1] + zone[2][1]) / 2 + float(rng.uniform(-0.8, 0.8))
    arrives = (stop_y - BEHIND_M - 18.0) / 8.0 + 4.5
    kind = str(rng.choice([*CARS, "truck"]))
    return stopping(name, kind, pick(rng, COLOURS), stop_s - arrives, stands_s, stop_y)


def _street(
    rng: np.random.Generator, seed: int, kind: str, movers: Callable[..., list[Mover]],
    ways: tuple[int, ...] = (1, -1), *, steep: bool = False, crossing_y: float = 36.0,
) -> Drawn:  # fmt: skip
    told = drawn_conditions(rng)
    camera, zone = _framed(rng, steep=steep)
    cast = [*movers(rng, zone), *_passers(rng, told.traffic, ways)]
    cover = Cover("mh0", (float(rng.uniform(-2.2, -1.0)), float(rng.uniform(6.5, 11.0))))
    plan = Plan(
        f"{use_of(seed)}-{seed:07d}-{kind}", seed, told.weather, told.light, camera, FPS, LENGTH_S,
        zone, parked(rng), tuple(cast), (cover,), None, None, crossing_y=crossing_y, every=EVERY,
    )  # fmt: skip
    return plan, told


def _parks(rng: np.random.Generator, zone: Zone) -> list[Mover]:
    return [_pulling_in(rng, zone, "offender", float(rng.uniform(3, 5)), 19.0)]


def _parks_behind_bus(rng: np.random.Generator, zone: Zone) -> list[Mover]:
    middle = (zone[0][1] + zone[2][1]) / 2
    speed = 6.0
    free_s = (middle - BEHIND_M - 9.0) / speed
    legs = (Leg(free_s, speed), Leg(3.0, 0.0), Leg(float(rng.uniform(2, 6)), 0.0), Leg(4.0, 8.0))
    drive = Drive(13.0 - free_s, (OUTWARD_X - 0.2, BEHIND_M), 1, speed, legs)
    return [*_parks(rng, zone), Mover("bus_1", "bus", "green", drive, 60.0)]


def _parks_behind_people(rng: np.random.Generator, zone: Zone) -> list[Mover]:
    """People on the carriageway beside the parked car, between it and the camera."""
    movers = _parks(rng, zone)
    for number in range(int(rng.integers(2, 4))):
        y0, x = zone[0][1] - 2 + number * 0.9, 2.9 + 0.25 * number
        way = ((x, y0, 0.0), (x, zone[2][1] + 3, 0.0), (x + 0.2, y0, 0.0))
        walk = Walk(9.0 + 0.4 * number, way, float(rng.uniform(0.9, 1.3)))
        movers.append(Mover(f"walker_{number}", "person", str(number), walk, 60.0))
    return movers


def _stops_briefly(rng: np.random.Generator, zone: Zone) -> list[Mover]:
    """Two vehicles, one after the other, that each stand for a moment."""
    movers = [_pulling_in(rng, zone, "short_1", 4.0, float(rng.uniform(4.0, 7.5)))]
    if rng.random() < 0.6:
        movers.append(_pulling_in(rng, zone, "short_2", 19.0, float(rng.uniform(4.0, 7.5))))
    return movers


def _queues(rng: np.random.Generator, zone: Zone) -> list[Mover]:
    """Vehicles that wait at a red light in the lane beside the zone."""
    front, wait_s = zone[2][1] + float(rng.uniform(0.0, 3.0)), float(rng.uniform(10.0, 20.0))
    movers, speed = [], 7.0
    for number in range(int(rng.integers(2, 4))):
        stop_y = front - 6.4 * number
        free_s = (stop_y - BEHIND_M - speed * 1.5) / speed
        legs = (Leg(free_s, speed), Leg(3.0, 0.0), Leg(wait_s, 0.0), Leg(4.0, 8.0))
        start = 3.0 + 1.6 * number - free_s
        drive = Drive(start, (OUTWARD_X, BEHIND_M), 1, speed, legs)
        movers.append(Mover(f"queue_{number}", pick(rng, CARS), pick(rng, COLOURS), drive, 60.0))
    return movers


def _crawls(rng: np.random.Generator, zone: Zone) -> list[Mover]:
    """A vehicle that never stands, but takes its time in the zone."""
    speed = float(rng.uniform(0.35, 1.0))
    drive = Drive(0.0, (KERB_X, zone[0][1] - speed * 8), 1, speed)
    return [Mover("crawler", pick(rng, CARS), pick(rng, COLOURS), drive, 60.0)]


def _walks(rng: np.random.Generator, zone: Zone) -> list[Mover]:
    """People in the zone; nothing that may alarm."""
    movers = []
    for number in range(int(rng.integers(1, 3))):
        x = float(rng.uniform(3.8, 5.8))
        way = ((x, zone[0][1] - 3, 0.0), (x - 0.3, zone[2][1] + 4, 0.0), (x, zone[0][1], 0.0))
        walk = Walk(2.0 + 5.0 * number, way, 1.2)
        movers.append(Mover(f"walker_{number}", "person", str(number), walk, 60.0))
    return movers


def _cover(rng: np.random.Generator, seed: int, kind: str, then: str, wide_px: Range) -> Drawn:
    """A close view of a cover; where it changes, that happens under a passing vehicle."""
    told = drawn_conditions(rng)
    at = (float(rng.uniform(-2.4, -1.3)), float(rng.uniform(6.5, 9.0)))
    camera = cover_view(rng, at, float(rng.uniform(*wide_px)))
    under_s, speed = float(rng.uniform(8, 12)), float(rng.uniform(8.5, 10.5))
    lane = Drive(under_s - (BEYOND_M - at[1]) / speed, (at[0], BEYOND_M), -1, speed)
    movers = [Mover("over", pick(rng, CARS), pick(rng, COLOURS), lane, LENGTH_S)]
    if told.traffic > 0:
        movers.append(passing(rng, "pass_1", under_s + 4.0, 1, "suv"))
        way = ((at[0] - 0.3, at[1] - 5, 0.0), (at[0] + 0.2, at[1] + 5, 0.0))
        movers.append(Mover("walker", "person", "2", Walk(under_s - 8.0, way), LENGTH_S))
    changes = ((0.0, "ok"),) if then == "ok" else ((0.0, "ok"), (round(under_s), then))
    look, turn = int(rng.integers(4)), float(rng.uniform(0, 360))
    plan = Plan(
        f"{use_of(seed)}-{seed:07d}-{kind}", seed, told.weather, told.light, camera, FPS, LENGTH_S,
        FAR_ZONE, parked(rng), tuple(movers), (Cover("mh0", at, changes, turn, look),), None, None,
        every=EVERY,
    )  # fmt: skip
    return plan, told


COVER_PX, FAR_COVER_PX = (85.0, 190.0), (62.0, 80.0)
"""Widths of a cover in a close and in a far view; the product judges none under 60."""
Draw = Callable[[np.random.Generator, int, str], Drawn]
KINDS: Mapping[str, Draw] = {
    "parks": lambda rng, seed, kind: _street(rng, seed, kind, _parks),
    "cover_missing": lambda rng, seed, kind: _cover(rng, seed, kind, "missing", COVER_PX),
    "queue": lambda rng, seed, kind: _street(rng, seed, kind, _queues, (-1,)),
    "parks_bus": lambda rng, seed, kind: _street(rng, seed, kind, _parks_behind_bus, (-1,)),
    "cover_broken": lambda rng, seed, kind: _cover(rng, seed, kind, "broken", COVER_PX),
    "short_stop": lambda rng, seed, kind: _street(rng, seed, kind, _stops_briefly, (-1,)),
    "parks_people": lambda rng, seed, kind: _street(rng, seed, kind, _parks_behind_people),
    "cover_displaced": lambda rng, seed, kind: _cover(rng, seed, kind, "displaced", COVER_PX),
    "crawl": lambda rng, seed, kind: _street(rng, seed, kind, _crawls, (-1,)),
    "cover_ok": lambda rng, seed, kind: _cover(rng, seed, kind, "ok", COVER_PX),
    "walkers": lambda rng, seed, kind: _street(rng, seed, kind, _walks),
    "cover_far": lambda rng, seed, kind: _cover(rng, seed, kind, "missing", FAR_COVER_PX),
    "steep_parks": lambda rng, seed, kind: _street(rng, seed, kind, _parks, steep=True),
    "steep_passes": lambda rng, seed, kind: _street(rng, seed, kind, _queues, (-1,), steep=True),
}
"""Kinds of scene; without a wish a scene's kind follows from its seed."""


def draw_scene(seed: int, kind: str | None = None) -> Drawn:
    """The scene of a seed; the same arguments always give the same scene.

    Args:
        seed: Decides everything that is drawn by lot.
        kind: A key of ``KINDS``, or None for the one that the seed gives.

    Raises:
        ValueError: If there is no such kind.
    """
    kind = kind or list(KINDS)[seed % len(KINDS)]
    if kind not in KINDS:
        raise ValueError(f"no kind of scene {kind!r}: {', '.join(KINDS)}")
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    return KINDS[kind](rng, seed, kind)
