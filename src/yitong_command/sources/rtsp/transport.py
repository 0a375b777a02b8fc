"""The Transport header of a camera's answer to SETUP."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transport:
    """How a camera says it will send; whatever it left out, or that makes no sense, is None.

    Attributes:
        udp: Whether it chose UDP.
        channels: Interleaved channels of RTP and RTCP, 0..255.
        server_ports: UDP ports it sends RTP and RTCP from.
        source: Another address than its own that it sends from.
    """

    udp: bool
    channels: tuple[int, int] | None
    server_ports: tuple[int, int] | None
    source: str | None


def parse_transport(header: str) -> Transport:
    """Read the header, however odd it is."""
    source = re.search(r"(?:^|;)\s*source\s*=\s*([0-9A-Fa-f.:]{2,45})", header)
    return Transport(
        "TCP" not in header.upper() and "client_port" in header,
        _pair(header, "interleaved", 255),
        _pair(header, "server_port", 65535),
        source[1] if source else None,
    )


def _pair(header: str, name: str, highest: int) -> tuple[int, int] | None:
    """``name=a-b``; ``b`` is ``a + 1`` if it is left out."""
    found = re.search(rf"(?:^|;)\s*{name}\s*=\s*(\d{{1,5}})(?:-(\d{{1,5}}))?", header)
    if found is None:
        return None
    first = int(found[1])
    second = int(found[2]) if found[2] else first + 1
    return (first, second) if max(first, second) <= highest else None
