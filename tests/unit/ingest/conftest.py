"""Parts shared by the ingest tests: pictures, keyframes, detectors that see painted things."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import ModuleType

import av
import numpy as np
import pytest

from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraKind, View, Zone
from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box, Place, Point
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.observation import Detection
from yitong_command.errors import DetectorFailed
from yitong_command.sources.keyframe import Keyframe

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
WIDTH, HEIGHT = 320, 180
CAR_BGR, PERSON_BGR, HOLE_BGR = (0, 0, 250), (0, 250, 0), (250, 0, 0)
CAR = Box(0.4, 0.5, 0.7, 0.9)
COVER = Box(0.1, 0.6, 0.25, 0.8)
LOWER_HALF = (Point(0.0, 0.5), Point(1.0, 0.5), Point(1.0, 1.0), Point(0.0, 1.0))


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def street(seed: int = 1) -> Pixels:
    """A grey scene with structure and a little camera noise that ``seed`` decides."""
    ramp = np.linspace(70, 140, WIDTH)[None, :, None] + np.linspace(0, 40, HEIGHT)[:, None, None]
    stripes = 25 * (np.arange(WIDTH) // 16 % 2)[None, :, None]
    noise = np.random.default_rng(seed).normal(0, 3, (HEIGHT, WIDTH, 1))
    return np.clip(np.repeat(ramp + stripes + noise, 3, axis=2), 0, 255).astype(np.uint8)


def painted(box: Box, bgr: tuple[int, int, int], seed: int = 1) -> Pixels:
    """A street with one plain thing on it."""
    pixels = street(seed)
    paint(pixels, box, bgr)
    return pixels


def paint(pixels: Pixels, box: Box, bgr: tuple[int, int, int]) -> None:
    """Paint a plain thing."""
    height, width = pixels.shape[:2]
    pixels[
        round(box.y0 * height) : round(box.y1 * height),
        round(box.x0 * width) : round(box.x1 * width),
    ] = bgr


def encode(pixels: Pixels, captured_at: datetime, camera_id: str = "cam-1") -> Keyframe:
    """A real H.264 keyframe of a picture."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = pixels.shape[1], pixels.shape[0]
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "qp": "16", "tune": "zerolatency"}
    frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
    data = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    return Keyframe(camera_id, "h264", data, captured_at, 0)


@dataclass
class Painted:
    """A detector that sees whatever is painted in its colours."""

    colours: dict[str, tuple[int, int, int]]
    broken: bool = False
    batches: list[int] = field(default_factory=list)

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(self.colours)

    def detect(self, images: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
        self.batches.append(len(images))
        if self.broken:
            raise DetectorFailed("painted: it broke")
        return [tuple(self._see(image)) for image in images]

    def _see(self, image: Pixels) -> list[Detection]:
        found = []
        height, width = image.shape[:2]
        for label, bgr in self.colours.items():
            near = np.abs(image.astype(int) - bgr).max(axis=2) < 70
            if near.sum() > 20:
                ys, xs = np.nonzero(near)
                box = Box(
                    xs.min() / width, ys.min() / height,
                    (xs.max() + 1) / width, (ys.max() + 1) / height,
                )  # fmt: skip
                found.append(Detection(label, 0.9, box))
        return found


class PaintedCovers(Painted):
    """Sees a hole where it is painted, and a sound cover everywhere else."""

    def _see(self, image: Pixels) -> list[Detection]:
        return super()._see(image) or [
            Detection("manhole_ok", 0.8, Box(1 / 3, 1 / 3, 2 / 3, 2 / 3))
        ]


def polygon(box: Box) -> tuple[Point, ...]:
    return (
        Point(box.x0, box.y0), Point(box.x1, box.y0), Point(box.x1, box.y1), Point(box.x0, box.y1)
    )  # fmt: skip


@pytest.fixture
def vehicles() -> Painted:
    return Painted({"car": CAR_BGR, "person": PERSON_BGR})


@pytest.fixture
def covers() -> PaintedCovers:
    return PaintedCovers({"manhole_missing": HOLE_BGR})


@pytest.fixture
def camera() -> Camera:
    return Camera(
        "cam-1", CameraKind.FIXED, "一号", "One", "rtsp://127.0.0.1:1/cam-1", Place(125.3, 43.34),
        look_interval_s=0.2, views=(View(MAIN_VIEW),),
        zones=(
            Zone(
                "road", "cam-1", MAIN_VIEW, IncidentKind.ILLEGAL_PARKING,
                "cp_parking.no_parking_zone", LOWER_HALF,
                settings={"dwell_s": 4, "recheck_s": 2, "clear_after_s": 3, "miss_s": 3},
            ),
            Zone(
                "cover", "cam-1", MAIN_VIEW, IncidentKind.MANHOLE_COVER,
                "ar_manhole.missing_shifted", polygon(COVER),
                settings={"agree_looks": 3, "agree_s": 2, "min_cover_px": 40},
            ),
        ),
    )  # fmt: skip


@pytest.fixture
def kit() -> ModuleType:
    """The helpers of this file, for the tests beside it."""
    return sys.modules[__name__]
