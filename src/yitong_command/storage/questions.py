"""Questions to operators: are these two cases of one fact? Asked, answered once, never in the way.

Either case goes its way whether or not anybody answers. A question whose cases are over, or are
one case by now, is not asked any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import FINAL, Actor, State
from yitong_command.domain.county import County
from yitong_command.domain.geometry import Place
from yitong_command.errors import IllegalTransition, NotFound
from yitong_command.storage import rows
from yitong_command.storage import tables as t
from yitong_command.storage.access import visible_cases
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import transition

LOOKED_AT = 300
HOPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    """One of the two cases of a question."""

    case_id: str
    state: str
    category: str
    severity: int
    title_zh: str
    title_en: str
    place_zh: str
    place_en: str
    place: Place
    source: str
    began_at: datetime
    camera_id: str | None
    evidence: str | None
    incident_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionView:
    """A question; ``one`` is the newer case, ``other`` the one it may be the same as."""

    question_id: str
    severity: int
    probability: float
    distance_m: float | None
    gap_s: float
    reason_zh: str
    reason_en: str
    at: datetime
    one: SideView
    other: SideView


async def list_questions(
    session: AsyncSession, actor: Actor, limit: int = 50
) -> tuple[QuestionView, ...]:
    """Open questions about two cases that this person may see, the most urgent first."""
    d = t.merge_decisions.c
    query = (
        select(t.merge_decisions)
        .where(d.state == "open")
        .order_by(d.severity, d.at, d.decision_id)
        .limit(LOOKED_AT)
    )
    found = [dict(row) for row in (await session.execute(query)).mappings()]
    cases = await _cases(session, [row[name] for row in found for name in _BOTH], actor)
    views = (_view(row, cases) for row in found)
    return tuple(view for view in views if view is not None)[:limit]


async def answer(
    session: AsyncSession, question_id: str, same: bool, actor: Actor, at: datetime, county: County
) -> str | None:
    """Answer a question; gives the case that has both now, or None if they are two.

    Of one fact the more severe case stays, of equals the one filed first, then the older one; the
    other is merged into it and can be split off again.

    Raises:
        NotFound: If there is no such question for this person.
        IllegalTransition: If it was answered, or is not asked any more.
    """
    d = t.merge_decisions
    query = select(d).where(d.c.decision_id == question_id).with_for_update()
    row = (await session.execute(query)).mappings().one_or_none()
    cases = await _cases(session, [row[name] for name in _BOTH], actor) if row else {}
    if row is None or any(row[name] not in cases for name in _BOTH):
        raise NotFound(f"没有问题 {question_id}", f"there is no question {question_id}")
    one, other = (cases[row[name]] for name in _BOTH)
    if row["state"] != "open" or not _asked(one, other):
        raise IllegalTransition(
            f"问题 {question_id} 已有答案或已无须回答", f"question {question_id} is settled already"
        )
    stays: str | None = None
    if same:
        master, goes = sorted((one, other), key=_mastery)
        request = TransitionRequest(
            case_id=goes["case_id"], to=State.MERGED, actor=actor, at=at,
            note=row["reason_zh"], merge_into=master["case_id"],
        )  # fmt: skip
        await transition(session, request, county)
        stays = master["case_id"]
        others = update(d).where(
            d.c.sighting_id == row["sighting_id"], d.c.state == "open",
            d.c.decision_id != question_id,
        )  # fmt: skip
        await session.execute(others.values(state="moot"))
    await session.execute(
        update(d)
        .where(d.c.decision_id == question_id)
        .values(state="same" if same else "different", answered_at=at, answered_by=actor.username)
    )
    return stays


_BOTH = ("case_id", "other_case_id")


def _mastery(case: dict[str, Any]) -> tuple[int, float, str]:
    filed = case["filed_at"]
    return case["severity"], filed.timestamp() if filed else float("inf"), case["case_id"]


def _asked(one: dict[str, Any], other: dict[str, Any]) -> bool:
    over = State(one["state"]) in FINAL or State(other["state"]) in FINAL
    return not over and one["case_id"] != other["case_id"]


async def _cases(
    session: AsyncSession, ids: Iterable[str], actor: Actor
) -> dict[str, dict[str, Any]]:
    """Cases by the ids asked for; one that was merged is the case it was merged into."""
    c = t.cases.c
    known: dict[str, dict[str, Any]] = {}
    missing = {case_id for case_id in ids if case_id}
    wanted = set(missing)
    for _ in range(HOPS):
        if not missing:
            break
        query = select(t.cases).where(c.case_id.in_(missing), visible_cases(actor))
        for row in (await session.execute(query)).mappings():
            known[row["case_id"]] = dict(row)
        missing = {row["merged_into"] for row in known.values() if row["merged_into"]} - set(known)
        missing -= wanted & set(known)
    found = {}
    for case_id in wanted & set(known):
        case = known[case_id]
        for _ in range(HOPS):
            if case["state"] != State.MERGED or case["merged_into"] not in known:
                break
            case = known[case["merged_into"]]
        found[case_id] = case
    return found


def _view(row: dict[str, Any], cases: dict[str, dict[str, Any]]) -> QuestionView | None:
    one, other = (cases.get(row[name]) for name in _BOTH)
    if one is None or other is None or not _asked(one, other):
        return None
    names = ("severity", "probability", "distance_m", "gap_s", "reason_zh", "reason_en", "at")
    values = {name: row[name] for name in names}
    return QuestionView(
        question_id=row["decision_id"], one=_side(one), other=_side(other), **values
    )


def _side(case: dict[str, Any]) -> SideView:
    names = (
        "case_id", "state", "severity", "title_zh", "title_en", "place_zh", "place_en",
        "source", "began_at", "camera_id", "evidence", "incident_count",
    )  # fmt: skip
    category = f"{case['category']}.{case['subtype']}"
    values = {name: case[name] for name in names}
    return SideView(category=category, place=rows.place(case), **values)
