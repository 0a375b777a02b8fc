"""Frames from rendered pictures: patches over the background, weather in the air, sensor noise."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.demo.scenegen.jobs import Job, background_name, same_picture, states_at
from yitong_command.demo.scenegen.mesh import Vector
from yitong_command.demo.scenegen.patches import background_jobs, frame_shots
from yitong_command.demo.scenegen.plan import Plan

Picture = NDArray[np.uint8]
Layer = NDArray[np.float32]
Box = tuple[float, float, float, float]
FEATHER_PX = 6
LENS_PX = 0.55
"""Blur of the lens, standard deviation."""
SAME, DIFFERENT = 3.0, 10.0
"""Levels of difference between patch and background: up to the first the background is kept."""


def blend(background: Picture, patch: Picture, crop: tuple[int, int, int, int]) -> Picture:
    """Lay a patch over a background where the two differ, with soft edges.

    Args:
        background: Shape ``(height, width, 3)``; it is not changed.
        patch: Shape ``(y1 - y0, x1 - x0, 3)``.
        crop: Where the patch lies, ``x0, y0, x1, y1``.

    Raises:
        ValueError: If the patch has another size than its place.
    """
    above, share = overlay(background, patch, crop)
    return laid(background, above, share)


def laid(background: Picture, above: Layer, share: Layer) -> Picture:
    """Mix a layer over a background by its share, shape ``(height, width)``, 0 to 1."""
    mixed = background + (above - background) * share[..., None]
    return np.asarray(np.clip(mixed + 0.5, 0, 255), dtype=np.uint8)


def overlay(
    background: Picture, patch: Picture, crop: tuple[int, int, int, int]
) -> tuple[Layer, Layer]:
    """A patch as a layer of the whole picture and its share of each pixel.

    Raises:
        ValueError: If the patch has another size than its place.
    """
    x0, y0, x1, y1 = crop
    if patch.shape[:2] != (y1 - y0, x1 - x0):
        raise ValueError(f"patch of {patch.shape[:2]} does not fit {crop}")
    above = background.astype(np.float32)
    gap = np.abs(patch.astype(np.float32) - above[y0:y1, x0:x1]).max(axis=2)
    gap = cv2.GaussianBlur(gap, (0, 0), 1.2)
    part = np.clip((gap - SAME) / (DIFFERENT - SAME), 0, 1)
    share = np.zeros(background.shape[:2], dtype=np.float32)
    share[y0:y1, x0:x1] = cv2.dilate(part, np.ones((3, 3), np.uint8)) * _feather(
        crop, background.shape
    )
    above[y0:y1, x0:x1] = patch
    return above, share


def moved(layer: Layer, start: Box, end: Box) -> Layer:
    """Shift and scale a layer so that what is in one box comes to lie in another.

    Args:
        layer: Shape ``(height, width)`` or ``(height, width, 3)``.
        start: Box ``xyxy`` in the layer.
        end: Where it goes.
    """
    sx = (end[2] - start[2] - (end[0] - start[0])) / (start[2] - start[0]) + 1
    sy = (end[3] - start[3] - (end[1] - start[1])) / (start[3] - start[1]) + 1
    matrix = np.array([[sx, 0, end[0] - sx * start[0]], [0, sy, end[1] - sy * start[1]]])
    height, width = layer.shape[:2]
    border = cv2.BORDER_REPLICATE if layer.ndim == 3 else cv2.BORDER_CONSTANT
    warped = cv2.warpAffine(layer, matrix, (width, height), borderMode=border)
    return np.asarray(warped, dtype=np.float32)


def _feather(crop: tuple[int, int, int, int], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Weights that fall to 0 at the patch's edges, but not at the picture's."""
    x0, y0, x1, y1 = crop
    height, width = shape[:2]
    x, y = np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32)
    far = np.float32(10**6)
    wx = np.minimum(x - x0 if x0 > 0 else far, x1 - 1 - x if x1 < width else far)
    wy = np.minimum(y - y0 if y0 > 0 else far, y1 - 1 - y if y1 < height else far)
    edge = np.minimum(*np.meshgrid(np.broadcast_to(wx, x.shape), np.broadcast_to(wy, y.shape)))
    return np.asarray(np.clip(edge / FEATHER_PX, 0, 1), dtype=np.float32)


def fall(picture: Picture, weather: str, rng: np.random.Generator) -> Picture:
    """Draw rain streaks or snow flakes in the air."""
    if weather == "dry":
        return picture
    height, width = picture.shape[:2]
    layer = np.zeros((height, width), dtype=np.uint8)
    for _ in range(420 if weather == "rain" else 520):
        x, y, near = int(rng.integers(width)), int(rng.integers(height)), float(rng.random() ** 2)
        if weather == "rain":
            end = (x - int(2 + 3 * near), y + int(9 + 26 * near))
            cv2.line(layer, (x, y), end, int(60 + 90 * near), 1, cv2.LINE_AA)
        else:
            cv2.circle(layer, (x, y), int(1 + 2.2 * near), int(110 + 120 * near), -1, cv2.LINE_AA)
    soft = cv2.GaussianBlur(layer, (0, 0), 0.8).astype(np.float32)[..., None] / 255
    mixed = picture + (225.0 - picture) * soft * (0.45 if weather == "rain" else 0.85)
    return np.asarray(np.clip(mixed, 0, 255).astype(np.uint8))


def soft(picture: Picture) -> Picture:
    """Soften a picture as a small lens does."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), LENS_PX), dtype=np.uint8)


def sensor(picture: Picture, sigma: float, rng: np.random.Generator) -> Picture:
    """Add grey noise of ``sigma`` levels."""
    grain = rng.normal(0, sigma, (*picture.shape[:2], 1)).astype(np.float32)
    return np.asarray(np.clip(picture + grain + 0.5, 0, 255).astype(np.uint8))


def load(path: Path) -> Picture:
    """Read a picture, BGR.

    Raises:
        FileNotFoundError: If there is none or it can't be read.
    """
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(path)
    return np.asarray(picture, dtype=np.uint8)


def _backgrounds(plan: Plan, folder: str) -> dict[str, Picture]:
    """Pictures without movers, by file name."""
    found: dict[str, Picture] = {}
    for job in background_jobs(plan, folder):
        picture = load(Path(job.out))
        if job.crop is not None:
            picture = blend(next(iter(found.values())), picture, job.crop)
        found[Path(job.out).name] = picture
    return found


def frames(
    plan: Plan, folder: str, sun: Vector | None, known: Mapping[object, Job], noise: float
) -> Iterator[Picture]:
    """All frames of a clip from the pictures that were rendered.

    Args:
        plan: The scene.
        folder: Where the pictures are.
        sun: Direction of sunlight, as the work list used it.
        known: The rendered work by ``same_picture``.
        noise: Sensor noise in levels.
    """
    rng = np.random.default_rng(plan.seed + 5000)
    backgrounds = _backgrounds(plan, folder)
    for i in range(plan.frame_count):
        name = background_name(states_at(plan, i / plan.fps))
        picture = backgrounds[name]
        for shot in frame_shots(plan, i, folder, sun):
            done = known[same_picture(shot.job)]
            if done.crop is None:
                continue
            patch = load(Path(done.out))
            above, share = overlay(backgrounds[name], patch, done.crop)
            if shot.move is not None:
                above, share = moved(above, *shot.move), moved(share, *shot.move)
            picture = laid(picture, above, share)
        yield sensor(soft(fall(picture, plan.weather, rng)), noise, rng)
