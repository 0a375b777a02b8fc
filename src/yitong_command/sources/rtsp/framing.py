"""The byte stream of an RTSP connection: messages, and RTP interleaved between them."""

from __future__ import annotations

import re
from collections.abc import Callable

from yitong_command.sources.rtsp.assembler import KeyframeAssembler, Picture
from yitong_command.sources.rtsp.failure import RtspFailure
from yitong_command.sources.rtsp.message import Message, parse_message
from yitong_command.sources.rtsp.nal import FRAGMENT, SKIP, Codec
from yitong_command.sources.rtsp.rtp import ReceiverReport, RtpPacket, parse_rtp

_NEWLINES = re.compile(rb"[\r\n]+")
_DOLLAR = 0x24
_PLAIN_HEADER = 0x80
_PAYLOAD_AT = 16
"""Offset of the RTP payload in an interleaved frame: 4 bytes of framing, 12 of plain header."""


class VideoInput:
    """RTP packets of one video stream, whichever way they come.

    Args:
        codec: How the codec lies in RTP.
        payload_type: Packets of another type are passed over.
        parameter_sets: From the session description.
        report: Told what was received.
    """

    def __init__(
        self,
        codec: Codec,
        payload_type: int,
        parameter_sets: tuple[bytes, ...],
        report: ReceiverReport,
    ) -> None:
        self.codec = codec
        self.assembler = KeyframeAssembler(codec, parameter_sets)
        self._payload_type = payload_type
        self._report = report
        self._ssrc: int | None = None

    def push(self, data: bytes) -> Picture | None:
        """Take an RTP packet; returns the keyframe that it completes, if it does."""
        packet = parse_rtp(data)
        if packet is None or packet.payload_type != self._payload_type:
            return None
        if packet.ssrc != self._ssrc:
            self._begin(packet)
        self._report.received(packet.sequence)
        return self.assembler.push(packet)

    def _begin(self, packet: RtpPacket) -> None:
        """The camera starts to send, or starts anew: it counts from elsewhere."""
        self._ssrc = packet.ssrc
        self._report.sender_ssrc, self._report.highest = packet.ssrc, packet.sequence
        self.assembler.restart()

    def skipped_at(self, data: bytes, begin: int) -> None:
        """Note the newest interleaved frame that belongs to no keyframe and was not pushed.

        Args:
            data: What the frame lies in.
            begin: Where it starts, or -1 if there was none.
        """
        if begin >= 0:
            sequence = data[begin + 6] << 8 | data[begin + 7]
            self.assembler.previous = sequence
            self._report.received(sequence)


class Framing:
    """Cuts an RTSP byte stream into messages, RTCP packets and keyframes.

    Args:
        on_message: Takes a response or request of the camera.
        on_rtcp: Takes an RTCP packet.
        on_picture: Takes a complete keyframe.

    Attributes:
        rtp_channel: Interleaved channel of the video, or None while RTP comes another way.
        rtcp_channel: Interleaved channel of its reports, or None.
        packets: RTP packets of the video seen so far.
        frames: Messages and interleaved frames seen so far, of whatever kind.
    """

    def __init__(
        self,
        on_message: Callable[[Message], None],
        on_rtcp: Callable[[bytes], None],
        on_picture: Callable[[Picture], None],
    ) -> None:
        self._on_message = on_message
        self._on_rtcp = on_rtcp
        self._on_picture = on_picture
        self._rest = b""
        self._video: VideoInput | None = None
        self.rtp_channel: int | None = None
        self.rtcp_channel: int | None = None
        self.packets = 0
        self.frames = 0

    def interleave(self, video: VideoInput, rtp_channel: int, rtcp_channel: int) -> None:
        """From now on the video comes on these channels."""
        self._video, self.rtp_channel, self.rtcp_channel = video, rtp_channel, rtcp_channel

    def feed(self, chunk: bytes) -> None:
        """Take bytes as they come; what is incomplete waits for the next chunk.

        Raises:
            RtspFailure: If they are neither RTSP nor interleaved frames, or too big.
        """
        data = self._rest + chunk if self._rest else chunk
        begin = 0
        while begin < len(data):
            if data[begin] == _DOLLAR:
                end = self._framed(data, begin)
            elif data[begin] in b"\r\n":
                end = _skip_newlines(data, begin)
            else:
                end = self._text(data, begin)
            if end == begin:
                break
            begin = end
        self._rest = data[begin:]

    def _text(self, data: bytes, begin: int) -> int:
        if not 0x41 <= data[begin] <= 0x5A:
            raise RtspFailure("摄像机的数据流错乱", "the camera's byte stream is out of step")
        message, end = parse_message(data, begin)
        if message is not None:
            self.frames += 1
            self._on_message(message)
        return end

    def _framed(self, data: bytes, begin: int) -> int:
        if self._video is not None:
            return self._frames(self._video, data, begin)
        self.frames += 1
        return self._other_frame(data, begin)

    def _frames(self, video: VideoInput, data: bytes, begin: int) -> int:
        """Read frames until text or an incomplete one; returns where that starts.

        Most packets belong to no keyframe, and most others lie within one; telling both apart
        here, before they are parsed, is what makes hundreds of cameras on one core possible.
        """
        glance, fragment = video.codec.glance, video.codec.glance_fragment
        fragment_at = _PAYLOAD_AT + video.codec.fragment_at
        channel, assembler = self.rtp_channel, video.assembler
        skipped, limit, frames, others = -1, len(data), 0, 0
        while limit - begin >= 4 and data[begin] == _DOLLAR:
            start, begin = begin, begin + 4 + (data[begin + 2] << 8 | data[begin + 3])
            if begin > limit:
                begin = start
                break
            frames += 1
            if data[start + 1] != channel:
                others += 1
                self._other_frame(data, start)
                continue
            if begin - start > fragment_at and data[start + 4] == _PLAIN_HEADER:
                if assembler.active:
                    if assembler.take(data, start + 4, begin):
                        continue
                else:
                    verdict = glance[data[start + _PAYLOAD_AT]]
                    if (
                        fragment[data[start + fragment_at]] if verdict == FRAGMENT else verdict
                    ) == SKIP:
                        skipped = start
                        continue
            self._keep(video, data, skipped, start, begin)
            skipped = -1
        self.frames += frames
        self.packets += frames - others
        video.skipped_at(data, skipped)
        return begin

    def _keep(self, video: VideoInput, data: bytes, skipped: int, begin: int, end: int) -> None:
        video.skipped_at(data, skipped)
        picture = video.push(data[begin + 4 : end])
        if picture is not None:
            self._on_picture(picture)

    def _other_frame(self, data: bytes, begin: int) -> int:
        """One frame that is not video; returns its end, or ``begin`` if it is incomplete."""
        if len(data) - begin < 4:
            return begin
        end = begin + 4 + (data[begin + 2] << 8 | data[begin + 3])
        if end > len(data):
            return begin
        if data[begin + 1] == self.rtcp_channel:
            self._on_rtcp(data[begin + 4 : end])
        return end


def _skip_newlines(data: bytes, begin: int) -> int:
    found = _NEWLINES.match(data, begin)
    return found.end() if found else begin
