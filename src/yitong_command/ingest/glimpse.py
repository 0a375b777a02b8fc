"""The first thing done with every picture, in the thread that decoded it.

In most pictures nothing has changed. Of those only a thumbnail is made, from the brightness alone;
a picture that may have changed is measured, and converted for the detectors.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from yitong_command.domain.frame import Pixels
from yitong_command.ingest.gate import SIZE_WH, Thumb, has_changed
from yitong_command.ingest.reference import MIDDLE_WH, Glance, glance
from yitong_command.sources.keyframe import Keyframe
from yitong_command.sources.picture import Picture


@dataclass(frozen=True, slots=True, eq=False)
class Glimpse:
    """What is known of a picture before any detector has seen it.

    Attributes:
        picture: Whole, for one thread at a time.
        thumb: Shrunk.
        source_sha256: SHA-256 (hex) of the encoded keyframe as it was received.
        changed: Whether it shows something else than the picture last analysed.
        stale: Whether it must be analysed although nothing changed, because that was long ago.
        scene: What is measured to tell whether the view is what it was; None if nothing changed.
    """

    picture: Picture
    thumb: Thumb
    source_sha256: str
    changed: bool
    stale: bool
    scene: Glance | None

    @property
    def pixels(self) -> Pixels:
        """The whole picture, BGR."""
        return self.picture.pixels()


def glimpse(
    picture: Picture, keyframe: Keyframe, before: Thumb | None, *, stale: bool, calm: bool
) -> Glimpse:
    """Look at a picture for the first time.

    Args:
        picture: Decoded.
        keyframe: What it was decoded from.
        before: Thumbnail of the picture last analysed, or None.
        stale: Whether that was too long ago to trust what it showed.
        calm: Whether the scene was in order when that one was analysed; else it is measured again.
    """
    thumb = np.asarray(picture.grey(*SIZE_WH), np.float32)
    changed = before is None or has_changed(before, thumb)
    scene = glance(picture.small(*MIDDLE_WH)) if changed or stale or not calm else None
    if changed or stale:
        picture.pixels()
    digest = hashlib.sha256(keyframe.annexb).hexdigest()
    return Glimpse(picture, thumb, digest, changed, stale, scene)
