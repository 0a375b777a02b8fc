"""Whether a picture is worth a detector, and whether it is a new one at all.

Both work on a thumbnail: the picture shrunk to 160x90 grey levels, where camera noise has averaged
out and a parked car or a missing cover still shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import cv2
import numpy as np
from numpy.typing import NDArray

Thumb = NDArray[np.float32]
"""Shape ``(90, 160)``, grey levels 0..255."""

SIZE_WH = (160, 90)
WINDOW = (7, 7)
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
ALIKE = 0.8
"""A window whose similarity to the picture before is lower has changed."""
CHANGED_WINDOWS = 4
"""So many thumbnail pixels must have changed: fewer is noise."""
FROZEN_AFTER = timedelta(seconds=10)
FROZEN_COUNT = 3
SAME = 0.004
"""A mean difference below is the same picture: even a still scene has camera noise."""


def has_changed(before: Thumb, now: Thumb) -> bool:
    """Whether anything of a cover's or vehicle's size changed between two thumbnails.

    Structural similarity over a sliding window; even light changes of the whole picture are none.

    Args:
        before: Thumbnail of the picture last analysed.
        now: Thumbnail of the new picture.
    """
    mean_a, mean_b = _mean(before), _mean(now)
    variance_a = _mean(before * before) - mean_a * mean_a
    variance_b = _mean(now * now) - mean_b * mean_b
    together = _mean(before * now) - mean_a * mean_b
    alike = ((2 * mean_a * mean_b + C1) * (2 * together + C2)) / (
        (mean_a * mean_a + mean_b * mean_b + C1) * (variance_a + variance_b + C2)
    )
    return int(np.count_nonzero(alike < ALIKE)) >= CHANGED_WINDOWS


@dataclass(frozen=True, slots=True)
class Stillness:
    """Since when the camera sends one and the same picture.

    Attributes:
        thumb: Thumbnail of its newest picture.
        source_sha256: Hash of its newest keyframe.
        since: When that very picture first came.
        at: When it came last.
        count: How many pictures in a row were the same.
    """

    thumb: Thumb
    source_sha256: str
    since: datetime
    at: datetime
    count: int = 1

    @property
    def is_repeated(self) -> bool:
        """Whether the newest picture is the one before it, noise included: it proves nothing."""
        return self.count > 1

    @property
    def is_frozen(self) -> bool:
        """Whether the camera can be said to be frozen."""
        return self.count >= FROZEN_COUNT and self.at - self.since >= FROZEN_AFTER


def watch_stillness(
    before: Stillness | None, thumb: Thumb, source_sha256: str, at: datetime
) -> Stillness:
    """What is known after one more picture.

    Args:
        before: What was known before it, or None.
        thumb: Its thumbnail.
        source_sha256: Hash of its keyframe.
        at: Its capture time.
    """
    same = before is not None and (
        before.source_sha256 == source_sha256
        or cv2.norm(before.thumb, thumb, cv2.NORM_L1) < SAME * thumb.size
    )
    if before is None or not same:
        return Stillness(thumb, source_sha256, at, at)
    return Stillness(thumb, source_sha256, before.since, at, before.count + 1)


def _mean(values: Thumb) -> Thumb:
    return np.asarray(cv2.boxFilter(values, -1, WINDOW), np.float32)
