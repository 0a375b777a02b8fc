"""Cut and paste: make rare cover states from the parts of common ones.

Displaced and broken covers are seldom photographed. From photos of seated covers and of open holes
this module makes pictures of covers half over their hole, of covers with pieces missing and of
holes in places where the training set has only seated covers. The box stays the hole or frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Random = np.random.Generator
OK, BROKEN, MISSING, DISPLACED = range(4)
SMALLEST_PX = 64


@dataclass(frozen=True)
class Photo:
    """A picture and its one object.

    Attributes:
        image: u8 ``(height, width, 3)`` BGR.
        label: Class of the object.
        box: ``(x0, y0, x1, y1)`` in whole pixels, inside the picture.
    """

    image: Image
    label: int
    box: tuple[int, int, int, int]

    @property
    def patch(self) -> Image:
        """The pixels inside the box."""
        x0, y0, x1, y1 = self.box
        return self.image[y0:y1, x0:x1]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the box."""
        return self.box[2] - self.box[0], self.box[3] - self.box[1]


def usable(photo: Photo) -> bool:
    """Whether the object is large and round enough to be cut out as an ellipse."""
    width, height = photo.size
    whole = photo.box[0] > 1 and photo.box[1] > 1
    whole &= photo.box[2] < photo.image.shape[1] - 1 and photo.box[3] < photo.image.shape[0] - 1
    return whole and min(width, height) >= SMALLEST_PX and 0.8 <= width / height <= 3.0


