"""The shortcut for packets inside a keyframe gives what the long way gives."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.properties.rtsp.corpus import interleaved, stream
from tests.properties.rtsp.mutate import chunks, damage, disorder
from yitong_command.sources.rtsp.assembler import KeyframeAssembler, Picture
from yitong_command.sources.rtsp.framing import Framing, VideoInput
from yitong_command.sources.rtsp.nal import CODECS
from yitong_command.sources.rtsp.rtp import ReceiverReport

CASES = 1_500


def received(packets: list[bytes], codec: str, source: random.Random) -> tuple[list[Picture], int]:
    """The keyframes of interleaved packets, and how many were damaged."""
    pictures: list[Picture] = []
    framing = Framing(lambda _: None, lambda _: None, pictures.append)
    video = VideoInput(CODECS[codec], 96, (), ReceiverReport(1))  # type: ignore[index]
    framing.interleave(video, 0, 1)
    for chunk in chunks(b"".join(interleaved(packets)), source):
        framing.feed(chunk)
    return pictures, video.assembler.damaged


def test_the_shortcut_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: Counter[str] = Counter()
    take = KeyframeAssembler.take

    def counted(self: KeyframeAssembler, data: bytes, begin: int, end: int) -> bool:
        taken = take(self, data, begin, end)
        reached["taken" if taken else "left"] += 1
        return taken

    for number in range(CASES):
        source = random.Random(f"shortcut {number}")
        codec = source.choice(("h264", "h265"))
        packets = disorder(list(stream(codec)), source, source.choice((0, 2, 20)))
        packets = [damage(p, source) if source.random() < 0.03 else p for p in packets]
        packets = [p for p in packets if len(p) >= 12]
        monkeypatch.setattr(KeyframeAssembler, "take", counted)
        short = received(packets, codec, random.Random(number))
        monkeypatch.setattr(KeyframeAssembler, "take", lambda *_: False)
        long = received(packets, codec, random.Random(number))
        assert short == long
        reached["pictures"] += len(short[0])
        reached["damaged"] += short[1]
    assert reached["taken"] > CASES * 5, reached
    assert min(reached[key] for key in ("left", "pictures", "damaged")) > CASES / 2, reached
