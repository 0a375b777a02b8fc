"""Figures of a detector over many labelled pictures, by class, overlap and object size.

Assignment and average precision are COCO's: ten overlaps from 0.50 to 0.95, and the mean over 101
recalls of the best precision at that recall or a higher one. (Ultralytics takes the area under a
line through the same curve and assigns by overlap first; its figures differ in the third digit.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.vision.boxes import F32, nms
from yitong_command.vision.evaluate import (
    HIT_IOU,
    MERGED_NMS_IOU,
    Labelled,
    assign,
    average_precision,
)

IOU_STEPS: tuple[float, ...] = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
SIZES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, inf)}
)
"""COCO's areas of a box in pixels of its picture: from, up to but not including."""
ANY_SIZE = (0.0, inf)


@dataclass(frozen=True, slots=True)
class Seen:
    """One labelled picture and what a detector found in it.

    Attributes:
        truth: What it shows.
        found: Detections, with a score threshold near zero for a curve.
        width_px: Width of the picture.
        height_px: Height of the picture.
    """

    truth: Labelled
    found: tuple[Detection, ...]
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Detections of one class, or several taken as one, over all pictures.

    Attributes:
        hits: Whether each found an object, shape ``(n,)``.
        scores: Shape ``(n,)``.
        objects: How many objects there are.
    """

    hits: NDArray[np.bool_]
    scores: F32
    objects: int

    @property
    def ap(self) -> float | None:
        """Average precision in [0, 1]; None without an object."""
        return average_precision(self.hits, self.scores, self.objects) if self.objects else None

    @property
    def precision(self) -> float | None:
        """Share of detections that hit; None without a detection."""
        return float(self.hits.mean()) if len(self.hits) else None

    @property
    def recall(self) -> float | None:
        """Share of objects found; None without an object."""
        return float(self.hits.sum() / self.objects) if self.objects else None


def tally(
    pictures: Sequence[Seen],
    group: frozenset[str],
    hit_iou: float = HIT_IOU,
    area: tuple[float, float] = ANY_SIZE,
) -> Tally:
    """Match the detections of a group of classes, taken as one class.

    Args:
        pictures: All of them.
        group: The classes; where there are several, only the best of overlapping boxes is taken.
        hit_iou: Least overlap of a hit.
        area: Objects of other areas (square pixels) don't count, and neither do detections that
            found such an object, or found nothing and have such an area.
    """
    hits: list[NDArray[np.bool_]] = [np.zeros(0, dtype=bool)]
    scores: list[F32] = [np.zeros(0, dtype=np.float32)]
    objects = 0
    for picture in pictures:
        size = np.array([picture.width_px, picture.height_px] * 2, dtype=np.float32)
        boxes, score = _found(picture.found, group)
        truth = [b for b, n in zip(picture.truth.boxes, picture.truth.labels, strict=True)
                 if n in group]  # fmt: skip
        real = _array(truth) * size
        counted = _within(real, area)
        owner = assign(boxes * size, score, real, counted, hit_iou)
        hit = owner >= 0
        of_counted = np.where(hit, np.append(counted, False)[owner], _within(boxes * size, area))
        hits.append(hit[of_counted])
        scores.append(score[of_counted])
        objects += int(counted.sum())
    return Tally(np.concatenate(hits), np.concatenate(scores), objects)


def average_precisions(pictures: Sequence[Seen], group: frozenset[str]) -> tuple[float, ...] | None:
    """Average precision at each of :data:`IOU_STEPS`; None without an object."""
    values = [tally(pictures, group, iou).ap for iou in IOU_STEPS]
    known = tuple(value for value in values if value is not None)
    return known or None


def reported(pictures: Sequence[Seen], threshold: float, one_label_iou: float) -> list[Seen]:
    """The same pictures with only what the shipped detector would report.

    Args:
        pictures: With everything that was suspected.
        threshold: Least score.
        one_label_iou: Boxes of any class overlapping a better one by more are dropped.
    """
    kept = []
    for picture in pictures:
        found = [item for item in picture.found if item.score >= threshold]
        if one_label_iou < 1:
            boxes = _array([item.box for item in found])
            score = np.array([item.score for item in found], dtype=np.float32)
            best = nms(boxes, score, np.zeros(len(found), dtype=np.int64), one_label_iou)
            found = [found[int(index)] for index in best]
        kept.append(replace(picture, found=tuple(found)))
    return kept


def _found(found: Sequence[Detection], group: frozenset[str]) -> tuple[F32, F32]:
    chosen = [item for item in found if item.label in group]
    boxes = _array([item.box for item in chosen])
    scores = np.array([item.score for item in chosen], dtype=np.float32)
    if len(group) > 1:
        keep = nms(boxes, scores, np.zeros(len(chosen), dtype=np.int64), MERGED_NMS_IOU)
        return boxes[keep], scores[keep]
    return boxes, scores


def _array(boxes: Sequence[Box]) -> F32:
    return np.array(boxes, dtype=np.float32).reshape(-1, 4)


def _within(boxes: F32, area: tuple[float, float]) -> NDArray[np.bool_]:
    sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).astype(np.float64)
    areas = sides.prod(axis=1)
    return np.asarray((areas >= area[0]) & (areas < area[1]), dtype=np.bool_)
