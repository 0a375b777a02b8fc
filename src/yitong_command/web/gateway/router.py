"""Partners send reports and ask how they stand."""

from __future__ import annotations

from fastapi import APIRouter, Request

from yitong_command.web.deps import WebDep
from yitong_command.web.gateway import service
from yitong_command.web.gateway.access import SenderDep
from yitong_command.web.gateway.schemas import BatchAnswer, ReportState

router = APIRouter(tags=["gateway"])

BODY = {
    "requestBody": {
        "required": True,
        "description": "in the form of the platform's adapter: JSON, GB/T 28181 XML, CSV or Excel",
        "content": {
            "application/json": {"schema": {"type": ["object", "array"]}},
            "application/xml": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post("/api/gateway/{platform}/reports", openapi_extra=BODY)
async def send(web: WebDep, sender: SenderDep, platform: str, request: Request) -> BatchAnswer:
    """Take a batch of reports; each item is answered by itself.

    What is answered ``accepted`` or ``repeated`` is stored durably. Platform, number and sequence
    make an item: sent again it is ``repeated`` and changes nothing.
    """
    assert platform == sender.platform.platform_id  # noqa: S101 - the token was checked for it
    return await service.take(web, sender, await request.body())


@router.get("/api/gateway/{platform}/reports/{external_id}")
async def state(web: WebDep, sender: SenderDep, platform: str, external_id: str) -> ReportState:
    """How one of the platform's own reports stands, and which case it is in."""
    assert platform == sender.platform.platform_id  # noqa: S101
    return await service.state(web, platform, external_id)
