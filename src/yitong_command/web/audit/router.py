"""The audit log: searched by object, person, action and time, and verified."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from yitong_command.domain.clock import CHINA
from yitong_command.storage import audit, sealing
from yitong_command.storage.anchors import anchors_file, read_anchors
from yitong_command.storage.session import transaction
from yitong_command.web.audit.schemas import AuditRowOut, AuditRows, AuditState
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.schemas import Text

router = APIRouter(tags=["audit"])

Word = Annotated[Text, Query(max_length=200)]


@router.get("/api/audit")
async def rows(
    web: WebDep,
    person: PersonDep,
    object: Word = "",  # noqa: A002
    actor: Word = "",
    action: Word = "",
    begin: Annotated[datetime | None, Query(alias="from")] = None,
    end: Annotated[datetime | None, Query(alias="to")] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=audit.MAX_PAGE)] = 100,
) -> AuditRows:
    """Lines of the log, newest first; looking at them is a line of its own."""
    wanted = audit.AuditFilter(
        object=object, actor=actor, action=action, since=_aware(begin), until=_aware(end),
        before=before, limit=limit,
    )  # fmt: skip
    asked = {
        "object": object, "actor": actor, "action": action,
        "from": begin.isoformat() if begin else "", "to": end.isoformat() if end else "",
    }  # fmt: skip
    async with transaction(web.sessions) as session:
        found = await audit.list_rows(session, wanted)
        await audit.record(
            session, web.clock(), person.username, person.role.value, "audit_viewed", "audit",
            {name: value for name, value in asked.items() if value},
        )  # fmt: skip
    return AuditRows(
        items=tuple(AuditRowOut.model_validate(row) for row in found),
        next=found[-1].id if len(found) == limit else None,
    )


@router.get("/api/audit/state")
async def state(web: WebDep, person: PersonDep) -> AuditState:
    """Walk the whole chain now and say whether it is whole."""
    anchors = read_anchors(anchors_file(web.settings.data_dir))
    async with transaction(web.readers) as session:
        found = await sealing.verify(session, anchors)
    async with transaction(web.sessions) as session:
        await audit.record(
            session, web.clock(), person.username, person.role.value, "audit_verified", "audit",
            {"rows": found.rows, "whole": found.broken is None},
        )  # fmt: skip
    broken = found.broken
    return AuditState(
        rows=found.rows,
        head_seq=found.head.seq,
        head_hash=found.head.hash,
        unsealed=found.waiting.count,
        anchors=found.anchors,
        broken_seq=broken.seq if broken else None,
        broken_id=broken.row_id if broken else None,
        reason_zh=broken.reason_zh if broken else "",
        reason_en=broken.reason_en if broken else "",
    )


def _aware(at: datetime | None) -> datetime | None:
    """A time without its zone is the county's."""
    return at.replace(tzinfo=CHINA) if at and at.tzinfo is None else at
