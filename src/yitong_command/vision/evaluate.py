"""Measure a detector against labelled pictures: average precision at an overlap of one half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.errors import CorruptMedia
from yitong_command.vision.boxes import F32, iou_matrix, nms
from yitong_command.vision.detector import Detector

HIT_IOU = 0.5
MERGED_NMS_IOU = 0.6
PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, slots=True)
class Labelled:
    """What is in one picture.

    Attributes:
        labels: Class names.
        boxes: One per label, ``xyxy`` in [0, 1] of the picture.
    """

    labels: tuple[str, ...]
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Figures of one evaluation.

    Attributes:
        pictures: How many pictures were looked at.
        objects: How many objects of each class they show.
        ap50: Average precision per class that occurs, in [0, 1].
        map50: Mean of ``ap50``.
        merged_ap50: Average precision of all merged classes taken as one, in [0, 1]; None if no
            merging was asked for or none of those classes occurs.
    """

    pictures: int
    objects: Mapping[str, int]
    ap50: Mapping[str, float]
    map50: float
    merged_ap50: float | None


def average_precision(hits: NDArray[np.bool_], scores: F32, objects: int) -> float:
    """Area under the best precision reachable at each recall or a higher one.

    As Ultralytics computes it, so that figures can be compared with those of a training: at 101
    recalls, straight between the measured ones. (Theirs gives 0.995 for a perfect result, this 1.)

    Args:
        hits: Whether each detection found an object, shape ``(n,)``.
        scores: Confidence of each detection, shape ``(n,)``.
        objects: How many objects there are; at least 1.

    Raises:
        ValueError: If there is no object.
    """
    if objects < 1:
        raise ValueError("average precision needs at least one object")
    order = np.argsort(-scores, kind="stable")
    if not hits.any():
        return 0.0
    order = order[: int(np.flatnonzero(hits[order])[-1]) + 1]
    found = np.cumsum(hits[order])
    recall = np.concatenate([[0.0], found / objects])
    precision = np.concatenate([[1.0], found / np.arange(1, len(order) + 1)])
    reachable = np.maximum.accumulate(precision[::-1])[::-1]
    points = np.linspace(0, 1, 101)
    heights = np.interp(points, recall, reachable) * (points <= recall[-1] + 1e-9)
    return float(np.trapezoid(heights, points))


def match(found: F32, scores: F32, truth: F32) -> NDArray[np.bool_]:
    """Which detections hit: best score first, each object is found once.

    Args:
        found: Detected boxes, shape ``(n, 4)``, ``xyxy``.
        scores: Shape ``(n,)``.
        truth: Boxes of the objects, shape ``(m, 4)``, same unit.

    Returns:
        Shape ``(n,)``.
    """
    return assign(found, scores, truth, np.ones(len(truth), dtype=bool)) >= 0


def assign(
    found: F32,
    scores: F32,
    truth: F32,
    counted: NDArray[np.bool_],
    hit_iou: float = HIT_IOU,
) -> NDArray[np.int64]:
    """Which object each detection found, as COCO assigns them.

    The best score chooses first, and takes the object it overlaps most among those not yet taken;
    objects that don't count are taken only where no counted one overlaps enough.

    Args:
        found: Detected boxes, shape ``(n, 4)``, ``xyxy``.
        scores: Shape ``(n,)``.
        truth: Boxes of the objects, shape ``(m, 4)``, same unit.
        counted: Which objects count, shape ``(m,)``.
        hit_iou: Least overlap.

    Returns:
        Index of the object or -1, shape ``(n,)``.
    """
    owner = np.full(len(found), -1, dtype=np.int64)
    if not len(found) or not len(truth):
        return owner
    overlap = iou_matrix(found, truth)
    near = overlap.max(axis=1) >= hit_iou
    for i in np.argsort(-scores, kind="stable"):
        if not near[i]:
            continue
        row = overlap[i]
        first = np.where(counted, row, -1.0)
        j = int(first.argmax() if first.max() >= hit_iou else row.argmax())
        if row[j] >= hit_iou:
            owner[i] = j
            overlap[:, j] = -1.0
    return owner


