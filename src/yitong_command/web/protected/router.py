"""Details of protected people: for the category's detail roles, for a purpose, audited first."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.privacy import is_protected, may_see
from yitong_command.errors import NotAllowed
from yitong_command.settings.secrets import make_vault
from yitong_command.storage import audit, details
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.protected.schemas import DetailIn, DetailOut, Details, Purpose

router = APIRouter(tags=["details"])


@router.post("/api/cases/{case_id}/details/view")
async def view(
    web: WebDep, person: PersonDep, case_id: str, body: Purpose, response: Response
) -> Details:
    """The details of a protected case; the view and its purpose are in the audit log first."""
    response.headers["Cache-Control"] = "no-store"
    await _allowed(web, person, case_id, "details_viewed", {"purpose": body.purpose.strip()})
    vault = make_vault(web.settings.key_file)
    async with transaction(web.readers) as session:
        case, items = await details.read_details(session, vault, case_id)
    return Details(
        case_id=case_id,
        pseudonym=vault.pseudonym(case.subject),
        category=case.category,
        subtype=case.subtype,
        title_zh=case.title_zh,
        place_zh=case.place_zh,
        lon=case.lon,
        lat=case.lat,
        items=tuple(DetailOut.model_validate(item) for item in items),
    )


@router.post("/api/cases/{case_id}/details", status_code=204)
async def add(web: WebDep, person: PersonDep, case_id: str, body: DetailIn) -> None:
    """Write something down about a protected case; it is sealed before it is stored."""
    category = await _allowed(web, person, case_id, "details_added", {})
    item = details.Detail(body.text, person.username, web.clock())
    async with transaction(web.sessions) as session:
        vault = make_vault(web.settings.key_file)
        await details.add_detail(session, vault, case_id, category, item)


async def _allowed(
    web: Web, person: Person, case_id: str, action: str, detail: dict[str, str]
) -> str:
    """The case's category; refusals are audited as well.

    Raises:
        NotAllowed: If the case is not protected, or the person has none of its detail roles.
    """
    async with transaction(web.sessions) as session:
        category = await details.category_of(session, case_id)
        known = web.county.taxonomy.categories.get(category)
        right = known is not None and may_see(known.detail_roles, person.user.detail_roles)
        right = right and is_protected(category)
        await _record(web, session, person, case_id, action if right else "details_refused", detail)
    if not right:
        raise NotAllowed(
            "您没有查看该案件详情的岗位权限,本次尝试已记录",
            "you have no detail role for this case; this try is on record",
        )
    return category


async def _record(
    web: Web, session: AsyncSession, person: Person, case_id: str, action: str,
    detail: dict[str, str],
) -> None:  # fmt: skip
    await audit.record(
        session, web.clock(), person.username, person.role.value, action, case_id, detail
    )
