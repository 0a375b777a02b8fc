"""A picture with its capture time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A picture, shape ``(height, width, 3)``, BGR, 0..255."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of one view.

    Attributes:
        camera_id: The camera that took it.
        view_id: ``main`` for a fixed camera, else the preset of a ball camera.
        captured_at: When it was taken, aware UTC (event time).
        pixels: Shape ``(height, width, 3)``, BGR.
        source_sha256: SHA-256 (hex) of the encoded keyframe as it was received.
    """

    camera_id: str
    view_id: str
    captured_at: datetime
    pixels: Pixels
    source_sha256: str
