"""The contract as the console shows it."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime

from yitong_command.web.schemas import Out


class FieldOut(Out):
    """One field of a topic's messages; ``path`` is dotted, with ``[]`` after a list."""

    path: str
    type: str
    required: bool
    zh: str
    en: str


class TopicOut(Out):
    """One topic of the contract."""

    name: str
    full_name: str
    purpose_zh: str
    purpose_en: str
    key_zh: str
    key_en: str
    event_type: str
    version: int
    partitions: int
    retention_days: int | None
    compacted: bool
    fields: tuple[FieldOut, ...]
    example: dict[str, Any]
    example_headers: dict[str, str]


class Topics(Out):
    """All topics."""

    items: tuple[TopicOut, ...]


class SampleOut(Out):
    """The newest message of a topic that may be shown; all null where there is none.

    ``withheld`` names the fields that are never shown here.
    """

    topic: str
    partition: int | None = None
    offset: int | None = None
    at: AwareDatetime | None = None
    key: str | None = None
    headers: dict[str, str] = {}
    value: dict[str, Any] | None = None
    problem: str = ""
    removed: bool = False
    withheld: tuple[str, ...] = ()
