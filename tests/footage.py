"""Real pictures and clips that lie beside the repository where they may not lie in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box

ROOT = Path(__file__).parents[1]
CLIPS = ROOT / "src/yitong_command/demo/clips"
DATA = ROOT.parent / "shared/data"
STATES = ("ok", "broken", "missing", "displaced")


def beside(name: str) -> Path:
    """A file or folder of ``../shared/data``; the test is skipped, with the reason, without it."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"real footage may not be shipped, and ../shared/data/{name} is not here")
    return path


def covers(split: str) -> Iterator[tuple[str, str, Pixels, Box]]:
    """Real covers: file, state, picture, bounds in [0, 1]."""
    images = sorted((beside("manhole") / "images" / split).glob("*.jpg"))
    for file in images:
        labels = file.parents[2] / "labels" / split / f"{file.stem}.txt"
        picture = cv2.imread(str(file))
        for line in labels.read_text().splitlines() if labels.is_file() else []:
            number, x, y, w, h = map(float, line.split()[:5])
            box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
            bounds = Box(*(min(max(value, 0.0), 1.0) for value in box))
            yield file.name, STATES[int(number)], np.asarray(picture, np.uint8), bounds
