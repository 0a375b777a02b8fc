"""Warnings as CAP 1.2, and the list of those that hold as an Atom feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring
from zoneinfo import ZoneInfo

from yitong_command.domain.county import County
from yitong_command.domain.grid import Grid
from yitong_command.storage.warnings import Warned

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
CHINA = ZoneInfo("Asia/Shanghai")
_KIND: Mapping[str, str] = {
    "ar_sewer": "Infra", "ar_manhole": "Infra", "ar_flood_point": "Met", "ar_river": "Met",
    "ar_road": "Transport", "ar_gas_heat": "Infra", "ar_fire_lane": "Fire",
    "ar_straw_fire": "Fire", "ar_ebike": "Fire", "cp_facility": "Infra",
}  # fmt: skip
register_namespace("cap", CAP)
register_namespace("atom", ATOM)


def identifier(warning_id: str) -> str:
    """A message's number in the world."""
    return f"yitong.{warning_id}"


def sender(county: County) -> str:
    """Who issues our messages; no comma and no blank, as the standard asks."""
    return f"command-centre.{county.taxonomy.county_code}"


def cap_time(at: datetime) -> str:
    """A time as CAP writes it: to the second, with the county's own offset."""
    return at.astimezone(CHINA).isoformat(timespec="seconds")


def alert(county: County, item: Warned, before: Mapping[str, Warned]) -> bytes:
    """One message as CAP 1.2 XML.

    Args:
        county: For names and outlines.
        item: The message.
        before: Messages of its thread by their number.
    """
    top = Element(f"{{{CAP}}}alert")
    replaced = [before[number] for number in item.refers_to]
    source = sender(county)
    for name, text in (
        ("identifier", identifier(item.warning_id)),
        ("sender", source),
        ("sent", cap_time(item.sent_at)),
        ("status", item.status),
        ("msgType", item.kind),
        ("scope", "Public"),
        ("references", " ".join(
            f"{source},{identifier(old.warning_id)},{cap_time(old.sent_at)}" for old in replaced
        )),
    ):  # fmt: skip
        if text:
            _add(top, name, text)
    for language, end in (("zh-CN", "zh"), ("en", "en")):
        _info(SubElement(top, f"{{{CAP}}}info"), county, item, language, end)
    return bytes(tostring(top, encoding="utf-8", xml_declaration=True))


def _info(info: Element, county: County, item: Warned, language: str, end: str) -> None:
    category = county.taxonomy.categories[item.category]
    subtype = category.subtypes[item.subtype]
    over = item.kind == "Cancel"
    for name, text in (
        ("language", language),
        ("category", _KIND.get(item.category, "Safety")),
        ("event", getattr(subtype, f"name_{end}")),
        ("urgency", "Past" if over else item.text["urgency"]),
        ("severity", "Severe"),
        ("certainty", item.text["certainty"]),
        ("expires", cap_time(item.expires_at)),
        ("senderName", "伊通县基层治理指挥中心" if end == "zh" else "Yitong county command centre"),
        ("headline", item.text[f"headline_{end}"]),
        ("description", item.text[f"description_{end}"]),
        ("instruction", item.text[f"instruction_{end}"]),
    ):
        if text:
            _add(info, name, text)
    for grid in county.grids:
        if grid.code in item.grid_codes:
            _area(SubElement(info, f"{{{CAP}}}area"), grid, end)


def _area(area: Element, grid: Grid, end: str) -> None:
    words = f"{getattr(grid, f'township_{end}')} {getattr(grid, f'name_{end}')}"
    _add(area, "areaDesc", words)
    corners = [*grid.polygon, grid.polygon[0]] if grid.polygon[0] != grid.polygon[-1] else [
        *grid.polygon
    ]  # fmt: skip
    _add(area, "polygon", " ".join(f"{point.y:.6f},{point.x:.6f}" for point in corners))
    code = SubElement(area, f"{{{CAP}}}geocode")
    _add(code, "valueName", "GRID")
    _add(code, "value", grid.code)


def feed(county: County, items: Sequence[Warned], now: datetime) -> bytes:
    """The newest message of every warning that has not run out, as Atom."""
    top = Element(f"{{{ATOM}}}feed")
    newest = max((item.sent_at for item in items), default=now)
    for name, text in (
        ("id", f"urn:yitong:{county.taxonomy.county_code}:warnings"),
        ("title", "公共预警 / public warnings"),
        ("updated", cap_time(newest)),
    ):
        SubElement(top, f"{{{ATOM}}}{name}").text = text
    author = SubElement(top, f"{{{ATOM}}}author")
    SubElement(author, f"{{{ATOM}}}name").text = sender(county)
    link = {"rel": "self", "href": "/api/cap/feed", "type": "application/atom+xml"}
    SubElement(top, f"{{{ATOM}}}link", link)
    for item in items:
        _entry(SubElement(top, f"{{{ATOM}}}entry"), item)
    return bytes(tostring(top, encoding="utf-8", xml_declaration=True))


def _entry(entry: Element, item: Warned) -> None:
    for name, text in (
        ("id", f"urn:uuid:{item.warning_id}"),
        ("title", f"{item.text['headline_zh']} / {item.text['headline_en']}"),
        ("updated", cap_time(item.sent_at)),
        ("summary", f"{item.text['description_zh']}\n{item.text['description_en']}"),
    ):
        SubElement(entry, f"{{{ATOM}}}{name}").text = text
    SubElement(entry, f"{{{ATOM}}}category", {"term": item.kind})
    link = {"rel": "alternate", "type": "application/cap+xml", "href": address(item.warning_id)}
    SubElement(entry, f"{{{ATOM}}}link", link)


def address(warning_id: str) -> str:
    """Where a message is found."""
    return f"/api/cap/{warning_id}.xml"


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{CAP}}}{name}").text = text
