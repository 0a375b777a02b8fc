"""The one encoding of messages: UTF-8 JSON values, CloudEvents 1.0 binary-mode headers."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import uuid4

import orjson
from pydantic import ValidationError

from yitong_command.bus.messages import Message, Tombstone
from yitong_command.errors import BadMessage

M = TypeVar("M", bound=Message)


def encode(message: Message) -> bytes:
    """JSON bytes of a message."""
    return orjson.dumps(message.model_dump(mode="json"))


def decode(model: type[M], value: bytes | None) -> M:
    """The message in ``value``.

    Raises:
        BadMessage: If the bytes are not such a message; the text names the first wrong field.
    """
    if value is None:
        raise BadMessage(f"{model.__name__}: empty value")
    try:
        return model.model_validate_json(value)
    except ValidationError as exc:
        first = exc.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "(whole message)"
        raise BadMessage(f"{model.__name__}: {where}: {first['msg']}") from exc


def headers(message: Message | Tombstone, at: datetime, source: str) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0 binary-mode headers.

    Args:
        message: What is to be sent.
        at: Time of the fact, aware UTC.
        source: URI reference of the sender, for example ``/yitong/ingest/worker-1``.
    """
    kind = type(message).__name__.removesuffix("Message").lower()
    own_id = getattr(message, "change_id", None) or uuid4()
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(own_id).encode()),
        ("ce_type", f"yitong.{kind}.v1".encode()),
        ("ce_source", source.encode()),
        ("ce_time", at.isoformat().encode()),
        ("content-type", b"application/json"),
    ]
