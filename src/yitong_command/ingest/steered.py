"""What a ball camera shows while somebody steers it, and the proof that it shows a view."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime

from yitong_command.domain.incident import EvidenceRef
from yitong_command.errors import CorruptMedia, DetectorFailed, SourceLost
from yitong_command.ingest.evidence import capture
from yitong_command.ingest.eyes import Eyes
from yitong_command.ingest.patrol import Patrol
from yitong_command.ingest.views import LastLook, ViewMemory
from yitong_command.sources.decoder import DecoderBusy, DecoderPool
from yitong_command.sources.keyframe import Keyframe
from yitong_command.storage.evidence import EvidenceStore

PICTURE_WITHIN_S = 20.0
POLL_S = 0.2


async def show_steered(
    patrol: Patrol | None, keyframe: Keyframe, decoder: DecoderPool, eyes: Eyes
) -> None:
    """While somebody steers a ball camera, keep a picture of it that can be masked.

    Args:
        patrol: Of the camera, if it is a ball camera.
        keyframe: Its newest picture.
        decoder: To pixels.
        eyes: Find whom to mask; nothing else is done with what they see.
    """
    if patrol is None or not patrol.held:
        return
    look = await look_unjudged(keyframe, patrol.reason, decoder, eyes)
    patrol.shown = look or patrol.shown


async def look_unjudged(
    keyframe: Keyframe, reason: tuple[str, str], decoder: DecoderPool, eyes: Eyes
) -> LastLook | None:
    """A picture from which nothing is concluded, but which a person may see, masked.

    Args:
        keyframe: The picture.
        reason: Why nothing is concluded.
        decoder: To pixels.
        eyes: Find whom to mask; nothing else is done with what they see.

    Returns:
        None if it can't be masked now; the next one will do.
    """
    try:
        pixels = await asyncio.wrap_future(decoder.submit(keyframe))
        sight = await eyes.see(pixels, ())
    except (CorruptMedia, DecoderBusy, DetectorFailed):
        return None
    return LastLook(keyframe.received_at, False, reason, (), sight, keyframe)


async def prove(
    memory: ViewMemory, since: datetime, decoder: DecoderPool, evidence: EvidenceStore
) -> EvidenceRef:
    """A masked picture of a view, taken since the camera stood there, in the evidence store.

    Args:
        memory: Of the view.
        since: When the camera stood there.
        decoder: To pixels.
        evidence: Takes the picture.

    Raises:
        SourceLost: If no picture that can be judged came in time; says why.
        CorruptMedia: If it can't be decoded again.
        DecoderBusy: If too many wait for the decoder.
        OSError: If it can't be stored.
    """
    look = await _fresh(memory, since)
    assert look.keyframe is not None and look.sight is not None  # noqa: S101, PT018 - a judged look
    pixels = await asyncio.wrap_future(decoder.submit(look.keyframe))
    digest = hashlib.sha256(look.keyframe.annexb).hexdigest()
    return await asyncio.to_thread(
        capture, evidence, pixels, look.sight.detections, digest, look.at
    )


async def _fresh(memory: ViewMemory, since: datetime) -> LastLook:
    loop = asyncio.get_running_loop()
    until_s = loop.time() + PICTURE_WITHIN_S
    while loop.time() < until_s:
        shown = memory.shown
        if shown is not None and shown.judged and shown.at >= since and shown.keyframe is not None:
            return shown
        await asyncio.sleep(POLL_S)
    last = memory.last
    why = " / ".join(last.reason) if last is not None and not last.judged else ""
    raise SourceLost(f"没有可用的画面 / no picture that can be judged: {why or 'none came'}")
