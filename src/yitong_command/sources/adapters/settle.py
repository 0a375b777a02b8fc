"""From a draft to a report: the same checks for whatever a partner, citizen or worker says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

import orjson

from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import EvidenceRef
from yitong_command.domain.report import Report, ReportKind, report_id
from yitong_command.domain.taxonomy import CAMERA_SOURCES, Category, Group, Subtype, Taxonomy
from yitong_command.settings.platforms import Platform
from yitong_command.sources.adapters.base import Draft, Wrong
from yitong_command.sources.adapters.coordinates import to_place
from yitong_command.sources.adapters.private import without_numbers

OLDEST = timedelta(days=400)
_NUMBER = re.compile(r"[^\s/\x00-\x1f\x7f](?:[^/\x00-\x1f\x7f]{0,78}[^\s/\x00-\x1f\x7f])?")
COARSE = 3
"""Decimals of a place that a key-population report keeps, about 100 m."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A report, and what stays here of it.

    Attributes:
        report: What goes on.
        private: JSON of names, numbers and withheld words, to be sealed; None if there is nothing.
        digest: Hash of what the sender said, so that other words under one number are noticed.
    """

    report: Report
    private: str | None
    digest: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """How a draft came in.

    Attributes:
        at: When, aware UTC.
        evidence: Pictures that came along, masked and stored.
        reported_by: Account of our own worker, else None.
        place: Where, if it is known already and need not be converted.
        subject: What it is about, if the draft does not say.
    """

    at: datetime
    evidence: Sequence[EvidenceRef] = ()
    reported_by: str | None = None
    place: Place | None = None
    subject: str | None = None


def settle(draft: Draft, platform: Platform, taxonomy: Taxonomy, receipt: Receipt) -> Settled:
    """Check a draft against the county, convert its place, and keep back what is private.

    Args:
        draft: What was said.
        platform: Who said it.
        taxonomy: The county's categories.
        receipt: How it came in.

    Raises:
        Wrong: If it can't be taken; names the field as the sender calls it.
    """
    _check_number(draft)
    found = _category(draft, platform, taxonomy)
    place = receipt.place or _place(draft, platform)
    if place is None and not draft.address and draft.kind is not ReportKind.WITHDRAWN:
        raise _wrong(draft, "address", "坐标和地址至少要有一项", "a place or an address is needed")
    silent = not (draft.title or draft.text or found or draft.kind is ReportKind.WITHDRAWN)
    if silent:
        raise _wrong(draft, "text", "没有说明是什么事", "it does not say what happened")
    if found and found[0].group is Group.KEY_POPULATION and receipt.evidence:
        raise _wrong(draft, "photo", "重点人群上报不收图片", "no pictures of key population")
    said, private = _words(draft, found)
    report = Report(
        report_id=report_id(platform.platform_id, draft.external_id, draft.sequence),
        kind=draft.kind,
        platform=platform.platform_id,
        external_id=draft.external_id,
        sequence=draft.sequence,
        source=platform.source,
        category=f"{found[0].code}.{found[1].code}" if found else None,
        title=said.title,
        text=said.text,
        place=_coarse(place) if _is_key(found) else place,
        address=said.address,
        reported_at=_reported_at(draft, receipt.at),
        received_at=receipt.at,
        grid_code=_grid_code(draft),
        subject=draft.subject or receipt.subject,
        severity=draft.severity,
        reporter=draft.reporter,
        reported_by=receipt.reported_by,
        has_contact=bool(private.get("contact")),
        evidence=tuple(receipt.evidence),
    )
    return Settled(report, orjson.dumps(private).decode() if private else None, _digest(draft))


def _digest(draft: Draft) -> str:
    values = {name: value for name, value in asdict(draft).items() if name != "names"}
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _check_number(draft: Draft) -> None:
    if not _NUMBER.fullmatch(draft.external_id):
        raise _wrong(
            draft,
            "external_id",
            "编号 1 到 80 字, 不含 / 和控制字符",
            "1 to 80 characters without / and control characters",
        )


def _category(
    draft: Draft, platform: Platform, taxonomy: Taxonomy
) -> tuple[Category, Subtype] | None:
    """Its category, or None where a person must choose."""
    name = "category" if draft.category else "code"
    word = draft.category or platform.codes.get(draft.code)
    if word is None:
        return None
    found = taxonomy.find(word)
    if found is None:
        raise _wrong(draft, name, f"没有类别 {word[:80]}", f"there is no category {word[:80]!r}")
    category, _ = found
    forbidden = category.group is Group.KEY_POPULATION and platform.source in CAMERA_SOURCES
    if forbidden or platform.source not in category.sources:
        raise _wrong(
            draft,
            name,
            f"类别 {category.code} 不接受来源 {platform.source}",
            f"category {category.code} does not take the source {platform.source}",
        )
    return found


def _place(draft: Draft, platform: Platform) -> Place | None:
    if draft.x is None and draft.y is None:
        return None
    missing = "x" if draft.x is None else "y"
    if draft.x is None or draft.y is None:
        raise _wrong(draft, missing, "经纬度须同时给出", "both coordinates are needed")
    names = draft.names
    crs = draft.crs or platform.crs
    return to_place(draft.x, draft.y, crs, names.get("x", "x"), names.get("crs", "crs"))


def _grid_code(draft: Draft) -> str | None:
    code = draft.grid_code
    if code and not re.fullmatch(r"[0-9]{6,16}", code):
        raise _wrong(draft, "grid_code", "网格编码应为 6 到 16 位数字", "must be 6 to 16 digits")
    return code


def _reported_at(draft: Draft, received_at: datetime) -> datetime:
    """When it was said; a clock that runs ahead of ours is not believed."""
    at = draft.reported_at
    if at is None or at > received_at:
        return received_at
    if at < received_at - OLDEST:
        raise _wrong(
            draft,
            "reported_at",
            f"早于 {OLDEST.days} 天, 请核对",
            f"more than {OLDEST.days} days ago, is that right?",
        )
    return at


def _words(draft: Draft, found: tuple[Category, Subtype] | None) -> tuple[Draft, dict[str, object]]:
    """What may be told, and what is kept back."""
    if found and _is_key(found):
        withheld = {"title": draft.title, "text": draft.text, "address": draft.address}
        private = {name: value for name, value in withheld.items() if value}
        said = replace(draft, title=f"{found[0].name_zh}: {found[1].name_zh}", text="", address="")
        contact = list(draft.contact)
        return said, private | ({"contact": contact} if contact else {})
    title, in_title = without_numbers(draft.title)
    text, in_text = without_numbers(draft.text)
    address, in_address = without_numbers(draft.address)
    if draft.code and not found:
        text = f"{text}\n对方类别 / their class: {draft.code}".strip()
    if not title:
        title = f"{found[1].name_zh}" if found else text.split("\n")[0][:60]
    contact = [*dict.fromkeys((*draft.contact, *in_title, *in_text, *in_address))]
    said = replace(draft, title=title, text=text, address=address)
    return said, {"contact": contact} if contact else {}


def _is_key(found: tuple[Category, Subtype] | None) -> bool:
    return found is not None and found[0].group is Group.KEY_POPULATION


def _coarse(place: Place | None) -> Place | None:
    return Place(round(place.lon, COARSE), round(place.lat, COARSE)) if place else None


def _wrong(draft: Draft, ours: str, zh: str, en: str) -> Wrong:
    return Wrong(draft.names.get(ours, ours), zh, en)
