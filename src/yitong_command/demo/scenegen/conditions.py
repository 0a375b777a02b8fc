"""What a scene is seen under, drawn by lot: weather, light, place of the camera, its faults."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from yitong_command.demo.scenegen.camera import Camera
from yitong_command.demo.scenegen.effects import Effects
from yitong_command.demo.scenegen.plan import Light, Weather

SIZE_WH = (640, 360)
"""Pixels of the cheap scenes: a sub-stream's size."""
LIGHTS: tuple[Light, ...] = ("noon", "noon", "low", "low", "dusk", "night")
WEATHERS: tuple[Weather, ...] = ("dry", "dry", "dry", "rain", "snow")


@dataclass(frozen=True)
class Conditions:
    """What a scene is seen under.

    Attributes:
        weather: What falls and lies.
        light: Time of day; ``low`` is a low sun with long shadows.
        traffic: Share of the passing vehicles that come.
        effects: What the camera adds.
    """

    weather: Weather
    light: Light
    traffic: float
    effects: Effects

    def told(self) -> dict[str, Any]:
        """As JSON values, for the ground truth."""
        return asdict(self)


def drawn_conditions(rng: np.random.Generator) -> Conditions:
    """Draw weather, light, traffic and the camera's faults."""
    light = LIGHTS[int(rng.integers(len(LIGHTS)))]
    weather = WEATHERS[int(rng.integers(len(WEATHERS)))]
    dark = light in ("dusk", "night")
    effects = Effects(
        shake_px=float(rng.choice([0.0, 0.0, 0.0, 1.5, 3.0])),
        infrared_at_s=float(rng.uniform(8, 24)) if dark and rng.random() < 0.35 else None,
        clouds=bool(light in ("noon", "low") and weather == "dry" and rng.random() < 0.4),
        noise=round(float(rng.uniform(2.0, 5.0) if dark else rng.uniform(0.6, 2.5)), 2),
        crf=int(rng.choice([24, 28, 32, 36])),
    )
    return Conditions(weather, light, float(rng.choice([0.0, 0.5, 1.0])), effects)


def street_view(rng: np.random.Generator) -> Camera:
    """From the left pavement or from a gantry, 5.5 to 11 m up, along the road."""
    height = float(rng.uniform(5.5, 11.0))
    if rng.random() < 0.7:
        eye = (float(rng.uniform(-7.8, -6.6)), float(rng.uniform(-8.0, -3.0)), height)
    else:
        eye = (float(rng.uniform(-3.0, 1.0)), float(rng.uniform(-10.0, -6.0)), height)
    target = (float(rng.uniform(1.0, 3.0)), float(rng.uniform(9.5, 13.0)), 0.0)
    return Camera(eye, target, float(rng.uniform(56.0, 70.0)), SIZE_WH)


def steep_view(rng: np.random.Generator) -> Camera:
    """From 8 to 15 m up, looking down at 60 to 87 degrees, in any direction."""
    height = float(rng.uniform(8.0, 15.0))
    pitch = math.radians(float(rng.uniform(60.0, 87.0)))
    turn = math.radians(float(rng.uniform(-180, 180)))
    off = height / math.tan(pitch)
    target = (float(rng.uniform(2.0, 3.6)), float(rng.uniform(10.5, 12.5)), 0.0)
    eye = (target[0] - off * math.sin(turn), target[1] - off * math.cos(turn), height)
    return Camera(eye, target, float(rng.uniform(58.0, 78.0)), SIZE_WH)


def cover_view(rng: np.random.Generator, at: tuple[float, float], width_px: float) -> Camera:
    """A view in which a cover appears so wide, from the left pavement or from over the road.

    Args:
        rng: Source of chance.
        at: Middle of the cover, metres.
        width_px: Width of the cover in the picture, pixels.
    """
    eye = (
        float(rng.uniform(-7.0, -5.0)),
        at[1] - float(rng.uniform(3.0, 8.0)),
        float(rng.uniform(4.5, 9.0)),
    )
    aim = (at[0] + float(rng.uniform(-0.5, 0.5)), at[1] + float(rng.uniform(-0.3, 0.3)), 0.0)
    distance = math.dist(eye, (*at, 0.0))
    focal = width_px * distance / 0.84
    fov = 2 * math.degrees(math.atan(SIZE_WH[0] / 2 / focal))
    return Camera(eye, aim, fov, SIZE_WH)
