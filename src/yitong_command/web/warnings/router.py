"""Public warnings: issued by the desk, read by everybody as CAP 1.2."""

from __future__ import annotations

from fastapi import APIRouter, Response

from yitong_command.storage import warnings as store
from yitong_command.storage.session import transaction
from yitong_command.storage.warnings import Warned
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.warnings import cap, service
from yitong_command.web.warnings.schemas import WarningIn, WarningOut, Warnings

router = APIRouter(tags=["warnings"])
HEADERS = {"Cache-Control": "public, max-age=15"}


@router.post("/api/cases/{case_id}/warning", status_code=201)
async def issue_warning(
    web: WebDep, person: PersonDep, case_id: str, body: WarningIn
) -> WarningOut:
    """Issue, update or cancel the public warning about a case of severity 1."""
    return _out(await service.issue(web, person, case_id, body))


@router.get("/api/cases/{case_id}/warnings")
async def warnings_of_case(web: WebDep, case_id: str) -> Warnings:
    """Every message about this case, oldest first."""
    async with transaction(web.readers) as session:
        found = await store.thread(session, case_id)
    return Warnings(items=tuple(_out(item) for item in found))


@router.get("/api/cap/feed", response_class=Response)
async def cap_feed(web: WebDep) -> Response:
    """The warnings that hold, as Atom."""
    now = web.clock()
    async with transaction(web.readers) as session:
        found = await store.current(session, now)
    body = cap.feed(web.county, found, now)
    return Response(body, 200, HEADERS, "application/atom+xml")


@router.get("/api/cap/{warning_id}.xml", response_class=Response)
async def cap_message(web: WebDep, warning_id: str) -> Response:
    """One message as CAP 1.2."""
    async with transaction(web.readers) as session:
        item = await store.find(session, warning_id)
        before = {old.warning_id: old for old in await store.thread(session, item.case_id)}
    return Response(cap.alert(web.county, item, before), 200, HEADERS, "application/cap+xml")


def _out(item: Warned) -> WarningOut:
    names = {name for name in WarningOut.model_fields if name != "cap"}
    return WarningOut(
        **{name: getattr(item, name) for name in names}, cap=cap.address(item.warning_id)
    )
