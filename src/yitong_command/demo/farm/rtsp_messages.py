"""Reading RTSP requests off a byte stream and writing answers (RFC 2326)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

MAX_HEAD = 16_384
MAX_BODY = 65_536

_REQUEST_LINE = re.compile(r"([A-Z_]{1,32}) (\S{1,4096}) (RTSP/\d\.\d)")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,128}")

REASONS = {
    200: "OK",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
    551: "Option not supported",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came.

    Attributes:
        method: In capitals.
        url: As written by the client.
        version: ``RTSP/1.0`` if it is ours.
        headers: By name in small letters.
    """

    method: str
    url: str
    version: str
    headers: Mapping[str, str]


class BadRequest(ValueError):
    """Something that is not RTSP.

    Args:
        reason: What is wrong with it.
        lost: True if it can't be told where the next request begins.
    """

    def __init__(self, reason: str, *, lost: bool = False) -> None:
        super().__init__(reason)
        self.lost = lost


@dataclass(frozen=True, slots=True)
class Interleaved:
    """Binary data of the client between requests, for example RTCP."""

    channel: int
    data: bytes


class RequestReader:
    """Cuts a client's bytes into requests; holds at most one request's worth of them."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request | Interleaved | BadRequest]:
        """Everything that is complete now. After a lost ``BadRequest`` nothing follows."""
        self._buffer += data
        while self._buffer:
            item: Request | Interleaved | BadRequest | None
            try:
                item = self._next()
            except BadRequest as bad:
                if bad.lost:
                    self._buffer.clear()
                item = bad
            if item is None:
                return
            yield item

    def _next(self) -> Request | Interleaved | None:
        buffer = self._buffer
        while buffer and buffer[0] in b"\r\n":
            del buffer[0]
        if not buffer:
            return None
        if buffer[0] == 0x24:
            return self._interleaved()
        if not (65 <= buffer[0] <= 90):
            raise BadRequest("a request begins with a method in capitals", lost=True)
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            if len(buffer) > MAX_HEAD:
                raise BadRequest(f"the head is longer than {MAX_HEAD} bytes", lost=True)
            self._check_first_line()
            return None
        return self._request(end)

    def _interleaved(self) -> Interleaved | None:
        if len(self._buffer) < 4:
            return None
        size = 4 + int.from_bytes(self._buffer[2:4], "big")
        if len(self._buffer) < size:
            return None
        item = Interleaved(self._buffer[1], bytes(self._buffer[4:size]))
        del self._buffer[:size]
        return item

    def _check_first_line(self) -> None:
        line, found, _ = self._buffer.partition(b"\n")
        if found and not _REQUEST_LINE.fullmatch(line.rstrip(b"\r").decode("latin-1")):
            raise BadRequest("the first line is not a request", lost=True)

    def _request(self, end: int) -> Request | None:
        lines = self._buffer[:end].decode("latin-1").split("\r\n")
        first = _REQUEST_LINE.fullmatch(lines[0])
        if not first:
            raise BadRequest("the first line is not a request", lost=True)
        headers: dict[str, str] = {}
        wrong = ""
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if colon and _HEADER_NAME.fullmatch(name):
                headers[name.lower()] = value.strip(" \t")
            else:
                wrong = wrong or line
        size = end + 4 + _content_length(headers)
        if len(self._buffer) < size:
            return None
        del self._buffer[:size]
        if wrong:
            raise BadRequest(f"not a header: {wrong[:80]!r}")
        return Request(first[1], first[2], first[3], headers)


def _content_length(headers: Mapping[str, str]) -> int:
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= MAX_BODY):
        raise BadRequest("the content length is wrong or too large", lost=True)
    return int(text)


def response(
    status: int,
    cseq: str | None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    more: Iterable[tuple[str, str]] = (),
) -> bytes:
    """An answer, complete with length; ``more`` are headers that may come several times."""
    lines = [f"RTSP/1.0 {status} {REASONS[status]}"]
    if cseq is not None:
        lines.append(f"CSeq: {cseq}")
    lines.extend(f"{name}: {value}" for name, value in (*(headers or {}).items(), *more))
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass(frozen=True, slots=True)
class Transport:
    """One alternative of a Transport header that the farm can serve.

    Attributes:
        tcp: Interleaved on the RTSP connection; else UDP.
        rtp: Interleaved channel or client port for RTP.
        rtcp: The same for RTCP.
    """

    tcp: bool
    rtp: int
    rtcp: int


def parse_transport(header: str, free_channel: int) -> Transport | None:
    """The first alternative that can be served, or None.

    Args:
        header: Value of the Transport header.
        free_channel: Channel to use if the client leaves the choice.
    """
    for alternative in header.split(","):
        profile, *rest = alternative.strip().split(";")
        options = dict(part.strip().partition("=")[::2] for part in rest)
        if "multicast" in options:
            continue
        if profile.upper() == "RTP/AVP/TCP":
            pair = _pair(options.get("interleaved", f"{free_channel}-{free_channel + 1}"), 0, 255)
            if pair:
                return Transport(True, *pair)
        elif profile.upper() in ("RTP/AVP", "RTP/AVP/UDP"):
            pair = _pair(options.get("client_port", ""), 1, 65535)
            if pair:
                return Transport(False, *pair)
    return None


def _pair(text: str, low: int, high: int) -> tuple[int, int] | None:
    first, _, second = text.partition("-")
    if not (first.isascii() and first.isdecimal() and len(first) < 6):
        return None
    second = second or str(int(first) + 1)
    if not (second.isascii() and second.isdecimal() and len(second) < 6):
        return None
    pair = int(first), int(second)
    return pair if all(low <= value <= high for value in pair) else None
