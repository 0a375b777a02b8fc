"""Pictures as the worker's decoder hands them over, for tests that paint theirs."""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame

from yitong_command.domain.frame import Pixels
from yitong_command.ingest.gate import SIZE_WH, Thumb
from yitong_command.sources.picture import Picture


def thumbnail(pixels: Pixels) -> Thumb:
    """What the gate compares of a picture, made as the decoder's thread makes it.

    Args:
        pixels: Shape ``(height, width, 3)``, BGR.
    """
    frame = VideoFrame.from_ndarray(pixels, "bgr24").reformat(format="yuv420p")
    return np.asarray(Picture(frame).grey(*SIZE_WH), np.float32)
