"""Printing the messages of a topic."""

from __future__ import annotations

import asyncio
import json
import signal
from contextlib import aclosing
from dataclasses import dataclass

from yitong_command.bus.tail import Seen, tail
from yitong_command.bus.topics import Topic
from yitong_command.settings.environment import Settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to print of a topic.

    Attributes:
        from_beginning: From the oldest record kept, not only new ones.
        key: Only records of this key.
        as_json: One line of JSON a record.
        count: Stop after so many; None for no limit.
        until_end: Stop at the end that the topic had at the start.
    """

    from_beginning: bool
    key: str | None
    as_json: bool
    count: int | None
    until_end: bool


async def show(settings: Settings, topic: Topic, wanted: Wanted) -> None:
    """Print records until so many were printed, the end is reached, or Ctrl-C."""
    reading = asyncio.ensure_future(_print(settings, topic, wanted))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, reading.cancel)
    try:
        await reading
    except asyncio.CancelledError:
        return


async def _print(settings: Settings, topic: Topic, wanted: Wanted) -> None:
    left = wanted.count
    records = tail(
        settings.kafka, settings.topic_prefix, topic,
        from_beginning=wanted.from_beginning, stop_at_end=wanted.until_end,
    )  # fmt: skip
    async with aclosing(records):  # type: ignore[type-var]
        async for seen in records:
            if wanted.key is not None and seen.key != wanted.key:
                continue
            print(as_line(seen) if wanted.as_json else as_text(seen), flush=True)
            left = None if left is None else left - 1
            if left == 0:
                return


def as_line(seen: Seen) -> str:
    """A record as one line of JSON."""
    value = seen.message.model_dump(mode="json") if seen.message else None
    found = {
        "partition": seen.partition, "offset": seen.offset, "at": seen.at.isoformat(),
        "key": seen.key, "headers": seen.headers, "value": value,
    }  # fmt: skip
    if seen.problem:
        found |= {"problem": seen.problem, "raw": _raw(seen)}
    return json.dumps(found, ensure_ascii=False)


def as_text(seen: Seen) -> str:
    """A record as a person reads it."""
    head = f"{seen.at:%Y-%m-%d %H:%M:%S}Z  {seen.partition}@{seen.offset}  {seen.key}"
    kind = seen.headers.get("ce_type", "")
    if seen.problem:
        return f"{head}  无法解码 / can't be decoded: {seen.problem}\n  {_raw(seen)}"
    if seen.message is None:
        return f"{head}  {kind}  已移除 / removed (null)"
    body = json.dumps(seen.message.model_dump(mode="json"), ensure_ascii=False)
    return f"{head}  {kind}\n  {body}"


def _raw(seen: Seen) -> str:
    return (seen.value or b"").decode(errors="backslashreplace")
