"""A hand that holds the camera moves: pictures are laid over the first one of their medium."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.domain.frame import Pixels

LONG_SIDE_PX = 640
CORNERS = 600
LEAST_MATCHES, LEAST_SHARE = 24, 0.3
"""So many corners, and such a share of those compared, must agree on one movement."""
FARTHEST, LARGEST_ZOOM, LARGEST_TURN = 0.4, 1.35, np.deg2rad(20)
"""A movement beyond is no shaking hand: shift in widths, zoom, turn."""
STILL = 0.0015
"""What moves less than this, in widths, stands still: pictures are not resampled for nothing."""
THUMB_WH = (160, 90)
GAIN = 0.95
"""A movement counts if it leaves so much less difference to the first picture than none does."""
CLOSE = 0.75
"""A corner's best likeness must be so much nearer than its second."""

Movement = NDArray[np.float64]
"""Shape ``(2, 3)``: from a picture's pixels to those of the first one."""


@dataclass(frozen=True, slots=True, eq=False)
class _Corners:
    """Corners of a picture: places in pixels of the picture, and what they look like."""

    places: NDArray[np.float32]
    looks: NDArray[np.uint8]


class Steadier:
    """Lays pictures of one medium over its first one.

    A picture that can't be compared (dark, blank, quite another scene) is laid as the one before.
    """

    def __init__(self) -> None:
        self._finder = cv2.ORB_create(CORNERS)  # type: ignore[attr-defined]
        self._matcher = cv2.BFMatcher(cv2.NORM_HAMMING)
        self._first: _Corners | None = None
        self._last: tuple[_Corners, Movement] | None = None
        self._movement = np.eye(2, 3)
        self._thumb = np.zeros(THUMB_WH[::-1], np.float32)

    def steady(self, pixels: Pixels) -> Pixels:
        """The picture as if it were taken from where the first one was.

        Args:
            pixels: Shape ``(height, width, 3)``, BGR; all of one size.
        """
        corners = self._corners(pixels)
        if self._first is None:
            self._first, self._last = corners, (corners, self._movement)
            self._thumb = _thumb(pixels)
            return pixels
        found = self._found(corners, pixels.shape[1])
        self._movement = self._best(pixels, found)
        if found is self._movement:
            self._last = corners, found
        return _moved(pixels, self._movement)

    def _best(self, pixels: Pixels, found: Movement | None) -> Movement:
        """The movement that leaves least difference to the first picture; none if in doubt.

        Stripes and paving repeat, and corners then agree on a movement that never was.
        """
        none = np.eye(2, 3)
        if found is None:
            return self._movement
        left = {id(m): self._difference(pixels, m) for m in (none, found, self._movement)}
        best = min((found, self._movement), key=lambda m: left[id(m)])
        return best if left[id(best)] < GAIN * left[id(none)] else none

    def _difference(self, pixels: Pixels, movement: Movement) -> float:
        """Mean difference in grey levels where both pictures show something."""
        height, width = pixels.shape[:2]
        scale = np.diag((THUMB_WH[0] / width, THUMB_WH[1] / height, 1.0))
        small = (scale @ np.vstack([movement, (0, 0, 1)]) @ np.linalg.inv(scale))[:2]
        thumb = cv2.warpAffine(_thumb(pixels), small, THUMB_WH)
        seen = cv2.warpAffine(np.ones(THUMB_WH[::-1], np.float32), small, THUMB_WH) > 0.99
        return float(np.abs(thumb - self._thumb)[seen].mean()) if seen.any() else float("inf")

    def _found(self, corners: _Corners, width: int) -> Movement | None:
        """How a picture must be moved; through the last one where the first shows too little."""
        if self._first is not None:
            direct = self._between(corners, self._first, width)
            if direct is not None:
                return direct
        if self._last is None:
            return None
        before, movement = self._last
        step = self._between(corners, before, width)
        if step is None:
            return None
        whole = np.vstack([movement, (0, 0, 1)]) @ np.vstack([step, (0, 0, 1)])
        return whole[:2] if _may_be_hand(whole[:2], width) else None

    def _corners(self, pixels: Pixels) -> _Corners:
        scale = min(1.0, LONG_SIDE_PX / max(pixels.shape[:2]))
        grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        points, looks = self._finder.detectAndCompute(grey, None)
        places = np.array([point.pt for point in points], np.float32).reshape(-1, 2) / scale
        empty = np.zeros((0, 32), np.uint8)
        return _Corners(places, empty if looks is None else np.asarray(looks, np.uint8))

    def _between(self, now: _Corners, then: _Corners, width: int) -> Movement | None:
        if min(len(now.places), len(then.places)) < LEAST_MATCHES:
            return None
        pairs: Sequence[Sequence[cv2.DMatch]] = self._matcher.knnMatch(now.looks, then.looks, k=2)
        good = [p[0] for p in pairs if len(p) == 2 and p[0].distance < CLOSE * p[1].distance]
        if len(good) < LEAST_MATCHES:
            return None
        movement, agreeing = cv2.estimateAffinePartial2D(
            now.places[[match.queryIdx for match in good]],
            then.places[[match.trainIdx for match in good]],
            ransacReprojThreshold=0.004 * width,
        )
        if movement is None or agreeing is None:
            return None
        enough = max(LEAST_MATCHES, LEAST_SHARE * len(good))
        found = np.asarray(movement, np.float64)
        return found if agreeing.sum() >= enough and _may_be_hand(found, width) else None


def _thumb(pixels: Pixels) -> NDArray[np.float32]:
    small = cv2.resize(pixels, THUMB_WH, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)


def _may_be_hand(movement: Movement, width: int) -> bool:
    zoom = float(np.hypot(movement[0, 0], movement[1, 0]))
    turn = abs(float(np.arctan2(movement[1, 0], movement[0, 0])))
    shift = float(np.abs(movement[:, 2]).max()) / width
    return 1 / LARGEST_ZOOM <= zoom <= LARGEST_ZOOM and turn <= LARGEST_TURN and shift <= FARTHEST


def _moved(pixels: Pixels, movement: Movement) -> Pixels:
    height, width = pixels.shape[:2]
    ends = np.array([(0, 0, 1), (width, 0, 1), (0, height, 1), (width, height, 1)], np.float64)
    if np.abs(ends @ movement.T - ends[:, :2]).max() < STILL * width:
        return pixels
    moved = cv2.warpAffine(pixels, movement, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
