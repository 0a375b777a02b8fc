"""Issuing public warnings: only by an operator's act, only for what is public and most severe."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.public import WARNABLE, WARNING_SEVERITY, is_public
from yitong_command.domain.roles import in_area
from yitong_command.errors import IllegalTransition, NotAllowed, NotFound, StaleVersion
from yitong_command.storage import audit, warnings
from yitong_command.storage.cases import get_case
from yitong_command.storage.session import transaction
from yitong_command.storage.views import CaseDetail
from yitong_command.storage.warnings import ALERT, CANCEL, UPDATE, Warned
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.warnings.schemas import WarningIn

KINDS = {"issue": ALERT, "update": UPDATE, "cancel": CANCEL}
_SAID = ("headline", "description", "instruction")


async def issue(web: Web, person: Person, case_id: str, body: WarningIn) -> Warned:
    """Issue, update or cancel the warning about a case; audited in the same transaction.

    Raises:
        NotFound: If there is no such case or grid for this person.
        NotAllowed: If cases of its category or severity are never told to the public.
        IllegalTransition: If there is a warning already, or none to update or cancel, or the
            case is not being worked on.
        StaleVersion: If somebody else issued one at the same moment.
    """
    now = web.clock()
    try:
        async with transaction(web.sessions) as session:
            case = await get_case(session, case_id, person.actor)
            _check_case(web, case, body)
            item = await _next(web, session, person, case, body, now)
            await warnings.add(session, item)
            detail = {"warning_id": item.warning_id, "kind": item.kind, "status": item.status}
            await audit.record(
                session, now, person.username, person.role.value, "warning_issued", case_id, detail
            )
    except IntegrityError as exc:
        raise StaleVersion(
            "刚有人发布了预警, 请刷新", "somebody else has just issued a warning"
        ) from exc
    return item


def _check_case(web: Web, case: CaseDetail, body: WarningIn) -> None:
    category = web.county.taxonomy.categories.get(case.category)
    if not is_public(category) or case.severity != WARNING_SEVERITY:
        raise NotAllowed(
            "只有可公开类别的特急案件可以发布预警",
            "only cases of severity 1 in a public category can become a warning",
        )
    if body.act != "cancel" and case.state not in WARNABLE:
        raise IllegalTransition(
            "案件未立案或已结束, 不能发布预警", "the case is not filed, or is over: no warning"
        )


async def _next(  # noqa: PLR0913 - what a message is made of
    web: Web, session: AsyncSession, person: Person, case: CaseDetail, body: WarningIn,
    now: datetime,
) -> Warned:  # fmt: skip
    told = await warnings.thread(session, case.case_id)
    last = told[-1] if told else None
    holds = last is not None and last.kind != CANCEL and last.expires_at > now
    if holds != (body.act != "issue"):
        raise IllegalTransition(
            "已有有效预警, 请更新或解除" if holds else "没有有效预警",
            "a warning holds: update or cancel it" if holds else "there is no warning that holds",
        )
    refers: tuple[str, ...] = ()
    status, grids = body.status, body.grid_codes or _own_grid(case)
    if last is not None and holds:
        begin = max(item.seq for item in told if item.kind == ALERT)
        refers = tuple(item.warning_id for item in told if item.seq >= begin)
        status = last.status  # type: ignore[assignment]  # it was one of the three
        grids = body.grid_codes or tuple(last.grid_codes)
    _check_grids(web, person, grids)
    text = {
        f"{name}_{end}": getattr(body, f"{name}_{end}") for name in _SAID for end in ("zh", "en")
    }
    return Warned(
        warning_id=str(uuid4()), case_id=case.case_id, seq=last.seq + 1 if last else 1,
        kind=KINDS[body.act], status=status, sent_at=now,
        expires_at=now + timedelta(hours=body.hours), by=person.username, refers_to=refers,
        text=text | {"urgency": body.urgency, "certainty": body.certainty},
        grid_codes=tuple(sorted(set(grids))), category=case.category, subtype=case.subtype,
    )  # fmt: skip


def _own_grid(case: CaseDetail) -> tuple[str, ...]:
    return (case.grid_code,) if case.grid_code else ()


def _check_grids(web: Web, person: Person, grids: tuple[str, ...]) -> None:
    known = {grid.code for grid in web.county.grids}
    for code in grids:
        if code not in known or not in_area(person.role, person.user.grid_codes, code):
            raise NotFound(f"没有网格 {code}", f"there is no grid {code}")
    if not grids:
        raise NotFound("请指明网格", "name at least one grid")
