"""Cases: lists, details and moves."""

from __future__ import annotations

import base64
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor, Case, Move, moves_for
from yitong_command.domain.county import County
from yitong_command.domain.privacy import GROUP, PREFIX, is_protected
from yitong_command.errors import NotFound
from yitong_command.storage import labels, rows
from yitong_command.storage import tables as t
from yitong_command.storage.access import visible_cases
from yitong_command.storage.asks import CaseFilter, TransitionRequest
from yitong_command.storage.life import life_of
from yitong_command.storage.merging import no_case
from yitong_command.storage.move_facts import facts
from yitong_command.storage.moves import move_case
from yitong_command.storage.notices import told_case
from yitong_command.storage.search import has_pieces
from yitong_command.storage.tasks import tasks_of_case
from yitong_command.storage.views import (
    MAX_PAGE,
    CaseDetail,
    CasePage,
    CaseSummary,
    EvidenceView,
    IncidentView,
    TransitionView,
)


async def list_cases(session: AsyncSession, wanted: CaseFilter) -> CasePage:
    """A page of cases, newest first.

    Raises:
        NotFound: If ``wanted.before`` is not a cursor of such a list.
    """
    limit = max(1, min(wanted.limit, MAX_PAGE))
    query = _summaries().where(*_conditions(wanted))
    if wanted.text.strip() and session.get_bind().dialect.name == "postgresql":
        query = query.where(has_pieces(wanted.text.strip()))
    if wanted.before:
        at, case_id = _cursor(wanted.before)
        key = tuple_(t.cases.c.reported_at, t.cases.c.case_id)
        query = query.where(key < tuple_(literal(at, t.UtcTime), literal(case_id)))
    query = query.order_by(t.cases.c.reported_at.desc(), t.cases.c.case_id.desc()).limit(limit + 1)
    found = (await session.execute(query)).mappings().all()
    items = tuple(CaseSummary(**rows.case_fields(row)) for row in found[:limit])
    return CasePage(items=items, next=_cursor_after(items[-1]) if len(found) > limit else None)


async def get_case(
    session: AsyncSession, case_id: str, visible_to: Actor | None = None
) -> CaseDetail:
    """A case with everything that belongs to it.

    Args:
        session: Open transaction.
        case_id: The case.
        visible_to: If given, what this person may not see is not found.

    Raises:
        NotFound: If there is no such case.
    """
    query = _summaries().where(t.cases.c.case_id == case_id)
    if visible_to is not None:
        query = query.where(visible_cases(visible_to))
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        raise no_case(case_id)
    shown = told_case(row)
    extra = {name: shown[name] for name in _DETAIL_COLUMNS}
    return CaseDetail(
        **rows.case_fields(row),
        **extra,
        incidents=() if is_protected(row["category"]) else await _incidents(session, case_id),
        transitions=await _transitions(session, case_id),
        tasks=await tasks_of_case(session, case_id),
        evidence_items=await _evidence(session, case_id),
        life=await life_of(session, case_id),
    )


async def transition(
    session: AsyncSession, request: TransitionRequest, county: County
) -> CaseDetail:
    """Move a case, write what follows from it, and return the case as it is then.

    Filing dispatches at once when grid and duty are unique, else the case waits for an operator.
    Case, task and alert messages are put into the outbox of the same transaction, and a decision
    on a camera's alert is kept as a label.

    Args:
        session: Open transaction; the caller commits.
        request: Who wants what.
        county: Taxonomy, roster and calendar.

    Raises:
        NotFound: If there is no such case, or the assignee or the case to merge into is none.
        StaleVersion: If the case changed since the actor saw it.
        IllegalTransition: If there is no such move.
        NotAllowed: If the actor may not make it.
        ProofMissing: If photo, note, reason or assignee is missing.
    """
    await move_case(session, request, county)
    await labels.record(session, request, county.taxonomy)
    return await get_case(session, request.case_id)


def actions_for(
    case: CaseDetail, actor: Actor, county: County, at: datetime | None = None
) -> tuple[Move, ...]:
    """The moves this person may make on this case now."""
    return moves_for(facts_of(case, county), actor, at)


def facts_of(case: CaseDetail, county: County) -> Case:
    """What the life cycle needs to know of a case that was read."""
    row = {name: getattr(case, name) for name in _FACTS}
    asked = case.life.asked
    return facts(row, asdict(asked) if asked else None, county)


