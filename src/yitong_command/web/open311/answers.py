"""GeoReport v2 answers, in JSON or XML as the address says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from fastapi.responses import JSONResponse, Response

Form = Literal["json", "xml"]
Value = str | float | bool | None
Item = dict[str, Value]
HEADERS = {"Cache-Control": "public, max-age=30"}


def answer(  # noqa: PLR0913 - what an answer is made of
    form: Form, root: str, item: str, items: Sequence[Item], status: int = 200, *,
    public: bool = False,
) -> Response:  # fmt: skip
    """A list as GeoReport writes it.

    Args:
        form: json or xml.
        root: Name of the XML element around all.
        item: Name of the XML element of each.
        items: What to tell.
        status: HTTP status.
        public: Whether others may keep it for a moment.
    """
    headers = HEADERS if public else None
    if form == "json":
        return JSONResponse(list(items), status, headers)
    top = Element(root)
    for values in items:
        fill(SubElement(top, item), values)
    return xml(top, status, headers)


def refused(form: Form, status: int, code: str, text: str) -> Response:
    """An error as GeoReport writes it."""
    if form == "json":
        return JSONResponse([{"code": code, "description": text}], status)
    top = Element("errors")
    fill(SubElement(top, "error"), {"code": code, "description": text})
    return xml(top, status)


def xml(top: Element, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A document."""
    body = tostring(top, encoding="utf-8", xml_declaration=True)
    return Response(body, status, headers, "application/xml")


def fill(element: Element, values: Item) -> None:
    """One child for each value; None is an empty one."""
    for name, value in values.items():
        child = SubElement(element, name)
        if isinstance(value, bool):
            child.text = "true" if value else "false"
        elif value is not None:
            child.text = str(value)
