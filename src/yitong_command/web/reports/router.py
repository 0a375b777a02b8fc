"""Addresses of the public page, and of workers who report what they see."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import AwareDatetime

from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.evidence.photo import MAX_BYTES
from yitong_command.web.reports import service
from yitong_command.web.reports.schemas import ChoiceOut, ReceiptOut, ReportForm, SpotOut
from yitong_command.web.schemas import PlaceOut, Text

router = APIRouter(tags=["reports"])

Photo = Annotated[UploadFile | None, File(description="JPEG, PNG or WebP, at most 8 MB")]
Short = Annotated[Text, Form(max_length=200)]
Long = Annotated[Text, Form(max_length=1000)]
Lon = Annotated[float | None, Form(ge=-180, le=180)]
Lat = Annotated[float | None, Form(ge=-90, le=90)]


@router.get("/api/public/reports/form")
async def form(web: WebDep, request: Request, spot: Text = "") -> ReportForm:
    """What one can report, and the place of a QR code if one was read."""
    service.slow_down(web, "form", _address(request))
    platforms = web.gateway.platforms
    found = platforms.spots.get(spot)
    return ReportForm(
        choices=tuple(
            ChoiceOut(code=choice.code, zh=choice.words.zh, en=choice.words.en)
            for choice in platforms.choices
        ),
        spot=SpotOut(
            code=found.code, name_zh=found.name.zh, name_en=found.name.en,
            place=PlaceOut.model_validate(found.place),
        ) if found else None,
        outlines=tuple(
            tuple((corner.x, corner.y) for corner in grid.polygon) for grid in web.county.grids
        ),
    )  # fmt: skip


@router.post("/api/public/reports", status_code=201)
async def citizen(  # noqa: PLR0913 - one parameter for each field of the form
    web: WebDep,
    request: Request,
    draft_id: Annotated[UUID, Form()],
    category: Short = "",
    text: Long = "",
    lon: Lon = None,
    lat: Lat = None,
    crs: Short = "WGS84",
    spot: Short = "",
    address: Short = "",
    phone: Short = "",
    photo: Photo = None,
) -> ReceiptOut:
    """A citizen's report, without an account; the receipt number asks how it stands."""
    service.slow_down(web, "report", _address(request))
    said = service.Said(
        draft_id, category, text.strip(), lon, lat, crs, spot, address.strip(), phone.strip()
    )
    return await service.report(web, service.CITIZEN, said, await _bytes(photo))


@router.get("/api/public/reports/{receipt}")
async def state(web: WebDep, request: Request, receipt: str) -> ReceiptOut:
    """How a report stands, by its receipt number."""
    service.slow_down(web, "ask", _address(request))
    return await service.state(web, receipt)


@router.post("/api/reports", status_code=201)
async def worker(  # noqa: PLR0913 - one parameter for each field of the form
    web: WebDep,
    person: PersonDep,
    draft_id: Annotated[UUID, Form()],
    category: Short = "",
    text: Long = "",
    lon: Lon = None,
    lat: Lat = None,
    crs: Short = "WGS84",
    address: Short = "",
    seen_at: Annotated[AwareDatetime | None, Form()] = None,
    photo: Photo = None,
) -> ReceiptOut:
    """What a worker saw, from the phone."""
    said = service.Said(
        draft_id, category, text.strip(), lon, lat, crs, address=address.strip(), at=seen_at
    )
    return await service.report(web, service.WORKER, said, await _bytes(photo), person.username)


async def _bytes(photo: UploadFile | None) -> bytes | None:
    data = await photo.read(MAX_BYTES + 1) if photo else b""
    return data or None


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
