"""Proofs by camera: a picture of the same view, and the detector's opinion on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import SYSTEM, Actor, Case, Opinion, State, moves_for
from yitong_command.domain.county import County
from yitong_command.errors import IllegalTransition
from yitong_command.storage import audit, manifest
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import transition
from yitong_command.storage.merging import no_case
from yitong_command.storage.move_facts import facts, locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A picture taken as proof.

    Attributes:
        sha256: In the evidence store, persons and plates blurred.
        camera_id: Which camera took it.
        view_id: Of which of its views.
        captured_at: When the frame was taken.
        opinion: What the detector thinks of it.
        score: Of the detection that rests on, or None.
        words_zh: The opinion in Chinese.
        words_en: The opinion in English.
        model: Which detector.
    """

    sha256: str
    camera_id: str
    view_id: str
    captured_at: datetime
    opinion: Opinion
    score: float | None
    words_zh: str
    words_en: str
    model: str


async def add_proof(
    session: AsyncSession, case_id: str, proof: Proof, actor: Actor, county: County, at: datetime
) -> bool:
    """Link a proof to its case with the opinion on it.

    The opinion decides nothing where a person must. Where the county lets a camera check
    (``evidence.yaml``; never severity 1) and the condition is gone from a picture taken after the
    handling, the system checks the case in this transaction; closing it stays with a person.

    Returns:
        Whether the system checked the case.

    Raises:
        NotFound: If there is no such case.
        IllegalTransition: If the picture is older than the handling it shall prove.
    """
    row = (await locked(session, {case_id})).get(case_id)
    if row is None:
        raise no_case(case_id)
    handled = row["state"] == State.HANDLED
    if handled and proof.captured_at < row["handled_at"]:
        raise IllegalTransition(
            "画面早于处置时间,不能作为核查依据", "the picture was taken before the handling"
        )
    link = {
        "case_id": case_id, "sha256": proof.sha256, "kind": "proof",
        "captured_at": proof.captured_at, "by": proof.camera_id,
    }  # fmt: skip
    await manifest.link_evidence(session, [link])
    detail = {
        "opinion": proof.opinion.value, "score": proof.score, "words_zh": proof.words_zh,
        "words_en": proof.words_en, "model": proof.model,
    }  # fmt: skip
    by = actor.username
    await manifest.note(session, case_id, "opinion", at, by, proof.sha256, detail)
    told = detail | {"camera_id": proof.camera_id, "view_id": proof.view_id}
    await audit.record(
        session, at, by, actor.role.value, "proof_taken", case_id, told | {"sha256": proof.sha256}
    )
    if not handled:
        return False
    row["opinion"] = proof.opinion.value
    c = t.cases.c
    values = {"opinion": proof.opinion.value, "updated_at": at}
    await session.execute(update(t.cases).where(c.case_id == case_id).values(values))
    if not _system_checks(facts(row, None, county), at):
        return False
    request = TransitionRequest(
        case_id=case_id, to=State.CHECKED, actor=SYSTEM, at=at,
        note=f"{proof.words_zh} / {proof.words_en}",
    )  # fmt: skip
    await transition(session, request, county)
    return True


def _system_checks(case: Case, at: datetime) -> bool:
    return any(move.target is State.CHECKED for move in moves_for(case, SYSTEM, at))
