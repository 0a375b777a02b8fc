"""What the case endpoints do between the request and the store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import FINAL, OUTER_STEP, Actor, Receipt, State
from yitong_command.storage import asks, audit, manifest, views
from yitong_command.storage import cases as store
from yitong_command.storage.access import case_of_evidence
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.cases.life_schemas import (
    ActOut,
    HandoverReceipt,
    Holding,
    OpinionOut,
    PauseOut,
    Proposal,
)
from yitong_command.web.cases.schemas import (
    CaseAction,
    CaseDetail,
    CaseEvidence,
    CaseHead,
    CaseIncident,
    CaseTransition,
    Transition,
)
from yitong_command.web.context import Web
from yitong_command.web.protected.notes import kept
from yitong_command.web.tasks.schemas import TaskView


def detail(web: Web, case: views.CaseDetail, actor: Actor) -> CaseDetail:
    """The answer about a case: what the store knows, and what this person may do with it."""
    return CaseDetail(
        **CaseHead.model_validate(case).model_dump(),
        due_rule_zh=case.due_rule_zh,
        due_rule_en=case.due_rule_en,
        merge_reason_zh=case.merge_reason_zh,
        merge_reason_en=case.merge_reason_en,
        **_life(case),
        incidents=tuple(CaseIncident.model_validate(item) for item in case.incidents),
        transitions=tuple(CaseTransition.model_validate(item) for item in case.transitions),
        tasks=tuple(TaskView.model_validate(item) for item in case.tasks),
        evidence=tuple(CaseEvidence.model_validate(item) for item in case.evidence_items),
        actions=tuple(
            CaseAction(
                to=move.target.value,
                kind=move.kind.value,
                needs=tuple(sorted(need.value for need in move.needs)),
            )
            for move in store.actions_for(case, actor, web.county, web.clock())
        ),
    )


def _life(case: views.CaseDetail) -> dict[str, Any]:
    life = case.life
    told = {name: getattr(case, name) for name in _TOLD}
    return told | {
        "step": OUTER_STEP[State(case.state)],
        "holdings": tuple(Holding.model_validate(item) for item in life.holdings),
        "pauses": tuple(PauseOut.model_validate(item) for item in life.pauses),
        "proposals": tuple(Proposal.model_validate(item) for item in life.proposals),
        "receipts": tuple(HandoverReceipt.model_validate(item) for item in life.receipts),
        "acts": tuple(ActOut.model_validate(item) for item in life.acts),
        "opinions": tuple(OpinionOut.model_validate(item) for item in life.opinions),
        "legal_hold": life.hold,
    }


_TOLD = (
    "filed_by", "handled_by", "checked_by", "closed_at", "merged_into", "return_until",
    "extensions", "reworks", "reopens",
)  # fmt: skip


async def move(web: Web, person: Person, case_id: str, body: Transition) -> views.CaseDetail:
    """Move a case in one transaction.

    Raises:
        Refusal: If the case can't be seen, or the life cycle says no.
    """
    request = asks.TransitionRequest(
        case_id=case_id,
        to=State(body.to),
        actor=person.actor,
        at=web.clock(),
        expected_version=body.version,
        note=body.note,
        reason_code=body.reason_code,
        evidence_sha256=body.evidence,
        assignee=body.assignee,
        merge_into=body.merge_into,
        receipt=Receipt(**body.receipt.model_dump()) if body.receipt else None,
        minutes=body.minutes,
        granted=body.granted,
        result=body.result,
    )
    async with transaction(web.sessions) as session:
        await store.get_case(session, case_id, person.actor)
        if body.evidence is not None:
            await case_of_evidence(session, person.actor, body.evidence)
        note = await kept(web, session, person, case_id, request.note)
        request = replace(request, note=note)
        case = await store.transition(session, request, web.county)
        await audit_move(session, person, request)
    return case


async def audit_move(
    session: AsyncSession, person: Person, request: asks.TransitionRequest
) -> None:
    """Add a move to the audit log, in the move's own transaction.

    An end also keeps the head of the evidence manifest: what is cut off later is seen by it.
    """
    told: dict[str, Any] = {"to": request.to.value, "reason_code": request.reason_code}
    if request.to in FINAL:
        entries, head = await manifest.head_of(session, request.case_id)
        told |= {"manifest_entries": entries, "manifest_head": head}
    await audit.record(
        session, request.at, person.username, person.user.role, "case_moved", request.case_id, told
    )
