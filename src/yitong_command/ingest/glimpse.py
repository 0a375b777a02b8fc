"""The first thing done with every picture, in the thread that decoded it.

In most pictures nothing has changed. Of those only a thumbnail is made, from the brightness alone;
a picture that may have changed is measured, and converted for the detectors.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass

import numpy as np
import structlog

from yitong_command.domain.camera import CameraState
from yitong_command.domain.frame import Pixels
from yitong_command.errors import CorruptMedia
from yitong_command.ingest import metrics
from yitong_command.ingest.gate import SIZE_WH, Thumb, has_changed
from yitong_command.ingest.reference import MIDDLE_WH, Glance, glance
from yitong_command.ingest.views import ViewMemory
from yitong_command.rules.camera_steady import Reason
from yitong_command.sources.decoder import DecoderBusy, DecoderPool
from yitong_command.sources.keyframe import Keyframe
from yitong_command.sources.picture import Picture

_log = structlog.get_logger()


class Unjudged(Exception):  # noqa: N818 - a value of the flow, not an error
    """A look from which nothing can be said, and what that says of the camera."""

    def __init__(self, state: CameraState | None, reason: Reason) -> None:
        self.state = state
        self.reason = reason
        super().__init__(reason[1])


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


async def take(decoder: DecoderPool, keyframe: Keyframe, memory: ViewMemory) -> Glimpse:
    """Have a keyframe decoded and looked at for the first time.

    Args:
        decoder: Does both in one of its threads.
        keyframe: The picture.
        memory: Of the view it shows.

    Raises:
        Unjudged: If it is damaged, or the decoders have too much to do.
    """
    before, stale = memory.reference, memory.is_stale(keyframe.received_at)
    calm = memory.scene.calm

    def use(picture: Picture) -> Glimpse:
        return glimpse(picture, keyframe, before, stale=stale, calm=calm)

    try:
        return await asyncio.wrap_future(decoder.apply(keyframe, use))
    except CorruptMedia as exc:
        _log.info("picture_damaged", camera_id=keyframe.camera_id, detail=str(exc))
        metrics.LOOKS.labels("corrupt").inc()
        raise Unjudged(CameraState.NOT_JUDGED, ("画面数据损坏", "damaged picture")) from exc
    except DecoderBusy as exc:
        metrics.LOOKS.labels("decoder_busy").inc()
        why = ("解码器繁忙，不作判断", "the decoders are busy: not judged")
        raise Unjudged(CameraState.NOT_JUDGED, why) from exc
