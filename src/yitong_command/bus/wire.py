"""The one encoding of messages: UTF-8 JSON values, CloudEvents 1.0 binary-mode headers."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TypeVar

import orjson
from pydantic import ValidationError

from yitong_command.bus.messages import Message, Tombstone
from yitong_command.errors import BadMessage

M = TypeVar("M", bound=Message)

_SUBJECTS = {"IncidentMessage": "subject", "TaskMessage": "task_id", "AlertMessage": "alert_id"}
"""Which field names what a message is about, where that is not the record key."""


def encode(message: Message) -> bytes:
    """JSON bytes of a message."""
    return orjson.dumps(message.model_dump(mode="json"))


def value_of(message: Message | Tombstone) -> bytes | None:
    """What is sent as the record's value."""
    return None if isinstance(message, Tombstone) else encode(message)


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


def event_type(model: type[Message]) -> str:
    """CloudEvents type of a model's messages, for example ``yitong.incident.v1``."""
    kind = model.__name__.removesuffix("Message").lower()
    return f"yitong.{kind}.v{version_of(model)}"


def version_of(model: type[Message]) -> int:
    """The ``schema_version`` that messages of this model carry."""
    return int(model.model_fields["schema_version"].default)


def headers(
    message: Message | Tombstone, at: datetime, source: str, value: bytes | None = None
) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0 binary-mode headers.

    The same message has the same ``ce_id`` however often it is sent, so that readers can leave
    out repetitions.

    Args:
        message: What is to be sent.
        at: Time of the fact, aware UTC.
        source: URI reference of the sender, for example ``/yitong/ingest/worker-1``.
        value: The encoded message, if the caller has it already.
    """
    if isinstance(message, Tombstone):
        model, subject = message.model, message.key
        own_id = _digest(f"{event_type(model)}|{subject}|{at.isoformat()}".encode())
    else:
        model = type(message)
        subject = str(getattr(message, _SUBJECTS.get(model.__name__, "key")))
        given = getattr(message, "change_id", None)
        own_id = str(given or _digest(encode(message) if value is None else value))
    found = {
        "ce_specversion": "1.0",
        "ce_id": own_id,
        "ce_type": event_type(model),
        "ce_source": source,
        "ce_subject": subject,
        "ce_time": at.isoformat(),
    }
    if not isinstance(message, Tombstone):
        found["content-type"] = "application/json"
    return [(name, text.encode()) for name, text in found.items()]


def _digest(value: bytes) -> str:
    return sha256(value).hexdigest()[:32]
