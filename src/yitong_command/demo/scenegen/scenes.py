"""The scenes by name: each draws its street and traffic by lot from a seed and returns a plan."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from yitong_command.demo.scenegen.camera import Camera
from yitong_command.demo.scenegen.motion import Drive, Leg, Walk
from yitong_command.demo.scenegen.plan import Cover, Light, Mover, Plan, Static, Weather

ZONE = ((3.55, 6.5), (6.0, 6.5), (6.0, 16.5), (3.55, 16.5))
"""The hatched no-parking area along the right kerb, metres."""
FAR_ZONE = ((3.55, 22.0), (6.0, 22.0), (6.0, 32.0), (3.55, 32.0))
"""The same where a close view does not show it."""
COVER_AT = (-1.406, 7.491)
"""Middle of the manhole cover."""
OUTWARD_X, INWARD_X, KERB_X = 1.78, -1.85, 4.78
"""Middle of the lane away from the camera, towards it, and of the strip along the right kerb."""
BEHIND_M, BEYOND_M = -22.0, 82.0
COLOURS = ("white", "silver", "black", "red", "blue", "grey", "brown", "white", "silver")
CARS = ("sedan", "hatch", "suv", "van", "sedan", "suv")


@dataclass(frozen=True)
class Wishes:
    """What a caller may ask of a scene.

    Attributes:
        weather: What falls and lies.
        light: Time of day.
        height_m: Height of the camera.
        fov_deg: Angle of view, or None for the scene's own.
        traffic: 1 is normal; 0 leaves only what the event needs.
        cover_state: State that a cover changes to.
        occlusion: Whether a bus hides the event for a moment.
    """

    weather: Weather = "dry"
    light: Light = "noon"
    height_m: float = 7.0
    fov_deg: float | None = None
    traffic: float = 1.0
    cover_state: str = "missing"
    occlusion: bool = True


def pick(rng: np.random.Generator, values: tuple[str, ...]) -> str:
    """One of several words, by lot."""
    return values[int(rng.integers(len(values)))]


def passing(
    rng: np.random.Generator,
    name: str,
    start_s: float,
    forward: int,
    kind: str | None = None,
    speed: float | None = None,
) -> Mover:
    """A vehicle that drives through without stopping."""
    v = speed if speed is not None else float(rng.uniform(8.5, 11.0))
    lane, start = (OUTWARD_X, BEHIND_M) if forward > 0 else (INWARD_X, BEYOND_M)
    path = Drive(start_s, (lane + float(rng.uniform(-0.15, 0.15)), start), forward, v)
    until = start_s + (BEYOND_M - BEHIND_M) / v
    colour = pick(rng, COLOURS)
    return Mover(name, kind or pick(rng, CARS), "green" if kind == "bus" else colour, path, until)


def stopping(
    name: str, kind: str, colour: str, start_s: float, stands_s: float, stop_y: float
) -> Mover:
    """A vehicle that pulls into the strip along the right kerb, stands, and drives on.

    Args:
        name: Its id.
        kind: Kind of vehicle.
        colour: Paint.
        start_s: When it appears behind the camera.
        stands_s: How long it stands, seconds.
        stop_y: Where its middle stands, metres along the road.
    """
    speed, brake_s = 8.0, 4.5
    free_s = (stop_y - BEHIND_M - speed / 2 * brake_s) / speed
    legs = (Leg(free_s, speed), Leg(brake_s, 0.0), Leg(stands_s, 0.0), Leg(4.0, 9.0))
    path = Drive(
        start_s,
        (OUTWARD_X, BEHIND_M),
        1,
        speed,
        legs,
        shift=(stop_y - 14.0, stop_y - 1.5, KERB_X),
        back=(stop_y + 1.5, stop_y + 15.0, OUTWARD_X),
    )
    until = start_s + free_s + brake_s + stands_s + 4.0 + (BEYOND_M - stop_y - 18.0) / 9.0
    return Mover(name, kind, colour, path, until)


def parked(rng: np.random.Generator) -> tuple[Static, ...]:
    """Cars in the bays along the left kerb, and legal ones on the right far beyond the zone."""
    rows = []
    for i, y in enumerate(np.arange(11.0, 34.0, 5.9)):
        if i != 1:
            at = (
                -4.85 + float(rng.uniform(-0.1, 0.1)),
                float(y) + float(rng.uniform(-0.3, 0.3)),
                0.0,
            )
            rows.append(Static(f"parked_left_{i}", pick(rng, CARS), pick(rng, COLOURS), at, 180.0))
    for i, y in enumerate((44.5, 51.5, 63.0)):
        rows.append(
            Static(f"parked_right_{i}", pick(rng, CARS), pick(rng, COLOURS), (4.85, y, 0.0), 0.0)
        )
    return tuple(rows)


def _street_view(wish: Wishes) -> Camera:
    return Camera((-7.2, -5.5, wish.height_m), (1.6, 10.0, 0.0), wish.fov_deg or 60.0)


def shopper(name: str, coat: int, start_s: float, door_y: float, end_y: float) -> Mover:
    """Somebody who comes out of a shop on the right and walks out of the picture."""
    way = ((12.6, door_y, 0.145), (9.2, door_y - 0.6, 0.145), (8.6, end_y, 0.145))
    path = Walk(start_s, way)
    return Mover(name, "person", str(coat), path, start_s + 60.0)


def quiet(seed: int, wish: Wishes) -> Plan:
    """Nothing may alarm: cars pass, one stops for four seconds, somebody walks."""
    rng = np.random.default_rng(seed + 1000)
    movers = [
        stopping("short_stop", "hatch", "red", 9.0, 4.0, 10.5),
        shopper("walker_1", 1, 3.0, 24.0, -4.0),
    ]
    if wish.traffic > 0:
        movers += [
            passing(rng, "pass_1", 0.2, -1, "suv"),
            passing(rng, "pass_2", 5.0, 1, "sedan"),
            passing(rng, "pass_3", 13.0, -1, "van"),
            passing(rng, "pass_4", 19.0, 1, "suv"),
        ]
    return Plan(
        "quiet", seed, wish.weather, wish.light, _street_view(wish), 6, 34, ZONE,
        parked(rng), tuple(movers), (Cover("mh0", COVER_AT),), (0, 34), (0, 34),
    )  # fmt: skip


def parking(seed: int, wish: Wishes) -> Plan:
    """A car stops for half a minute in the no-parking area; a bus hides it for a moment."""
    rng = np.random.default_rng(seed + 2000)
    movers = [
        stopping("offender", "sedan", "white", 12.5, 28.5, 11.2),
        shopper("walker_1", 0, 2.0, 24.0, -4.0),
    ]
    if wish.occlusion:
        movers.append(passing(rng, "bus_1", 27.0, 1, "bus", 7.0))
    if wish.traffic > 0:
        movers += [
            passing(rng, "pass_1", 0.2, -1, "hatch"),
            passing(rng, "pass_2", 2.5, 1, "suv"),
            passing(rng, "pass_3", 20.0, -1, "sedan"),
            passing(rng, "pass_4", 36.0, -1, "van"),
        ]
    return Plan(
        "parking", seed, wish.weather, wish.light, _street_view(wish), 6, 60, ZONE,
        parked(rng), tuple(movers), (Cover("mh0", COVER_AT),), (0, 12), (0, 12),
    )  # fmt: skip


def manhole(seed: int, wish: Wishes) -> Plan:
    """A close view of a cover in a lane; it is damaged under a passing car."""
    rng = np.random.default_rng(seed + 3000)
    eye = (-6.5, 1.2, wish.height_m - 1.0)
    view = Camera(eye, (-1.3, 7.7, 0.0), wish.fov_deg or 26.0)
    under, speed = 18.0, 9.5
    start = under - (BEYOND_M - COVER_AT[1]) / speed
    movers = [passing(rng, "pass_2", start, -1, "suv", speed)]
    if wish.traffic > 0:
        movers += [
            passing(rng, "pass_1", 0.0, -1, "sedan"),
            passing(rng, "pass_3", 21.0, -1, "van"),
        ]
        movers.append(passing(rng, "pass_4", 26.0, 1, "hatch"))
    covers = (Cover("mh0", COVER_AT, ((0.0, "ok"), (under, wish.cover_state))),)
    return Plan(
        "manhole", seed, wish.weather, wish.light, view, 6, 40, FAR_ZONE,
        parked(rng), tuple(movers), covers, (0, 15), (20, 40),
    )  # fmt: skip


SCENES: Mapping[str, Callable[[int, Wishes], Plan]] = {
    "quiet": quiet,
    "parking": parking,
    "manhole": manhole,
}


def make_plan(scene: str, seed: int, wish: Wishes | None = None) -> Plan:
    """Plan a scene; the same arguments always give the same plan.

    Args:
        scene: A key of ``SCENES``.
        seed: Decides everything that is drawn by lot.
        wish: Weather, light and the like.

    Raises:
        ValueError: If there is no such scene.
    """
    if scene not in SCENES:
        raise ValueError(f"no scene {scene!r}: {tuple(SCENES)}")
    return SCENES[scene](seed, wish or Wishes())
