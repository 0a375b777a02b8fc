"""What an adapter is: one file that turns a partner's words into drafts.

An adapter knows names and forms, nothing of the county: what a draft means is checked for all of
them alike in :mod:`settle`. Whatever it can't read it raises as :class:`Wrong`, naming the field as
the partner calls it, so that the answer can be acted on there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from yitong_command.domain.report import ReporterKind, ReportKind
from yitong_command.settings.platforms import Platform

MOST_ITEMS = 200
"""Reports in one request."""


class Wrong(Exception):
    """An item can't be taken, and why.

    Args:
        name: The field as the partner calls it; "" for the whole item.
        zh: What is wrong, in Chinese.
        en: The same in English.
        code: Stable machine word.
    """

    def __init__(self, name: str, zh: str, en: str, code: str = "invalid") -> None:
        self.field = name
        self.zh = zh
        self.en = en
        self.code = code
        super().__init__(f"{name}: {zh} / {en}")


@dataclass(frozen=True, slots=True)
class Draft:
    """What an item says, in our fields, not yet checked against the county.

    Attributes:
        external_id: The partner's number.
        sequence: Counts what it says under that number.
        kind: New, update or withdrawn.
        code: Its class code; "" if it has none.
        category: Our own category, where the partner speaks in those.
        severity: 1 highest to 4, or None.
        title: One line.
        text: Everything else that was said.
        x: Longitude in degrees or easting in metres, or None.
        y: Latitude in degrees or northing in metres, or None.
        crs: Coordinate system the item names; "" for the platform's.
        address: Where, in words.
        grid_code: Grid it names, or None.
        subject: The thing it is about, ``component:…`` or ``device:…``, or None.
        reporter: Who said it.
        contact: Name and telephone for the call back; sealed, never sent on.
        reported_at: When it was said, aware, or None.
        names: Our field to the partner's, for answers.
    """

    external_id: str
    sequence: int = 0
    kind: ReportKind = ReportKind.NEW
    code: str = ""
    category: str | None = None
    severity: int | None = None
    title: str = ""
    text: str = ""
    x: float | None = None
    y: float | None = None
    crs: str = ""
    address: str = ""
    grid_code: str | None = None
    subject: str | None = None
    reporter: ReporterKind = ReporterKind.UNKNOWN
    contact: tuple[str, ...] = ()
    reported_at: datetime | None = None
    names: dict[str, str] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Adapter:
    """One way of speaking.

    Attributes:
        name: What ``platforms.yaml`` calls it.
        split: The items of a body.
        read: One item as a draft.
    """

    name: str
    split: Callable[[bytes], Sequence[Any]]
    read: Callable[[Any, Platform], Draft]


def items_of(adapter: Adapter, body: bytes) -> Sequence[Any]:
    """The items of a body, one at least and at most ``MOST_ITEMS``.

    Raises:
        Wrong: If it can't be read at all.
    """
    items = adapter.split(body)
    if not items:
        raise Wrong("", "没有任何一条上报", "there is no report in it", "empty")
    if len(items) > MOST_ITEMS:
        raise Wrong(
            "", f"一次最多 {MOST_ITEMS} 条", f"{MOST_ITEMS} reports at most at once", "too_many"
        )
    return items
