"""A decoded picture that is converted only as far as somebody asks."""

from __future__ import annotations

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from yitong_command.domain.frame import Pixels

Grey = NDArray[np.uint8]
"""Shape ``(height, width)``, brightness 0..255."""


class Picture:
    """One decoded picture; used by one thread at a time.

    Nothing moves in most pictures: of those only a small one is looked at, and the conversion of
    the whole one is saved.

    Args:
        frame: As the decoder made it.
        pixels: The same converted, where the decoder's memory can't be kept.
    """

    __slots__ = ("_frame", "_pixels")

    def __init__(self, frame: VideoFrame, pixels: Pixels | None = None) -> None:
        self._frame = None if pixels is not None else frame
        self._pixels = pixels

    def pixels(self) -> Pixels:
        """The whole picture, shape ``(height, width, 3)``, BGR; converted once."""
        if self._frame is not None:
            self._pixels = _converted(self._frame, "bgr24")
            self._frame = None
        assert self._pixels is not None  # noqa: S101 - one of both is always there
        return self._pixels

    def small(self, width: int, height: int) -> Pixels:
        """The picture at another size, BGR; a smaller one is averaged over areas."""
        if self._frame is None:
            size = (width, height)
            small = cv2.resize(self.pixels(), size, interpolation=cv2.INTER_AREA)
            return np.asarray(small, np.uint8)
        return _converted(self._frame, "bgr24", width, height)

    def grey(self, width: int, height: int) -> Grey:
        """The brightness alone, at another size, averaged over areas."""
        if self._frame is None:
            small = cv2.cvtColor(self.small(width, height), cv2.COLOR_BGR2GRAY)
            return np.asarray(small, np.uint8)
        return _converted(self._frame, "gray", width, height)


def _converted(
    frame: VideoFrame, name: str, width: int | None = None, height: int | None = None
) -> NDArray[np.uint8]:
    # One thread: more of them cost more CPU than they save time on pictures of this size.
    made = VideoReformatter().reformat(
        frame, width, height, name, interpolation=Interpolation.AREA, threads=1
    )
    return np.asarray(made.to_ndarray(), dtype=np.uint8)
