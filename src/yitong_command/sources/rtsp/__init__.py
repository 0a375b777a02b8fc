"""RTSP cameras: one thread reads hundreds of them and keeps the newest keyframe of each.

Bytes go through ``connection`` (sockets) -> ``framing`` (interleaved packets and messages) ->
``session`` (the dialogue with one camera) and ``assembler`` (packets to keyframes). Everything but
``connection``, ``resolver`` and ``receiver`` is free of sockets, clocks and threads.
"""

from yitong_command.sources.keyframe import Keyframe, SourceState, SourceStatus
from yitong_command.sources.rtsp.receiver import RtspReceiver
from yitong_command.sources.rtsp.timing import Timing

__all__ = ["Keyframe", "RtspReceiver", "SourceState", "SourceStatus", "Timing"]
