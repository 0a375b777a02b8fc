"""RTSP 1.0 messages (RFC 2326): bytes to values and back, bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from yitong_command.sources.rtsp.failure import RtspFailure

MAX_HEADER_BYTES = 16 * 1024
MAX_BODY_BYTES = 64 * 1024
_HEAD_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class Message:
    """A response, or a request that the camera sends to us.

    Attributes:
        status: Status code of a response, 0 for a request.
        start: First line as it came.
        headers: Names in lower case, in the order they came.
        body: Content, b"" if none.
    """

    status: int
    start: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """First value of a header, ``name`` in lower case, or None."""
        return next((value for key, value in self.headers if key == name), None)

    def headers_named(self, name: str) -> tuple[str, ...]:
        """All values of a header that may come more than once."""
        return tuple(value for key, value in self.headers if key == name)

    @property
    def cseq(self) -> int | None:
        """Sequence number, or None if it is absent or not a number."""
        return _number(self.header("cseq") or "")


class Parsed(NamedTuple):
    """A message, or None if its end has not come yet, and where the next one starts."""

    message: Message | None
    end: int


def parse_message(data: bytes, begin: int = 0) -> Parsed:
    """The message that starts at ``begin``.

    Raises:
        RtspFailure: If it is not RTSP, or bigger than the limits.
    """
    found = _HEAD_END.search(data, begin, begin + MAX_HEADER_BYTES)
    if found is None:
        if len(data) - begin >= MAX_HEADER_BYTES:
            raise RtspFailure("摄像机的应答头过长", "the camera's header is too long")
        return Parsed(None, begin)
    lines = data[begin : found.start()].decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    headers = tuple(_header(line) for line in lines[1:] if ":" in line)
    message = Message(_status(lines[0]), lines[0], headers)
    body_at = found.end()
    length = _content_length(message)
    if len(data) < body_at + length:
        return Parsed(None, begin)
    body = data[body_at : body_at + length]
    return Parsed(Message(message.status, message.start, headers, body), body_at + length)


def build_message(start: str, headers: dict[str, str]) -> bytes:
    """A message without a body, ready to send.

    Raises:
        RtspFailure: If a value has a control character; the camera's own words come back in
            headers, so it could write requests of its own.
    """
    lines = [start, *(f"{name}: {value}" for name, value in headers.items())]
    if any(ord(char) < 0x20 or ord(char) == 0x7F for line in lines for char in line):
        raise RtspFailure("摄像机的应答含控制字符", "the camera's answer has control characters")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _status(start: str) -> int:
    """Status code of a response's first line, 0 for a request's."""
    words = start.split(" ", 2)
    if words[0].startswith("RTSP/"):
        status = _number(words[1]) if len(words) > 1 else None
        if status is None or not 100 <= status <= 999:
            raise _not_rtsp()
        return status
    if len(words) == 3 and words[2].startswith("RTSP/") and words[0].replace("_", "").isalpha():
        return 0
    raise _not_rtsp()


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _content_length(message: Message) -> int:
    text = message.header("content-length")
    if text is None:
        return 0
    length = _number(text)
    if length is None or length > MAX_BODY_BYTES:
        raise RtspFailure("摄像机的应答内容过长", "the camera's answer is too long")
    return length


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else None


def _not_rtsp() -> RtspFailure:
    return RtspFailure("对方不是RTSP设备", "the other side does not speak RTSP")