_HOLDERS = t.users.alias("holders")
_DETAIL_COLUMNS = (
    "due_rule_zh", "due_rule_en", "merge_reason_zh", "merge_reason_en",
    "filed_by", "handled_by", "checked_by", "verifier", "resume_to", "return_until",
    "returned_by", "extensions", "reworks", "reopens", "objections", "opinion", "closed_at",
    "merged_into",
)  # fmt: skip
_FACTS = (
    "case_id", "version", "state", "category", "severity", "grid_code", "holder", "filed_by",
    "handled_by", "checked_by", "verifier", "resume_to", "due_at", "closed_at", "return_until",
    "returned_by", "extensions", "objections", "opinion",
)  # fmt: skip


def _summaries() -> Select[Any]:
    return select(
        t.cases,
        _HOLDERS.c.name_zh.label("holder_name_zh"),
        _HOLDERS.c.name_en.label("holder_name_en"),
    ).outerjoin(_HOLDERS, _HOLDERS.c.username == t.cases.c.holder)


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    c = t.cases.c
    conditions: list[ColumnElement[bool]] = []
    # A filter must not tell what the answer withholds: protected cases have their group alone.
    protected = c.category.startswith(PREFIX, autoescape=True)
    for column, values in ((c.state, wanted.states), (c.grid_code, wanted.grid_codes)):
        if values:
            conditions.append(column.in_(values))
    if wanted.categories:
        listed = c.category.in_(wanted.categories) & ~protected
        conditions.append(or_(listed, protected) if GROUP in wanted.categories else listed)
    if wanted.text.strip():
        words = wanted.text.strip()
        columns = (c.title_zh, c.title_en, c.place_zh, c.place_en)
        in_words = or_(*(col.icontains(words, autoescape=True) for col in columns))
        in_number = c.case_id.icontains(words, autoescape=True)
        conditions.append(or_(in_number, in_words & ~protected))
    if wanted.assignee is not None:
        own = select(t.tasks.c.case_id).where(t.tasks.c.assignee == wanted.assignee)
        conditions.append(c.case_id.in_(own))
    if wanted.visible_to is not None:
        conditions.append(visible_cases(wanted.visible_to))
    return conditions


async def _incidents(session: AsyncSession, case_id: str) -> tuple[IncidentView, ...]:
    query = (
        select(t.incidents)
        .where(t.incidents.c.case_id == case_id)
        .order_by(t.incidents.c.began_at.desc(), t.incidents.c.incident_id)
        .limit(MAX_PAGE)
    )
    found = (await session.execute(query)).mappings()
    return tuple(rows.incident_view(row) for row in found)


async def _transitions(session: AsyncSession, case_id: str) -> tuple[TransitionView, ...]:
    query = (
        select(
            t.transitions,
            t.users.c.name_zh.label("actor_name_zh"),
            t.users.c.name_en.label("actor_name_en"),
        )
        .outerjoin(t.users, t.users.c.username == t.transitions.c.actor)
        .where(t.transitions.c.case_id == case_id)
        .order_by(t.transitions.c.seq)
    )
    views = []
    for row in (await session.execute(query)).mappings():
        values = {field.name: row[field.name] for field in fields(TransitionView)}
        for name in ("actor_name_zh", "actor_name_en"):
            values[name] = values[name] or row["actor"]
        views.append(TransitionView(**values))
    return tuple(views)


async def _evidence(session: AsyncSession, case_id: str) -> tuple[EvidenceView, ...]:
    c = t.evidence_links.c
    query = (
        select(c.sha256, c.kind, c.captured_at, c.by)
        .where(c.case_id == case_id)
        .order_by(c.captured_at, c.sha256)
    )
    return tuple(EvidenceView(**row) for row in (await session.execute(query)).mappings())


def _cursor_after(case: CaseSummary) -> str:
    text = f"{case.reported_at.isoformat()}|{case.case_id}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _cursor(text: str) -> tuple[datetime, str]:
    unknown = NotFound(f"没有这一页: {text}", f"there is no such page: {text}")
    try:
        at, _, case_id = base64.urlsafe_b64decode(text.encode()).decode().partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not case_id or not case_id.isprintable():
            raise unknown
        return moment.astimezone(UTC), case_id
    except (ValueError, OverflowError) as exc:
        raise unknown from exc
