"""What a device's MQTT message says: one function for every shape of message.

A shape turns bytes into a flat look-up of dotted paths; which paths hold value, time, battery and
number is said by the registry.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from yitong_command.domain.sensor import Payload, Said
from yitong_command.errors import BadMessage

LARGEST = 64 * 1024
MILLISECONDS_FROM = 1e11
"""Epoch numbers from here on are milliseconds: as seconds they would lie beyond the year 5000."""
SENML_ABSOLUTE = 2**28
"""RFC 8428: a smaller time is relative to now."""

Fields = Mapping[str, Any]
Shape = Callable[[bytes], Fields]


def said(payload: Payload, data: bytes) -> Said | None:
    """What a message says, or None if it is another device's on the same topic.

    Args:
        payload: How the sensor's messages are read.
        data: The message.

    Raises:
        BadMessage: Naming the field that is absent or can't be read, Chinese and English.
    """
    if len(data) > LARGEST:
        raise BadMessage(f"(message): 超过 {LARGEST} 字节 / {len(data)} bytes, too long")
    fields = SHAPES[payload.shape](data)
    if payload.device_at and str(fields.get(payload.device_at, "")) != payload.device:
        return None
    doubts: list[str] = []
    battery = _maybe(_percent, fields, payload.battery, doubts)
    path = payload.value or DEFAULT_VALUE
    if path not in fields and battery is None:
        raise BadMessage(f"{path}: 缺少字段 / the field is missing")
    return Said(
        _number(path, fields[path], payload) if path in fields else None,
        _maybe(_time, fields, payload.at, doubts),
        battery,
        str(fields.get(payload.seq, ""))[:64] if payload.seq else "",
        tuple(doubts),
    )


DEFAULT_VALUE = "value"


def _plain(data: bytes) -> Fields:
    """A bare number or word."""
    try:
        return {DEFAULT_VALUE: data.decode("utf-8").strip()}
    except UnicodeDecodeError as exc:
        raise BadMessage("(message): 不是 UTF-8 / not UTF-8") from exc


def _json(data: bytes) -> Fields:
    """An object, or a bare value; lists are counted from 0."""
    return _flat(_parsed(data))


def _chirpstack(data: bytes) -> Fields:
    """An uplink of a ChirpStack LoRaWAN server: what its codec decoded lies in ``object``."""
    content = _parsed(data)
    if not isinstance(content, dict) or not isinstance(content.get("object"), dict):
        raise BadMessage("object: 缺少字段 / the field is missing: has the device a codec?")
    return _flat(content)


def _senml(data: bytes) -> Fields:
    """SenML JSON (RFC 8428): every record by its name, with ``<name>.t`` for its time."""
    content = _parsed(data)
    if not isinstance(content, list):
        raise BadMessage("(message): 不是 SenML 列表 / not a SenML list")
    fields: dict[str, Any] = {}
    base_name, base_time = "", 0.0
    for index, record in enumerate(content):
        if not isinstance(record, dict):
            raise BadMessage(f"{index}: 不是 SenML 记录 / not a SenML record")
        base_name = str(record.get("bn", base_name))
        base_time = _senml_number(index, "bt", record, base_time)
        name = base_name + str(record.get("n", ""))
        value = next((record[key] for key in ("v", "vb", "vs") if key in record), None)
        if value is not None:
            fields[name] = value
        at = base_time + _senml_number(index, "t", record, 0.0)
        if at >= SENML_ABSOLUTE:
            fields[f"{name}.t"] = at
    return fields


def _senml_number(index: int, key: str, record: Mapping[str, Any], default: float) -> float:
    value = record.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadMessage(f"{index}.{key}: 不是数字 / not a number")
    return float(value)


SHAPES: dict[str, Shape] = {
    "json": _json,
    "plain": _plain,
    "senml": _senml,
    "chirpstack": _chirpstack,
}


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as exc:
        raise BadMessage(f"(message): 不是 JSON / not JSON: {exc}") from exc


def _flat(content: Any) -> Fields:
    """Every plain value by its dotted path, without recursion: depth is the sender's choice."""
    fields: dict[str, Any] = {}
    waiting: list[tuple[str, Any]] = [("", content)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            waiting += [(f"{path}.{key}" if path else str(key), item) for key, item in node.items()]
        elif isinstance(node, list):
            waiting += [(f"{path}.{n}" if path else str(n), item) for n, item in enumerate(node)]
        elif node is not None:
            fields[path or DEFAULT_VALUE] = node
    return fields


def _number(path: str, value: Any, payload: Payload) -> float:
    words = dict(payload.words)
    if not isinstance(value, bool) and str(value) in words:
        return words[str(value)]
    if isinstance(value, bool):
        return words.get(str(value).lower(), float(value)) * payload.scale
    try:
        return float(value) * payload.scale
    except (TypeError, ValueError, OverflowError) as exc:
        shown = str(value)[:40]
        raise BadMessage(f"{path}: 不是数字 / not a number: {shown!r}") from exc


def _percent(path: str, value: Any) -> float:
    number = float(value)
    if not 0 <= number <= 100:
        raise ValueError(f"{path}: {number:g} %")
    return number


def _time(path: str, value: Any) -> datetime:
    """ISO 8601 with its zone, or seconds or milliseconds since 1970."""
    if isinstance(value, str) and not _is_number(value):
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError(f"{path}: no time zone")
        return at.astimezone(UTC)
    number = float(value)
    if not math.isfinite(number) or isinstance(value, bool):
        raise ValueError(f"{path}: no time")
    return datetime.fromtimestamp(number / 1000 if number >= MILLISECONDS_FROM else number, UTC)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _maybe(read: Callable[[str, Any], Any], fields: Fields, path: str, doubts: list[str]) -> Any:
    """A field that may be absent or wrong without the value being lost."""
    if not path or path not in fields:
        return None
    try:
        return read(path, fields[path])
    except (TypeError, ValueError, OverflowError, OSError):
        shown = str(fields[path])[:40]
        doubts.append(f"{path}: 无法读取, 已忽略 / can't be read and was left out: {shown!r}")
        return None
