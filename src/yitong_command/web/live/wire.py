"""Server-sent events as bytes."""

from __future__ import annotations


def id_line(event_id: str) -> bytes:
    """The line that tells a screen its position."""
    return f"id: {event_id}\r\n".encode()


def sse(event: str, data: str, event_id: str | None = None) -> bytes:
    """One event; ``data`` is one line.

    >>> sse("hello", "{}", "alerts-0:3").decode().splitlines()
    ['id: alerts-0:3', 'event: hello', 'data: {}', '']
    """
    head = id_line(event_id) if event_id is not None else b""
    return head + f"event: {event}\r\ndata: {data}\r\n\r\n".encode()
