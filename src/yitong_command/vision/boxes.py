"""Arithmetic of boxes and pictures: overlap, letterbox, non-maximum suppression, crops.

Arrays of boxes are ``(n, 4)`` float32, ``xyxy``; whether they count pixels or shares of the
picture is said by each function.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box

F32 = NDArray[np.float32]
PAD_GREY = 114
"""Grey value around a letterboxed picture; the one the models were trained with."""


class Fit(NamedTuple):
    """How a picture was placed into a model's input.

    Attributes:
        scale: Input pixels per picture pixel.
        left_px: Grey columns left of the picture.
        top_px: Grey rows above the picture.
        width_px: Width of the original picture.
        height_px: Height of the original picture.
    """

    scale: float
    left_px: int
    top_px: int
    width_px: int
    height_px: int


def iou_matrix(a: F32, b: F32) -> F32:
    """Overlap of every box in ``a`` with every box in ``b``.

    Args:
        a: Boxes, shape ``(n, 4)``, ``xyxy``, ``x0 <= x1``.
        b: Boxes, shape ``(m, 4)``, same convention and unit.

    Returns:
        Intersection over union in [0, 1], shape ``(n, m)``; 0 where the union is empty.

    Raises:
        ValueError: If either array is not two-dimensional with four columns.

    Example:
        >>> iou_matrix(np.array([[0, 0, 2, 2]]), np.array([[0, 0, 2, 1]])).tolist()
        [[0.5]]
    """
    _check_boxes(a)
    _check_boxes(b)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2, dtype=np.float64)
    area_a = np.clip(a[:, 2:] - a[:, :2], 0, None).prod(axis=1, dtype=np.float64)
    area_b = np.clip(b[:, 2:] - b[:, :2], 0, None).prod(axis=1, dtype=np.float64)
    union = area_a[:, None] + area_b[None] - shared
    safe = np.where(union > 0, union, 1.0)
    return np.where(union > 0, shared / safe, 0.0).astype(np.float32)


def nms(boxes: F32, scores: F32, labels: NDArray[np.int64], iou: float) -> NDArray[np.int64]:
    """Keep the best of each group of boxes of one class that overlap.

    Args:
        boxes: Shape ``(n, 4)``, ``xyxy``.
        scores: Shape ``(n,)``.
        labels: Shape ``(n,)``; boxes of different classes never suppress each other.
        iou: Boxes overlapping a better one by more than this are dropped.

    Returns:
        Indices of the boxes kept, best score first, shape ``(k,)``.
    """
    order = np.argsort(-scores, kind="stable")
    keep: list[int] = []
    while order.size:
        best, rest = int(order[0]), order[1:]
        keep.append(best)
        same = labels[rest] == labels[best]
        close = iou_matrix(boxes[best : best + 1], boxes[rest])[0] > iou
        order = rest[~(same & close)]
    return np.array(keep, dtype=np.int64)


def fit_for(width_px: int, height_px: int, into_height: int, into_width: int) -> Fit:
    """Place a picture, centred and in proportion, into an input of another size.

    Raises:
        ValueError: If any side is not positive.
    """
    if min(width_px, height_px, into_height, into_width) <= 0:
        raise ValueError(
            f"sides must be positive: {width_px}x{height_px} into {into_width}x{into_height}"
        )
    scale = min(into_width / width_px, into_height / height_px)
    inner_w, inner_h = _scaled(width_px, scale), _scaled(height_px, scale)
    return Fit(
        scale, (into_width - inner_w) // 2, (into_height - inner_h) // 2, width_px, height_px
    )


def letterbox(image: Pixels, into_height: int, into_width: int) -> tuple[Pixels, Fit]:
    """Resize in proportion and fill the rest with grey.

    Args:
        image: Shape ``(h, w, 3)``, BGR.
        into_height: Height of the result in pixels.
        into_width: Width of the result in pixels.

    Returns:
        The new picture, shape ``(into_height, into_width, 3)``, and how it was placed.

    Raises:
        ValueError: If the picture is empty or has not three channels.
    """
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"a picture is (height, width, 3), this one is {image.shape}")
    fit = fit_for(image.shape[1], image.shape[0], into_height, into_width)
    size = (_scaled(fit.width_px, fit.scale), _scaled(fit.height_px, fit.scale))
    shrink = cv2.INTER_AREA if fit.scale < 0.5 else cv2.INTER_LINEAR
    inner = cv2.resize(image, size, interpolation=shrink)
    canvas = np.full((into_height, into_width, 3), PAD_GREY, dtype=np.uint8)
    canvas[fit.top_px : fit.top_px + size[1], fit.left_px : fit.left_px + size[0]] = inner
    return canvas, fit


def to_picture(boxes: F32, fit: Fit) -> F32:
    """Undo a letterbox.

    Args:
        boxes: Shape ``(n, 4)``, ``xyxy`` in pixels of the letterboxed input.
        fit: How the picture was placed.

    Returns:
        Boxes in [0, 1] of the original picture, clipped to it, shape ``(n, 4)``.
    """
    offset = np.array([fit.left_px, fit.top_px] * 2, dtype=np.float32)
    size = np.array([fit.width_px, fit.height_px] * 2, dtype=np.float32)
    shares: F32 = np.clip((boxes - offset) / fit.scale / size, 0.0, 1.0).astype(np.float32)
    return shares


def xywh_to_xyxy(boxes: F32) -> F32:
    """Centre, width and height to corners, shape ``(n, 4)`` in and out, any unit."""
    half = boxes[:, 2:] / 2
    corners: F32 = np.concatenate([boxes[:, :2] - half, boxes[:, :2] + half], axis=1)
    return corners


def crop(image: Pixels, region: Box) -> Pixels:
    """The pixels of a region in [0, 1]; at least one pixel, a view into the picture."""
    height, width = image.shape[:2]
    x0, y0 = min(int(region.x0 * width), width - 1), min(int(region.y0 * height), height - 1)
    x1, y1 = max(round(region.x1 * width), x0 + 1), max(round(region.y1 * height), y0 + 1)
    return image[y0:y1, x0:x1]


def _scaled(side_px: int, scale: float) -> int:
    """Rounded up as in the trainings: a pixel less costs a point of average precision."""
    return max(1, math.ceil(round(side_px * scale, 3)))


def _check_boxes(boxes: F32) -> None:
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"boxes must have shape (n, 4), these have {boxes.shape}")