def evaluate(
    found: Sequence[Sequence[Detection]],
    truth: Sequence[Labelled],
    merged: frozenset[str] = frozenset(),
) -> Score:
    """Score the detections of a set of pictures.

    Args:
        found: Detections per picture, with a score threshold near zero.
        truth: What each picture shows, same order.
        merged: Labels also scored together as one class, for example all hazards.
    """
    labels = sorted({label for picture in truth for label in picture.labels})
    ap50 = {label: _ap(found, truth, frozenset({label})) for label in labels}
    counts = {label: sum(p.labels.count(label) for p in truth) for label in labels}
    return Score(
        pictures=len(truth),
        objects=counts,
        ap50=ap50,
        map50=float(np.mean(list(ap50.values()))) if ap50 else 0.0,
        merged_ap50=_ap(found, truth, merged) if merged & set(labels) else None,
    )


def _ap(
    found: Sequence[Sequence[Detection]], truth: Sequence[Labelled], group: frozenset[str]
) -> float:
    hits: list[NDArray[np.bool_]] = []
    scores: list[F32] = []
    objects = 0
    for detections, picture in zip(found, truth, strict=True):
        chosen = [d for d in detections if d.label in group]
        boxes, score = _array([d.box for d in chosen]), np.array([d.score for d in chosen], "f4")
        if len(group) > 1:
            keep = nms(boxes, score, np.zeros(len(chosen), dtype=np.int64), MERGED_NMS_IOU)
            boxes, score = boxes[keep], score[keep]
        real = [b for b, name in zip(picture.boxes, picture.labels, strict=True) if name in group]
        hits.append(match(boxes, score, _array(real)))
        scores.append(score)
        objects += len(real)
    return average_precision(np.concatenate(hits), np.concatenate(scores), objects)


def _array(boxes: Sequence[Box]) -> F32:
    return np.array(boxes, dtype=np.float32).reshape(-1, 4)


def read_labels(file: Path, classes: Sequence[str]) -> Labelled:
    """Read a YOLO label file: per line class number, centre x, centre y, width, height in [0, 1].

    Raises:
        CorruptMedia: If a line is not of that form; the text names file and line.
    """
    labels: list[str] = []
    boxes: list[Box] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            label, x, y, w, h = line.split()
            cx, cy, half_w, half_h = float(x), float(y), float(w) / 2, float(h) / 2
            labels.append(classes[_class_number(label)])
        except (ValueError, IndexError) as exc:
            raise CorruptMedia(f"{file}:{number}: 标注行无效 / bad label line: {exc}") from exc
        boxes.append(Box(cx - half_w, cy - half_h, cx + half_w, cy + half_h))
    return Labelled(tuple(labels), tuple(boxes))


def _class_number(word: str) -> int:
    number = int(word)
    if number < 0:
        raise ValueError(f"class number {number}")
    return number


def evaluate_folder(
    detector: Detector,
    images: Path,
    labels: Path,
    classes: Sequence[str],
    merged: frozenset[str] = frozenset(),
) -> Score:
    """Run a detector over a labelled folder.

    Args:
        detector: Its score threshold should be near zero.
        images: Folder of JPEG or PNG pictures.
        labels: Folder of YOLO label files of the same names; a missing one means no objects.
        classes: Class names by the numbers in the label files.
        merged: Labels also scored together as one class.

    Raises:
        CorruptMedia: If a picture or a label file can't be read, or there is no picture.
        DetectorFailed: If the detector fails.
    """
    found: list[tuple[Detection, ...]] = []
    truth: list[Labelled] = []
    for file in sorted(p for p in images.iterdir() if p.suffix.lower() in PICTURE_SUFFIXES):
        image = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if image is None:
            raise CorruptMedia(f"{file}: 图像无法读取 / the picture can't be read")
        found += detector.detect([np.asarray(image, dtype=np.uint8)])
        label_file = labels / f"{file.stem}.txt"
        truth.append(read_labels(label_file, classes) if label_file.exists() else Labelled((), ()))
    if not truth:
        raise CorruptMedia(f"{images}: 没有图像 / there are no pictures")
    return evaluate(found, truth, merged)
