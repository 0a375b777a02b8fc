"""What a view usually looks like, and how much a picture still looks like it.

A signature holds where edges run, not how bright they are: doubled gradient angles, normalised by
their surroundings, so that night, fog, rain or a switch to infrared change it little and another
scene changes it entirely. It is compared in forty blocks, of which the middle one counts: traffic
fills some, never most. A view has a reference for each of the two lights it was seen in, day and
night as a rule, updated slowly.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.domain.frame import Pixels
from yitong_command.rules.camera_scene import Measures

Field = NDArray[np.float32]
"""Shape ``(2, 45, 80)``: cosine and sine of twice the edge angle, 0 where there is no edge."""

MIDDLE_WH = (320, 180)
THUMB_WH = (160, 90)
FIELD_WH = (80, 45)
BLOCKS_WH = (8, 5)
LEAST_EDGES = 0.15
"""A block with a smaller share of the richest block's edges says nothing."""
COLOUR, GREY = 6.0, 2.0
DARKER = 0.5
"""Another light: half as bright or twice, or without its colours (infrared)."""
LEARN_LOOKS, LEARN = 4, timedelta(seconds=6)
TAU_S = 1800.0
LONGEST_S = 60.0
_SCALE = 100.0


@dataclass(frozen=True, slots=True)
class Light:
    """By what light a picture was taken.

    Attributes:
        level: How bright it is, 0 to 255.
        chroma: How colourful; a picture in infrared light has next to no colours.
    """

    level: float
    chroma: float

    def differs(self, other: Light) -> bool:
        """Whether it is another light, by which a scene need not look the same."""
        ratio = (self.level + 1) / (other.level + 1)
        greyer, other_one = sorted((self.chroma, other.chroma))
        return not DARKER < ratio < 1 / DARKER or (greyer < GREY and other_one > COLOUR)


@dataclass(frozen=True, slots=True)
class Glance:
    """One picture, reduced to what is compared.

    Attributes:
        thumb: Shape ``(90, 160)``, grey levels.
        field: Where its edges run.
        fineness: Energy of its fine structure against that of its coarse structure.
        measures: Levels, without comparison.
        light: By what light it was taken.
    """

    thumb: NDArray[np.float32]
    field: Field
    fineness: float
    measures: Measures
    light: Light


def glance(pixels: Pixels) -> Glance:
    """Reduce a picture; about 0.5 ms at 1280x720.

    Args:
        pixels: Shape ``(height, width, 3)``, BGR.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    middle = np.asarray(cv2.resize(grey, MIDDLE_WH, interpolation=cv2.INTER_AREA), np.uint8)
    small = cv2.resize(middle, THUMB_WH, interpolation=cv2.INTER_AREA)
    thumb = np.asarray(small, np.float32)
    level = float(thumb.mean())
    measures = Measures(
        level, float(thumb.std()), float(np.count_nonzero(small >= 250)) / small.size
    )
    few = pixels[::16, ::16].astype(np.int16)
    chroma = float(np.abs(few - few[..., 1:2]).mean())
    return Glance(thumb, edge_field(thumb), _fineness(middle), measures, Light(level, chroma))


def edge_field(thumb: NDArray[np.float32]) -> Field:
    """Where the edges of a thumbnail run."""
    soft = cv2.GaussianBlur(thumb, (3, 3), 0)
    dx = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3, scale=0.125)
    dy = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3, scale=0.125)
    squares = (dx * dx - dy * dy, 2 * dx * dy, dx * dx + dy * dy)
    along, across, energy = (
        cv2.resize(part, FIELD_WH, interpolation=cv2.INTER_AREA) for part in squares
    )
    around = cv2.boxFilter(energy, -1, (15, 15)) + 9.0
    norm = 1.0 / np.sqrt(energy * around + 4.0)
    return np.stack([along * norm, across * norm]).astype(np.float32)


def likeness(reference: Field, now: Field) -> float:
    """How much of a scene is where it was: 1 all of it, about 0.1 to 0.3 for another scene.

    A cell of play in every direction forgives wind and a preset that is not hit exactly.

    Args:
        reference: What the view usually looks like.
        now: The picture.
    """
    weight = _blocks((reference * reference).sum(0))
    norm = 1.0 / np.sqrt(weight * _blocks((now * now).sum(0)) + 1e-5)
    best = np.full(weight.shape, -1.0, np.float32)
    inner = reference[:, 1:-1, 1:-1]
    height, width = inner.shape[1:]
    for dy in range(3):
        for dx in range(3):
            other = now[:, dy : dy + height, dx : dx + width]
            np.maximum(best, _blocks((inner * other).sum(0)) * norm, out=best)
    telling = weight > LEAST_EDGES * weight.max()
    return float(np.median(best[telling])) if telling.any() else 1.0


def _blocks(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(values, BLOCKS_WH, interpolation=cv2.INTER_AREA), np.float32)


def _fineness(middle: NDArray[np.uint8]) -> float:
    small = cv2.resize(middle, FIELD_WH, interpolation=cv2.INTER_AREA)
    return _energy(middle) / (_energy(np.asarray(small, np.uint8)) + 1.0)


def _energy(grey: NDArray[np.uint8]) -> float:
    return float(cv2.norm(cv2.Laplacian(grey, cv2.CV_16S))) / math.sqrt(grey.size)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a view looks like in one light.

    Attributes:
        field: Where its edges run.
        fineness: How fine its structure is.
        looks: How many pictures made it.
        since: Capture time of the first of them.
        at: Of the newest.
    """

    field: Field
    fineness: float
    looks: int
    since: datetime
    at: datetime

    @classmethod
    def first(cls, seen: Glance, at: datetime) -> Reference:
        """A reference of one picture."""
        return cls(seen.field, seen.fineness, 1, at, at)

    @property
    def ready(self) -> bool:
        """Whether it was learned from enough pictures."""
        return self.looks >= LEARN_LOOKS and self.at - self.since >= LEARN

    def and_also(self, seen: Glance, at: datetime) -> Reference:
        """The reference with one more picture: an average at first, then slower and slower."""
        passed_s = min(LONGEST_S, max(0.0, (at - self.at).total_seconds()))
        share = max(1 - math.exp(-passed_s / TAU_S), 0.0 if self.ready else 1 / (self.looks + 1))
        return Reference(
            np.asarray(self.field + (seen.field - self.field) * np.float32(share), np.float32),
            self.fineness + (seen.fineness - self.fineness) * share,
            self.looks + 1, self.since, at,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """Plain values, about 7 kB as text."""
        rough = np.clip(np.round(self.field * _SCALE), -127, 127).astype(np.int8)
        return {
            "field": base64.b64encode(zlib.compress(rough.tobytes(), 6)).decode(),
            "fineness": round(self.fineness, 4),
            "looks": self.looks,
            "since": self.since.isoformat(),
            "at": self.at.isoformat(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Reference:
        """The reference again; ValueError if these are not its values."""
        try:
            packed = base64.b64decode(value["field"], validate=True)
            rough = np.frombuffer(zlib.decompress(packed), np.int8)
            edges = rough.reshape(2, FIELD_WH[1], FIELD_WH[0]).astype(np.float32) / _SCALE
            since, at = (datetime.fromisoformat(value[name]) for name in ("since", "at"))
            made = cls(edges, float(value["fineness"]), int(value["looks"]), since, at)
        except (KeyError, TypeError, zlib.error, binascii.Error) as exc:
            raise ValueError(f"not a reference: {exc!r}") from exc
        if since.tzinfo is None or at.tzinfo is None:
            raise ValueError("not a reference: times without a zone")
        return made
