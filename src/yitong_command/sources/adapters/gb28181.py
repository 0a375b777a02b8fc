"""GB/T 28181 alarm notifications (XML, as cameras and video platforms send them).

The standard's alarm types are general, so what one means is said in ``platforms.yaml``, for a
device or for all. Loitering (5/8) and fast movement (5/12) judge people and are refused like faces;
what a device says of itself (method 6, and 5/11) is a device fault, no report.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from yitong_command.domain.report import ReporterKind
from yitong_command.settings.platforms import Platform
from yitong_command.sources.adapters.base import Adapter, Draft, Wrong
from yitong_command.sources.adapters.fields import Fields
from yitong_command.sources.adapters.identity import refused

KEYS = {
    "command": ("CmdType",),
    "sn": ("SN",),
    "device": ("DeviceID",),
    "priority": ("AlarmPriority",),
    "method": ("AlarmMethod",),
    "type": ("AlarmType",),
    "reported_at": ("AlarmTime",),
    "text": ("AlarmDescription",),
    "x": ("Longitude",),
    "y": ("Latitude",),
}
_PEOPLE = {"5/8", "5/12"}
_FAULTS = {"5/11", "5/13"}
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._\-]{1,20})[\"']")
_CODECS = {"gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "utf-8": "utf-8"}


def split(body: bytes) -> list[Any]:
    """The notification of a body: one, as devices send them.

    Raises:
        Wrong: If it is no XML, or XML with entities or a document type.
    """
    found = _DECLARED.match(body[:200])
    word = found.group(1).decode().casefold() if found else "utf-8"
    try:
        text = body.decode(_CODECS.get(word, "utf-8"))
        root: Element = fromstring(text, forbid_dtd=True)
    except DefusedXmlException as exc:
        raise Wrong("", "XML 不得含 DTD 或实体", "no DTD or entities in it", "not_xml") from exc
    except (ParseError, UnicodeDecodeError, ValueError) as exc:
        raise Wrong("", "不是 XML", f"not XML: {type(exc).__name__}", "not_xml") from exc
    if root.tag == "Notify":
        return [root]
    return [child for child in root if child.tag == "Notify"]


def read(raw: Any, platform: Platform) -> Draft:
    """One notification."""
    fields = Fields(_flat(raw), KEYS)
    if fields.text("command", 20).casefold() != "alarm":
        raise fields.wrong("command", "只接收 Alarm", "must be Alarm")
    device = fields.needed("device", 20)
    if not re.fullmatch(r"[0-9]{20}", device):
        raise fields.wrong("device", "应为 20 位数字", "must be 20 digits")
    meaning = _meaning(fields)
    specific = f"{device}@{meaning}"
    at = fields.time("reported_at")
    if at is None:
        raise fields.wrong("reported_at", "缺少此项", "is missing")
    return Draft(
        external_id=f"{device}-{fields.needed('sn', 12)}-{at:%Y%m%d%H%M%S}",
        code=specific if specific in platform.codes else meaning,
        severity=fields.whole("priority", 1, 4),
        title=f"视频报警 {meaning}",
        text=fields.text("text", 1000),
        x=fields.number("x"),
        y=fields.number("y"),
        address=f"设备 {device}",
        subject=f"device:{device}",
        reporter=ReporterKind.DEVICE,
        reported_at=at,
        names=fields.names | {"external_id": "SN"},
    )


def _meaning(fields: Fields) -> str:
    method = fields.whole("method", 1, 7)
    kind = fields.whole("type", 1, 99)
    if method is None:
        raise fields.wrong("method", "缺少此项", "is missing")
    word = f"{method}/{kind}" if kind else str(method)
    if word in _PEOPLE:
        raise refused(fields.names["type"])
    if method == 6 or word in _FAULTS:
        raise fields.wrong(
            "method", "设备故障不是上报", "a device's own fault is no report", "device_fault"
        )
    return word


def _flat(root: Element) -> dict[str, str]:
    """Names and texts of all elements; the first of a name counts."""
    found: dict[str, str] = {}
    for element in root.iter():
        if element is not root and not len(element):
            found.setdefault(element.tag.rpartition("}")[2], element.text or "")
    return found


ADAPTER = Adapter("gb28181", split, read)