def ellipse(width: int, height: int, share: float = 0.96) -> NDArray[np.float32]:
    """A soft-edged mask in [0, 1], shape ``(height, width)``, of the ellipse inside a box."""
    mask = np.zeros((height, width), np.float32)
    axes = (int(width / 2 * share), int(height / 2 * share))
    cv2.ellipse(mask, (width // 2, height // 2), axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(mask, (3, 3), 0), np.float32)


def paste(image: Image, patch: Image, mask: NDArray[np.float32], x: int, y: int) -> Image:
    """A copy with the patch blended in at ``(x, y)``; what falls outside is cut off."""
    out = image.copy()
    height, width = patch.shape[:2]
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + width, image.shape[1]), min(y + height, image.shape[0])
    if x1 <= x0 or y1 <= y0:
        return out
    part = (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
    weight = mask[part][..., None]
    ground = out[y0:y1, x0:x1].astype(np.float32)
    out[y0:y1, x0:x1] = (ground * (1 - weight) + patch[part] * weight).astype(np.uint8)
    return out


def matched(patch: Image, like: Image) -> Image:
    """The patch with the mean brightness of another picture (not darker than half, nor double)."""
    ratio = float(np.clip((like.mean() + 1) / (patch.mean() + 1), 0.5, 2.0))
    return np.clip(patch.astype(np.float32) * ratio, 0, 255).astype(np.uint8)


def with_cover_beside(photo: Photo, cover: Image, rng: Random, apart: float) -> Image:
    """Lay a cover at a distance from the middle of the hole.

    Args:
        photo: A picture with an open hole.
        cover: The pixels of a cover seen from a similar angle.
        rng: Source of chance.
        apart: Distance of the centres as a share of the hole's size: under 1 they overlap.
    """
    width, height = photo.size
    scale = rng.uniform(0.92, 1.12)
    size = (max(8, int(width * scale)), max(8, int(height * scale)))
    cover = cv2.resize(cover, size, interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        cover = np.ascontiguousarray(cover[:, ::-1])
    angle = rng.uniform(0, 2 * np.pi)
    x = int((photo.box[0] + photo.box[2] - size[0]) / 2 + np.cos(angle) * apart * width)
    y = int((photo.box[1] + photo.box[3] - size[1]) / 2 + np.sin(angle) * apart * height)
    mask = ellipse(*size)
    thick = max(2, int(0.05 * height))
    drop = cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.03 * width)) * rng.uniform(0.4, 0.8)
    image = paste(photo.image, np.zeros_like(cover), drop, x + thick, y + 2 * thick)
    edge = (cover.astype(np.float32) * 0.35).astype(np.uint8)
    image = paste(image, edge, mask, x, y + thick)
    return paste(image, matched(cover, photo.image), mask, x, y)


def opened(photo: Photo, hole: Image, rng: Random) -> Photo:
    """Put the pixels of an open hole where a seated cover was."""
    width, height = photo.size
    hole = cv2.resize(hole, (width, height), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        hole = np.ascontiguousarray(hole[:, ::-1])
    image = paste(photo.image, hole, ellipse(width, height), photo.box[0], photo.box[1])
    return Photo(image, MISSING, photo.box)


def blob(width: int, height: int, rng: Random, share: float) -> NDArray[np.float32]:
    """An irregular patch covering about a share of the box; mask in [0, 1]."""
    field = rng.random((6, 6)).astype(np.float32)
    field = cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC)
    field += 0.25 * cv2.resize(
        rng.random((18, 18)).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR
    )
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    cx, cy = rng.uniform(0.25, 0.75) * width, rng.uniform(0.25, 0.75) * height
    field -= 1.2 * np.hypot((x - cx) / width, (y - cy) / height)
    mask = (field > np.quantile(field, 1 - share)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(mask, (3, 3), 0), np.float32)


def cracked(photo: Photo, hole: Image, rng: Random) -> Photo:
    """A seated cover with one to three pieces fallen out and cracks running from them."""
    width, height = photo.size
    inside = ellipse(width, height, 0.92)
    image = photo.image
    dark = cv2.resize(hole, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    dark = np.clip(dark * rng.uniform(0.25, 0.6), 0, 70).astype(np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        mask = blob(width, height, rng, rng.uniform(0.03, 0.16)) * inside
        rim = np.clip(np.roll(mask, (max(1, height // 60), 1), (0, 1)) - mask, 0, 1)
        image = paste(image, dark, mask, photo.box[0], photo.box[1])
        light = np.full_like(dark, int(rng.integers(120, 200)))
        image = paste(image, light, rim * 0.6, photo.box[0], photo.box[1])
    lines = np.zeros((height, width), np.float32)
    for _ in range(int(rng.integers(0, 5))):
        _draw_crack(lines, rng)
    return Photo(
        paste(image, (dark * 0.5).astype(np.uint8), lines * inside, photo.box[0], photo.box[1]),
        BROKEN,
        photo.box,
    )


def _draw_crack(lines: NDArray[np.float32], rng: Random) -> None:
    height, width = lines.shape
    point = rng.uniform(0.2, 0.8, 2) * [width, height]
    angle = rng.uniform(0, 2 * np.pi)
    for _ in range(int(rng.integers(4, 9))):
        angle += rng.normal(0, 0.5)
        step = rng.uniform(0.05, 0.12) * min(width, height)
        end = point + step * np.array([np.cos(angle), np.sin(angle)])
        thickness = max(1, int(min(width, height) * rng.uniform(0.006, 0.02)))
        start_px = (int(point[0]), int(point[1]))
        cv2.line(lines, start_px, (int(end[0]), int(end[1])), 1.0, thickness, cv2.LINE_AA)
        point = end


def composites(photos: list[Photo], counts: dict[int, int], seed: int) -> list[Photo]:
    """Make new pictures.

    Args:
        photos: Photos with one object each; seated covers and open holes are used.
        counts: How many pictures to make per class (``BROKEN``, ``MISSING``, ``DISPLACED``).
        seed: The same seed makes the same pictures.
    """
    rng = np.random.default_rng(seed)
    covers = [p for p in photos if p.label == OK and usable(p)]
    holes = [p for p in photos if p.label == MISSING and usable(p)]
    made: list[Photo] = []
    for label, count in counts.items():
        for _ in range(count):
            cover = covers[int(rng.integers(len(covers)))]
            hole = holes[int(rng.integers(len(holes)))]
            made.append(_one(label, cover, hole, rng))
    return made


def _one(label: int, cover: Photo, hole: Photo, rng: Random) -> Photo:
    if label == BROKEN:
        return cracked(cover, hole.patch, rng)
    ground = hole if label == DISPLACED and rng.random() < 0.6 else opened(cover, hole.patch, rng)
    if label == MISSING and rng.random() < 0.6:
        return ground
    apart = rng.uniform(0.2, 0.85) if label == DISPLACED else rng.uniform(1.25, 1.6)
    return Photo(with_cover_beside(ground, cover.patch, rng, apart), label, ground.box)
