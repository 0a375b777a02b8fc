"""Reading a partner's item field by field; whatever is wrong is said with the partner's name."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import orjson

from yitong_command.domain.report import ReporterKind, ReportKind
from yitong_command.sources.adapters.base import Wrong
from yitong_command.sources.adapters.identity import refuse_identity
from yitong_command.sources.adapters.words import KINDS, REPORTERS, SEVERITIES

T = TypeVar("T")
Keys = Mapping[str, tuple[str, ...]]
"""Our field to the names partners give it, the usual one first."""

CHINA = ZoneInfo("Asia/Shanghai")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_LISTS = ("items", "data", "list", "rows")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def json_items(body: bytes) -> list[Any]:
    """The items of a JSON body: a list, an object that holds one, or a single object.

    Raises:
        Wrong: If it is no such JSON.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise Wrong("", "不是 JSON (UTF-8)", f"not JSON in UTF-8: {exc}", "not_json") from exc
    if isinstance(found, dict):
        for name in _LISTS:
            if isinstance(found.get(name), list):
                found = found[name]
                break
        else:
            return [found]
    if not isinstance(found, list):
        raise Wrong("", "应为对象或数组", "must be an object or a list", "not_json")
    return found


class Fields:
    """An item under our names.

    Args:
        raw: What the partner sent.
        keys: Our names to theirs.

    Raises:
        Wrong: If it is no object, or speaks of faces, bodies or identities.
    """

    def __init__(self, raw: Any, keys: Keys) -> None:
        if not isinstance(raw, Mapping):
            raise Wrong("", "每条应为对象", "each item must be an object")
        refuse_identity(raw)
        self._values: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        for ours, theirs in keys.items():
            there = next((name for name in theirs if _filled(raw.get(name))), theirs[0])
            self.names[ours] = there
            self._values[ours] = raw.get(there)

    def text(self, ours: str, most: int = 200) -> str:
        """Text or a number as text, without control characters; "" if absent.

        Raises:
            Wrong: If it is something else, or longer.
        """
        value = self._values.get(ours)
        if value is None:
            return ""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.wrong(ours, "应为文字", "must be text")
        text = _CONTROL.sub("", str(value)).strip()
        if len(text) > most:
            raise self.wrong(ours, f"最多 {most} 字", f"{most} characters at most")
        return text

    def needed(self, ours: str, most: int = 200) -> str:
        """Text that must be there.

        Raises:
            Wrong: If it is not.
        """
        text = self.text(ours, most)
        if not text:
            raise self.wrong(ours, "缺少此项", "is missing")
        return text

    def number(self, ours: str) -> float | None:
        """A finite number, or None if absent.

        Raises:
            Wrong: If it is none.
        """
        text = self.text(ours, 40)
        if not text:
            return None
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or "_" in text:
            raise self.wrong(ours, "应为数字", "must be a number")
        return value

    def whole(self, ours: str, low: int, high: int) -> int | None:
        """A whole number within bounds, or None if absent.

        Raises:
            Wrong: If it is none.
        """
        value = self.number(ours)
        if value is None:
            return None
        if value != int(value) or not low <= value <= high:
            raise self.wrong(
                ours, f"应为 {low} 到 {high} 的整数", f"must be a whole number in {low}..{high}"
            )
        return int(value)

    def sequence(self) -> int:
        """Which message of its number this is; 0 if the partner does not count."""
        return self.whole("sequence", 0, 2**31 - 1) or 0

    def kind(self) -> ReportKind:
        """What it does to those before it; new if nothing is said."""
        return self.choice("kind", KINDS, ReportKind.NEW)

    def severity(self) -> int | None:
        """1 highest to 4, or None."""
        return self.choice("severity", SEVERITIES, 0) or None

    def reporter(self, default: ReporterKind) -> ReporterKind:
        """Who said it."""
        return self.choice("reporter", REPORTERS, default)

    def choice(self, ours: str, table: Mapping[str, T], default: T) -> T:
        """What a word means.

        Raises:
            Wrong: If the table has not got it.
        """
        word = self.text(ours, 80)
        if not word:
            return default
        if word.casefold() not in table:
            known = ", ".join(table)
            raise self.wrong(ours, f"应为: {known}", f"must be one of: {known}")
        return table[word.casefold()]

    def time(self, ours: str) -> datetime | None:
        """A time: ISO 8601, ``2026-11-23 09:30:00`` in China time, or epoch (ms or s).

        Raises:
            Wrong: If it is none.
        """
        text = self.text(ours, 40)
        if not text:
            return None
        try:
            found = _epoch(int(text)) if text.isdecimal() and len(text) in {10, 13} else _iso(text)
            at = found.astimezone(UTC)
        except (ValueError, OverflowError, OSError):
            at = LATEST
        if not EARLIEST <= at < LATEST:
            raise self.wrong(
                ours, "时间应如 2026-11-23T09:30:00+08:00", "must be a time of ISO 8601"
            )
        return at

    def wrong(self, ours: str, zh: str, en: str, code: str = "invalid") -> Wrong:
        """What to raise about a field."""
        return Wrong(self.names.get(ours, ours), zh, en, code)


def _filled(value: Any) -> bool:
    return value is not None and value != ""


def _iso(text: str) -> datetime:
    found = datetime.fromisoformat(unicodedata.normalize("NFKC", text).replace("/", "-"))
    return found if found.tzinfo else found.replace(tzinfo=CHINA)


def _epoch(value: int) -> datetime:
    return datetime.fromtimestamp(value / 1000 if value > 10**11 else value, UTC)
