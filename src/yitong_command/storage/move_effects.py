"""What certain moves write besides the case: receipts, decisions, pauses, pictures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Ask, AskedKind, Kind
from yitong_command.domain.states import FINAL, State
from yitong_command.errors import ProofMissing
from yitong_command.storage import manifest
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.locks import insert_ignore
from yitong_command.storage.move_clock import begin_pause, end_pause

_DECIDED = {Kind.DECIDE, Kind.SUSPEND, Kind.FORCE}
_PICTURES = {
    Kind.HANDLE: "after", Kind.PROTECT: "protect", Kind.CHECK: "proof", Kind.REWORK: "proof",
}  # fmt: skip


async def write_effects(
    session: AsyncSession,
    row: dict[str, Any],
    kind: Kind,
    ask: Ask,
    request: TransitionRequest,
    asked: dict[str, Any] | None,
) -> None:
    """Write what a move of this kind leaves behind.

    Args:
        session: Open transaction.
        row: The case as it is after the move.
        kind: What the move is called.
        ask: The wish that was granted.
        request: What was asked for, with its time.
        asked: What waited for a second person before the move.
    """
    if ask.receipt is not None:
        await _receipt(session, row, ask, request)
    if kind is Kind.EXTEND:
        await _propose_extension(session, row, ask, request)
    elif asked is not None:
        await _answer(session, row, kind, ask, request, asked)
    if kind is Kind.SUSPEND and asked is not None:
        await begin_pause(session, asked, request.at, ask.actor.username)
    elif kind is Kind.RESUME or State(row["state"]) in FINAL:
        await end_pause(session, row["case_id"], request.at)


async def _propose_extension(
    session: AsyncSession, row: dict[str, Any], ask: Ask, request: TransitionRequest
) -> None:
    await session.execute(
        insert(t.proposals).values(
            case_id=row["case_id"], kind=AskedKind.EXTEND.value, asked_by=ask.actor.username,
            asked_at=request.at, note=ask.note, minutes=ask.minutes,
        )
    )  # fmt: skip


async def _answer(
    session: AsyncSession,
    row: dict[str, Any],
    kind: Kind,
    ask: Ask,
    request: TransitionRequest,
    asked: dict[str, Any],
) -> None:
    """A decision answers what waited; an end or a return makes it void."""
    void = State(row["state"]) in FINAL or kind in {Kind.RETURN, Kind.REWORK}
    if kind not in _DECIDED and not void:
        return
    granted = kind in _DECIDED and ask.granted is not False
    answer = ask.note if kind in _DECIDED else f"因“{kind.value}”而作废 / void: {kind.value}"
    p = t.proposals.c
    await session.execute(
        update(t.proposals)
        .where(p.id == asked["id"])
        .values(
            decided_by=ask.actor.username, decided_at=request.at, granted=granted, answer=answer
        )
    )


async def _receipt(
    session: AsyncSession, row: dict[str, Any], ask: Ask, request: TransitionRequest
) -> None:
    receipt = ask.receipt
    if receipt is None:
        return
    values = {
        "case_id": row["case_id"], "body": receipt.body, "number": receipt.number.strip(),
        "issued_at": receipt.issued_at, "taken_at": request.at, "by": ask.actor.username,
    }  # fmt: skip
    await insert_ignore(session, t.receipts, [values])
    detail = {
        "body": receipt.body, "number": receipt.number.strip(),
        "issued_at": receipt.issued_at.isoformat(),
    }  # fmt: skip
    await manifest.note(
        session, row["case_id"], "receipt", request.at, ask.actor.username, None, detail
    )


async def link_picture(
    session: AsyncSession, row: dict[str, Any], kind: Kind, request: TransitionRequest
) -> None:
    """Link the photo of a move to its case.

    Raises:
        ProofMissing: If a camera's or a protection's picture is to prove the handling.
    """
    sha256 = request.evidence_sha256
    if sha256 is None:
        return
    if kind is Kind.HANDLE:
        await _refuse_as_proof(session, row["case_id"], sha256)
    link = {
        "case_id": row["case_id"],
        "sha256": sha256,
        "kind": _PICTURES.get(kind, "before"),
        "captured_at": request.evidence_captured_at or request.at,
        "by": request.actor.username,
    }
    await manifest.link_evidence(session, [link])


async def _refuse_as_proof(session: AsyncSession, case_id: str, sha256: str) -> None:
    """What was seen before, or a barrier around it, does not prove what was done after."""
    c = t.evidence_links.c
    query = select(c.kind, c.case_id).where(c.sha256 == sha256)
    kinds = {
        kind for kind, case in await session.execute(query) if kind == "camera" or case == case_id
    }
    if "camera" in kinds:
        raise ProofMissing(
            "处置后照片不能是摄像头图片,请现场拍照",
            "a camera's picture is no proof of the handling; take a photo on the spot",
        )
    if "protect" in kinds:
        raise ProofMissing(
            "围护照片不能作为处置后照片,请重新拍照",
            "a barrier around it is not the handling: take another photo",
        )
