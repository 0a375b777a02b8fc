"""GeoReport v2, the part without a key: discovery, services, and cases that are public.

Requests are filed under a platform's own address with its token; see the partners' gateway.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from xml.etree.ElementTree import Element, SubElement

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from yitong_command.storage.public_cases import MAX_PAGE, PublicFilter
from yitong_command.web.deps import WebDep
from yitong_command.web.open311 import service
from yitong_command.web.open311.answers import HEADERS, Form, answer, fill, refused, xml
from yitong_command.web.schemas import Text

router = APIRouter(tags=["open311"])
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
ROOT = "/api/open311/v2"
CHANGED = "2026-11-23T00:00:00Z"
Words = Annotated[Text, Query(max_length=2000, description="one or more, with commas between")]
When = Annotated[datetime | None, Query()]
FORMS: dict[str, Any] = {"application/json": {}, "application/xml": {}}
BOTH: dict[int | str, dict[str, Any]] = {
    200: {"description": "as JSON or XML, by the address", "content": FORMS}
}


@router.get(ROOT + "/discovery.{form}", responses=BOTH, response_class=Response)
async def discovery(web: WebDep, form: Form) -> Response:
    """Where this interface is, and in which forms."""
    point: dict[str, Any] = {
        "specification": SPECIFICATION,
        "url": ROOT,
        "changeset": CHANGED,
        "type": "production",
    }
    formats = ["text/xml", "application/json"]
    about = "yitong-command, " + web.county.taxonomy.county_code
    told: dict[str, Any] = {
        "changeset": CHANGED,
        "contact": about,
        "key_service": "yitong platforms key",
    }
    if form == "json":
        return JSONResponse({**told, "endpoints": [{**point, "formats": formats}]}, headers=HEADERS)
    top = Element("discovery")
    fill(top, told)
    endpoint = SubElement(SubElement(top, "endpoints"), "endpoint")
    fill(endpoint, point)
    for name in formats:
        SubElement(SubElement(endpoint, "formats"), "format").text = name
    return xml(top, 200, HEADERS)


@router.get(ROOT + "/services.{form}", responses=BOTH, response_class=Response)
async def services(web: WebDep, form: Form) -> Response:
    """The kinds of cases that are told to everybody."""
    return answer(form, "services", "service", service.services(web.county.taxonomy), public=True)


@router.get(ROOT + "/services/{service_code}.{form}", responses=BOTH, response_class=Response)
async def definition(web: WebDep, service_code: str, form: Form) -> Response:
    """No service asks for more than place and words."""
    known = {item["service_code"] for item in service.services(web.county.taxonomy)}
    if service_code not in known:
        return refused(form, 404, "404", f"没有这个服务 / no such service: {service_code[:80]}")
    found: dict[str, Any] = {"service_code": service_code}
    if form == "json":
        return JSONResponse({**found, "attributes": []}, headers=HEADERS)
    top = Element("service_definition")
    fill(top, found)
    SubElement(top, "attributes")
    return xml(top, 200, HEADERS)


@router.get(ROOT + "/requests.{form}", responses=BOTH, response_class=Response)
async def requests(  # noqa: PLR0913 - the standard's filters
    web: WebDep, form: Form, service_request_id: Words = "", service_code: Words = "",
    start_date: When = None, end_date: When = None, status: Words = "",
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> Response:  # fmt: skip
    """Public cases, newest first, of at most 90 days at once."""
    try:
        states = service.states_of(_words(status))
    except ValueError as exc:
        return refused(form, 400, "400", f"status: open, closed: {str(exc)[:40]!r}")
    numbers = _words(service_request_id)
    since, until = (None, None) if numbers else service.span(start_date, end_date, web.clock())
    wanted = PublicFilter(
        case_ids=numbers, services=_words(service_code), states=states, since=since, until=until,
        page=page, page_size=page_size,
    )  # fmt: skip
    return answer(
        form, "service_requests", "request", await service.requests(web, wanted), public=True
    )


@router.get(ROOT + "/requests/{service_request_id}.{form}", responses=BOTH, response_class=Response)
async def one(web: WebDep, service_request_id: str, form: Form) -> Response:
    """One public case."""
    found = await service.requests(web, PublicFilter(case_ids=(service_request_id,)))
    if not found:
        return refused(form, 404, "404", "没有这个编号 / no such service request")
    return answer(form, "service_requests", "request", found, public=True)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.split(",")) if word)
