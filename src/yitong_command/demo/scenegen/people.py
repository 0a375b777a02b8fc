"""Simple walkers: round limbs, no face, no likeness of anybody."""

import math
from functools import lru_cache

from yitong_command.demo.scenegen.mesh import Part, ellipsoid, merged, tube

STEPS = 8
"""Poses in one stride."""
STRIDE_M = 1.35
"""Ground covered by one stride, metres."""
CLOTHES = ("cloth:7a1f24", "cloth:23395d", "cloth:3d4a35", "cloth:a58a52", "cloth:2b2b2e")


def step_at(distance_m: float) -> int:
    """Pose of a walker that has covered ``distance_m``: a number below ``STEPS``."""
    return int(distance_m / STRIDE_M * STEPS) % STEPS


def _leg(side: float, swing: float) -> list[Part]:
    hip = (side * 0.10, 0.0, 0.90)
    knee = (side * 0.10, 0.24 * math.sin(swing) + 0.05, 0.48)
    lift = 0.10 * max(0.0, math.cos(swing))
    foot = (side * 0.10, 0.40 * math.sin(swing), 0.09 + lift)
    return [
        tube(hip, knee, (0.105, 0.08), "cloth:1d2530", sides=10),
        tube(knee, foot, (0.08, 0.055), "cloth:1d2530", sides=10),
        ellipsoid((foot[0], foot[1] + 0.07, foot[2] - 0.04), (0.055, 0.14, 0.05), "shoe"),
    ]


def _arm(side: float, swing: float, coat: str) -> list[Part]:
    shoulder = (side * 0.22, 0.0, 1.42)
    elbow = (side * 0.27, 0.15 * math.sin(swing), 1.14)
    hand = (side * 0.26, 0.28 * math.sin(swing) + 0.08, 0.92)
    return [
        tube(shoulder, elbow, (0.068, 0.055), coat, sides=10),
        tube(elbow, hand, (0.055, 0.042), coat, sides=10),
        ellipsoid(hand, (0.04, 0.05, 0.06), "skin"),
    ]


@lru_cache(maxsize=64)
def walker(clothes: int, step: int) -> tuple[Part, ...]:
    """Meshes of a walker in one pose, standing at the origin and looking along +Y.

    Args:
        clothes: Number of the coat colour; wraps around ``CLOTHES``.
        step: Pose, 0 to ``STEPS`` - 1.
    """
    coat = CLOTHES[clothes % len(CLOTHES)]
    swing = 2 * math.pi * step / STEPS
    parts = [*_leg(-1, swing), *_leg(1, swing + math.pi)]
    parts += [*_arm(-1, swing + math.pi, coat), *_arm(1, swing, coat)]
    parts += [
        tube((0, 0, 0.86), (0, 0.01, 1.2), (0.17, 0.19), coat),
        tube((0, 0.01, 1.2), (0, 0.01, 1.46), (0.20, 0.14), coat),
        ellipsoid((0, 0.01, 1.44), (0.22, 0.12, 0.09), coat),
        tube((0, 0.02, 1.46), (0, 0.02, 1.56), (0.06, 0.06), "skin", sides=10),
        ellipsoid((0, 0.03, 1.64), (0.088, 0.10, 0.125), "skin"),
        ellipsoid((0, 0.0, 1.69), (0.1, 0.112, 0.105), "hair"),
    ]
    return (merged(parts),)
