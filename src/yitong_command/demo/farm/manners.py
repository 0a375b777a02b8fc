"""Ways in which cameras of different makers deviate from the plain one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Login(StrEnum):
    """How a camera asks for a login."""

    DIGEST = "digest"
    DIGEST_SHA256 = "digest-sha-256"
    BASIC = "basic"
    ANY = "any"


class Parameters(StrEnum):
    """Where a camera sends its parameter sets."""

    BOTH = "both"
    DESCRIBED = "described"
    IN_BAND = "in-band"


class Control(StrEnum):
    """How its description writes a track's address."""

    RELATIVE = "relative"
    ROOTED = "rooted"
    ABSOLUTE = "absolute"


class Clock(StrEnum):
    """What its RTP time stamps do."""

    PLAIN = "plain"
    WRAPPING = "wrapping"
    JUMPING = "jumping"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Manners:
    """What is peculiar about one camera.

    Attributes:
        login: How it asks for a login, if it has one.
        nonce_uses: Requests after which a digest nonce is stale; 0 for never.
        tcp: Whether it sends interleaved RTP.
        first_channel: Interleaved channel it uses whatever the client asked for, or None.
        control: How its description writes a track's address.
        parameters: Where it sends parameter sets.
        other_tracks: Whether it also has audio and metadata, and sends them unasked.
        redirect: Where DESCRIBE is sent (``{place}`` is our own host and port), or None.
        refuses: Requests it does not know.
        counts: The only request that keeps a session alive, or "" for any.
        timeout_s: When a silent session ends, or None for the farm's.
        hangs_up_after_s: It closes without a word so long after PLAY, or None.
        clock: What its RTP time stamps do.
        ntp_offset_s: How far its clock is ahead; None: it counts from when it was switched on.
        loss: Share of UDP packets that the network loses.
        shuffled: UDP packets overtake each other within so many.
    """

    login: Login = Login.DIGEST
    nonce_uses: int = 0
    tcp: bool = True
    first_channel: int | None = None
    control: Control = Control.RELATIVE
    parameters: Parameters = Parameters.BOTH
    other_tracks: bool = False
    redirect: str | None = None
    refuses: frozenset[str] = frozenset()
    counts: str = ""
    timeout_s: float | None = None
    hangs_up_after_s: float | None = None
    clock: Clock = Clock.PLAIN
    ntp_offset_s: float | None = 0.0
    loss: float = 0.0
    shuffled: int = 1

    def network(self) -> Network:
        """The network between this camera and one client."""
        return Network(self.loss, self.shuffled, random.Random(1))  # noqa: S311 - no secret


PLAIN = Manners()


class Network:
    """Loses packets and lets them overtake each other.

    Args:
        loss: Share that is lost.
        shuffled: Within how many packets the order is lost.
        source: Of chance.
    """

    def __init__(self, loss: float, shuffled: int, source: random.Random) -> None:
        self._loss = loss
        self._shuffled = shuffled
        self._random = source

    def carry(self, packets: Sequence[memoryview]) -> list[memoryview]:
        """What arrives of packets, in the order it does."""
        if not self._loss and self._shuffled <= 1:
            return list(packets)
        arrived = []
        for begin in range(0, len(packets), self._shuffled):
            some = list(packets[begin : begin + self._shuffled])
            self._random.shuffle(some)
            arrived += [packet for packet in some if self._random.random() >= self._loss]
        return arrived
