"""A virtual camera: its clock, its RTP numbers and those who watch it."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import Counter

from yitong_command.demo.farm.clip import Clip, Picture
from yitong_command.demo.farm.faults import Fault, FaultState
from yitong_command.demo.farm.manners import PLAIN, Clock, Manners
from yitong_command.demo.farm.packets import CLOCK_HZ, PicturePackets
from yitong_command.demo.farm.scene import Scene

MASK_32 = 0xFFFF_FFFF
LATE_S = 1.0
REPORT_EVERY_S = 5.0
_JUMP = 0x9E37_79B1
_NTP_EPOCH = 2_208_988_800
_SENDER_REPORT = struct.Struct(">BBHIIIIII")

PICTURES = Counter("yitong_farm_pictures_total", "Pictures shown to clients")
LATE = Counter("yitong_farm_late_pictures_total", "Pictures left out because the farm was late")


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture with the RTP numbers it was sent with.

    Attributes:
        packets: Its packets.
        key: Whether decoding can start here.
        sequence: Sequence number of the first packet.
        timestamp: RTP time.
        ssrc: Of the camera.
        corrupt: Whether picture data is flipped.
    """

    packets: PicturePackets
    key: bool
    sequence: int
    timestamp: int
    ssrc: int
    corrupt: bool

    def block(self) -> bytearray:
        """All packets, framed for channel 0."""
        block = self.packets.stamped(self.sequence, self.timestamp, self.ssrc)
        return self.packets.corrupted(block) if self.corrupt else block


class Viewer(Protocol):
    """A client to which a camera's packets go."""

    def show(self, sent: Sent, block: bytearray) -> None:
        """Send a picture, or leave it out if the client does not keep up."""

    def report(self, packet: bytes) -> None:
        """Send an RTCP packet."""

    def close(self) -> None:
        """The camera is gone."""


class VirtualCamera:
    """One camera with one clock: all its viewers see the same moment.

    Args:
        camera_id: Also its RTSP path, without the slash.
        scene: What it looks at.
        home: The clip that the session description describes.
        credentials: User and password, or None if anybody may watch.
        number: Makes SSRC, first sequence number and first timestamp differ between cameras.
        manners: What is peculiar about it.
    """

    def __init__(
        self,
        camera_id: str,
        scene: Scene,
        home: Clip,
        credentials: tuple[str, str] | None = None,
        number: int = 0,
        manners: Manners = PLAIN,
    ) -> None:
        self.camera_id = camera_id
        self.scene = scene
        self.home = home
        self.credentials = credentials
        self.ssrc = (0x59540000 + number * 0x9E3779B1) & MASK_32
        self.manners = manners
        self.next_at = 0.0
        self._sequence = (number * 7919) & 0xFFFF
        self._timestamp = (number * 2_654_435_761) & MASK_32
        if manners.clock is Clock.WRAPPING:
            self._timestamp = MASK_32 - 2 * CLOCK_HZ
        self._jumps = 0
        self._faults = FaultState()
        self._group: list[Sent] = []
        self._viewers: set[Viewer] = set()
        self._behind = True
        self._packets = 0
        self._octets = 0
        self._reported_at = 0.0

    @property
    def viewers(self) -> int:
        """How many clients are playing."""
        return len(self._viewers)

    def fault(self, clock: float) -> Fault:
        """The fault in force."""
        return self._faults.now(clock)

    def set_fault(self, fault: Fault, until: float | None, instead: Clip | None = None) -> None:
        """Put a fault on until a clock time, or until it is taken off."""
        self._faults.set(fault, until, instead)
        if fault in (Fault.DROP, Fault.STORM, Fault.REFUSE):
            self.close()

    def close(self) -> None:
        """Send all viewers away."""
        for viewer in tuple(self._viewers):
            viewer.close()

    def tick(self, due: float, clock: float) -> float:
        """Show the next picture.

        Args:
            due: Clock time at which it should have been shown.
            clock: Clock time now; a picture more than a second late is left out.

        Returns:
            Seconds until the next picture is due.
        """
        picture = self.scene.timeline.step()
        shown = self._faults.shown(picture, clock)
        late = clock - due > LATE_S
        if late:
            self._behind = True
            LATE.inc()
        elif shown is not None and (shown.key or not self._behind):
            self._behind = False
            self._send(shown, clock)
        self._timestamp += picture.ticks
        seconds = picture.ticks / CLOCK_HZ
        self.next_at = due + seconds
        if due - self._reported_at >= REPORT_EVERY_S:
            self._reported_at = due
            self._report()
        return seconds

    def first_of_group(self) -> tuple[int, int]:
        """Sequence number and RTP time of the first packet a new viewer gets."""
        if self._group:
            return self._group[0].sequence, self._group[0].timestamp
        return self._sequence, self._timestamp & MASK_32

    def join(self, viewer: Viewer) -> None:
        """Show the viewer everything since the last key picture, and all that follows."""
        if viewer in self._viewers:
            return
        self._viewers.add(viewer)
        viewer.report(self.sender_report())
        for sent in self._group:
            viewer.show(sent, sent.block())

    def leave(self, viewer: Viewer) -> None:
        """The viewer has gone or paused; one that never joined is no error."""
        self._viewers.discard(viewer)

    def sender_report(self) -> bytes:
        """RTCP sender report and source description as of now."""
        offset = self.manners.ntp_offset_s
        now = time.monotonic() if offset is None else time.time() + _NTP_EPOCH + offset
        fraction = int((now % 1.0) * (1 << 32))
        # The event loop's clock is the monotonic one; the next picture's time stamp lies ahead.
        ahead = round(max(0.0, self.next_at - time.monotonic()) * CLOCK_HZ)
        report = _SENDER_REPORT.pack(
            0x80, 200, 6, self.ssrc, int(now) & MASK_32, fraction,
            (self._timestamp - ahead) & MASK_32, self._packets & MASK_32, self._octets & MASK_32,
        )  # fmt: skip
        name = self.camera_id.encode()
        item = bytes([1, len(name)]) + name + b"\x00"
        item += b"\x00" * (-len(item) % 4)
        words = 1 + len(item) // 4
        return report + struct.pack(">BBHI", 0x81, 202, words, self.ssrc) + item

    def _send(self, picture: Picture, clock: float) -> None:
        packets = picture.packets
        self._jumps += picture.key
        timestamp = self._stamp(picture.shown_after)
        corrupt = self._faults.now(clock) is Fault.CORRUPT
        sent = Sent(packets, picture.key, self._sequence, timestamp, self.ssrc, corrupt)
        self._sequence = (self._sequence + len(packets.starts)) & 0xFFFF
        self._packets += len(packets.starts)
        self._octets += packets.payload_bytes
        if picture.key:
            self._group.clear()
        self._group.append(sent)
        if self._viewers:
            PICTURES.inc(len(self._viewers))
            block = sent.block()
            for viewer in tuple(self._viewers):
                viewer.show(sent, block)

    def _stamp(self, shown_after: int) -> int:
        if self.manners.clock is Clock.STANDING:
            return 0
        jumped = self._jumps * _JUMP if self.manners.clock is Clock.JUMPING else 0
        return (self._timestamp + shown_after + jumped) & MASK_32

    def _report(self) -> None:
        if self._viewers:
            packet = self.sender_report()
            for viewer in tuple(self._viewers):
                viewer.report(packet)
