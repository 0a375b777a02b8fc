"""A black clip of another clip's size and rate, for the fault ``black``."""

from __future__ import annotations

import numpy as np

from yitong_command.demo.farm.clip import Clip
from yitong_command.demo.farm.encoding import encode_clip


def black_clip(like: Clip) -> Clip:
    """One second of black, one group of pictures, playable in a loop.

    Raises:
        ValueError: If the encoder is not there or refuses.
    """
    rate = max(1, round(like.fps))
    picture = np.zeros((like.height, like.width, 3), dtype=np.uint8)
    return encode_clip(f"black-{like.width}x{like.height}", like, [picture] * rate, rate)
