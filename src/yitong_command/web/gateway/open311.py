"""Open311 GeoReport v2: service requests in, services and the state of requests out."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from yitong_command.web.context import Web
from yitong_command.web.deps import WebDep
from yitong_command.web.errors import BodyRefused
from yitong_command.web.gateway import service
from yitong_command.web.gateway.access import SenderDep
from yitong_command.web.gateway.schemas import ReportState
from yitong_command.web.open311.answers import Form, Item, answer, refused

router = APIRouter(tags=["open311"])

FORM = {
    "requestBody": {
        "required": True,
        "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}},
    }
}


@router.post("/api/open311/{platform}/requests.{form}", status_code=201, openapi_extra=FORM)
async def send(
    web: WebDep, sender: SenderDep, platform: str, form: Form, request: Request
) -> Response:
    """File one service request; the same request sent again is the same one."""
    assert platform == sender.platform.platform_id  # noqa: S101 - the token was checked for it
    try:
        taken = (await service.take(web, sender, await request.body())).items[0]
    except BodyRefused as exc:
        return refused(form, 400, exc.code, f"{exc.field}: {exc.zh} / {exc.en}")
    if taken.status == "refused":
        reason = f"{taken.field}: {taken.reason_zh} / {taken.reason_en}"
        return refused(form, 400, str(taken.code), reason)
    found: Item = {
        "service_request_id": taken.external_id,
        "service_notice": "已收到 / received",
        "account_id": None,
    }
    return answer(form, "service_requests", "request", [found], 201)


@router.get("/api/open311/{platform}/services.{form}")
async def services(web: WebDep, sender: SenderDep, platform: str, form: Form) -> Response:
    """What may be requested: the same choices as on the public page."""
    assert platform == sender.platform.platform_id  # noqa: S101
    found = [_service(web, choice.code) for choice in web.gateway.platforms.choices]
    return answer(form, "services", "service", found)


@router.get("/api/open311/{platform}/requests/{external_id}.{form}")
async def one(
    web: WebDep, sender: SenderDep, platform: str, external_id: str, form: Form
) -> Response:
    """How one of the platform's own requests stands."""
    assert platform == sender.platform.platform_id  # noqa: S101
    found = _request(await service.state(web, platform, external_id))
    return answer(form, "service_requests", "request", [found])


def _service(web: Web, code: str) -> Item:
    choice = next(found for found in web.gateway.platforms.choices if found.code == code)
    category = web.county.taxonomy.categories[code.partition(".")[0]]
    return {
        "service_code": code,
        "service_name": f"{choice.words.zh} / {choice.words.en}",
        "description": category.filing,
        "metadata": False,
        "type": "realtime",
        "keywords": "",
        "group": f"{category.name_zh} / {category.name_en}",
    }


def _request(state: ReportState) -> Item:
    over = state.state in {"done", "not_filed", "withdrawn", "refused"}
    return {
        "service_request_id": state.external_id,
        "status": "closed" if over else "open",
        "status_notes": f"{state.state_zh} / {state.state_en}",
        "requested_datetime": state.received_at.isoformat(),
        "updated_datetime": None,
        "agency_responsible": None,
    }
