"""Training stills: a picture now and then, with boxes as YOLO text."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

CLASSES = (
    "car",
    "bus",
    "truck",
    "person",
    "manhole_ok",
    "manhole_broken",
    "manhole_missing",
    "manhole_displaced",
)
STATE_CLASS: Mapping[str, str] = {
    "ok": "manhole_ok",
    "missing": "manhole_missing",
    "displaced": "manhole_displaced",
    "aside": "manhole_missing",
    "broken": "manhole_broken",
}
LEAST_SHOWN = 0.35
"""A thing of which less than this share shows gets no label."""


def _line(name: str, box: list[float], width: int, height: int) -> str:
    x0, y0, x1, y1 = box
    values = ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height)
    return " ".join([str(CLASSES.index(name)), *(f"{v:.6f}" for v in values)])


def yolo_lines(gt: Mapping[str, Any], i: int) -> list[str]:
    """Labels of frame ``i``: class number, centre x, centre y, width, height in [0, 1].

    Args:
        gt: Ground truth of the clip.
        i: Number of the frame.
    """
    width, height, frame = gt["width"], gt["height"], gt["frames"][i]
    lines = [
        _line(one["cls"], one["box"], width, height)
        for one in (*gt["statics"], *frame["objects"])
        if one["in_frame"] * one.get("visible", 1.0) >= LEAST_SHOWN
    ]
    lines += [
        _line(STATE_CLASS[one["state"]], one["box"], width, height)
        for one in frame["manholes"]
        if one["covered_by"] <= 1 - LEAST_SHOWN
    ]
    return lines


def write_stills(
    frames: Iterable[NDArray[np.uint8]], gt: Mapping[str, Any], folder: Path, every: int
) -> int:
    """Write every ``every``-th frame as JPEG with its labels beside it; gives how many."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "classes.txt").write_text("\n".join(CLASSES) + "\n", encoding="utf-8")
    count = 0
    for i, picture in enumerate(frames):
        if i % every == 0:
            stem = folder / f"{gt['clip'].removesuffix('.mp4')}_{i:05d}"
            cv2.imwrite(str(stem.with_suffix(".jpg")), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
            text = "".join(line + "\n" for line in yolo_lines(gt, i))
            stem.with_suffix(".txt").write_text(text, encoding="utf-8")
            count += 1
    return count
