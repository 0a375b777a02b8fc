"""Questions are answered once and hold nothing up; what was joined can be taken apart again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.integration.test_storage_reports import (
    HERE,
    MANHOLE,
    NOW,
    all_cases,
    report,
    rows,
    sent,
    take,
)
from tests.kit import DESK, county, incident
from yitong_command.domain.case import State
from yitong_command.domain.geometry import Place
from yitong_command.domain.report import report_id
from yitong_command.errors import IllegalTransition, NotFound
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import transition
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.questions import answer, list_questions
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.telling_split import split_telling
from yitong_command.storage.tellings import tellings_of

LATER = NOW + timedelta(hours=1)
COUNTED = ("case_id", "state", "condition", "incident_count", "severity")


async def two(sessions: Sessions) -> tuple[str, str, str]:
    """Two cases and the question whether they are one."""
    await take(sessions, report())
    await take(sessions, report("GD-2", place=Place(HERE.lon + 0.0006, HERE.lat), address=""))
    async with transaction(sessions) as session:
        (question,) = await list_questions(session, DESK)
    return question.question_id, question.one.case_id, question.other.case_id


async def say(sessions: Sessions, question: str, same: bool) -> str | None:
    async with transaction(sessions) as session:
        return await answer(session, question, same, DESK, NOW, county())


async def questions(sessions: Sessions) -> int:
    async with transaction(sessions) as session:
        return len(await list_questions(session, DESK))


async def snapshot(sessions: Sessions) -> dict[str, Any]:
    """What must be the same again after merging and splitting."""
    cases = [tuple(getattr(case, name) for name in COUNTED) for case in await all_cases(sessions)]
    told = [(row["sighting_id"], row["case_id"], tuple(row["path"]))
            for row in await rows(sessions, t.sightings)]  # fmt: skip
    reports = [(row["report_id"], row["case_id"]) for row in await rows(sessions, t.reports)]
    incidents = [(row["incident_id"], row["case_id"]) for row in await rows(sessions, t.incidents)]
    return {"cases": sorted(cases), "told": sorted(told), "reports": sorted(reports),
            "incidents": sorted(incidents)}  # fmt: skip


async def test_yes_makes_one_case_and_a_split_restores_both(sessions: Sessions) -> None:
    question, newer, older = await two(sessions)
    before = await snapshot(sessions)
    assert await say(sessions, question, True) == older
    states = {case.case_id: case.state for case in await all_cases(sessions)}
    assert states == {older: "reported", newer: "merged"}
    merged = {case.case_id: case.incident_count for case in await all_cases(sessions)}
    assert merged[older] == 2
    assert {row["case_id"] for row in await rows(sessions, t.reports)} == {older}
    assert await questions(sessions) == 0
    with pytest.raises(IllegalTransition, match="settled"):
        await say(sessions, question, True)
    back = TransitionRequest(
        case_id=newer, to=State.REPORTED, actor=DESK, at=LATER, note="两处井盖"
    )
    async with transaction(sessions) as session:
        await transition(session, back, county())
    assert await snapshot(sessions) == before


async def test_no_leaves_two_cases_and_is_not_asked_again(sessions: Sessions) -> None:
    question, *_ = await two(sessions)
    before = await snapshot(sessions)
    assert await say(sessions, question, False) is None
    assert await snapshot(sessions) == before
    assert await questions(sessions) == 0
    (row,) = await rows(sessions, t.merge_decisions)
    assert (row["state"], row["answered_by"]) == ("different", "desk")
    await take(sessions, report(), report("GD-2"))
    assert await questions(sessions) == 0


async def test_an_unanswered_question_holds_nobody_up(sessions: Sessions) -> None:
    _, newer, older = await two(sessions)
    for case_id in (newer, older):
        move = TransitionRequest(case_id=case_id, to=State.FILED, actor=DESK, at=NOW)
        async with transaction(sessions) as session:
            case = await transition(session, move, county())
        assert case.severity == 1
        assert case.state in {"dispatched", "pending_dispatch"}
    assert await questions(sessions) == 1


async def test_two_dispatched_cases_can_still_be_one(sessions: Sessions) -> None:
    question, newer, older = await two(sessions)
    for case_id, at in ((newer, NOW), (older, NOW + timedelta(minutes=1))):
        move = TransitionRequest(case_id=case_id, to=State.FILED, actor=DESK, at=at)
        async with transaction(sessions) as session:
            await transition(session, move, county())
    async with transaction(sessions) as session:
        stays = await answer(session, question, True, DESK, LATER, county())
    assert stays == newer  # the one filed first
    assert {case.case_id: case.state for case in await all_cases(sessions)}[older] == "merged"


async def test_a_question_about_what_is_over_is_not_asked(sessions: Sessions) -> None:
    question, newer, _ = await two(sessions)
    move = TransitionRequest(case_id=newer, to=State.NOT_FILED, actor=DESK, at=NOW, reason_code=1)
    async with transaction(sessions) as session:
        await transition(session, move, county())
    assert await questions(sessions) == 0
    with pytest.raises(IllegalTransition):
        await say(sessions, question, True)
    with pytest.raises(NotFound):
        await say(sessions, "none", True)


async def joined(sessions: Sessions) -> tuple[str, str]:
    """A camera's case that a resident's report was joined to by rule; gives case and telling."""
    async with transaction(sessions) as session:
        seen = incident("cam-002/main/cover", category=MANHOLE, place=HERE, pictures="1")
        await take_incidents(session, [seen], county(), NOW)
    resident = report("R-1", platform="citizen", source="resident_wechat", subject="place:9",
                      report_id=report_id("citizen", "R-1", 0))  # fmt: skip
    await take(sessions, resident)
    (case,) = await all_cases(sessions)
    assert case.incident_count == 2
    return case.case_id, "citizen/R-1"


async def test_what_a_rule_joined_is_taken_out_again(sessions: Sessions) -> None:
    case_id, telling = await joined(sessions)
    async with transaction(sessions) as session:
        told = {item.telling: item for item in await tellings_of(session, case_id)}
    assert told[telling].split_until == NOW + timedelta(hours=24)
    assert "米" in told[telling].reason_zh
    out = TransitionRequest(case_id=case_id, to=State.REPORTED, actor=DESK, at=LATER, note="不是")
    async with transaction(sessions) as session:
        new_id = await split_telling(session, out, telling, county())
    old, new = sorted(await all_cases(sessions), key=lambda case: case.case_id)
    assert (old.case_id, old.incident_count, old.condition) == (case_id, 1, "open")
    assert (new.case_id, new.incident_count, new.state) == (new_id, 1, "reported")
    assert (new.source, new.condition, new.reported_at) == ("resident_wechat", "open", LATER)
    assert [item.kind for item in old.evidence_items] == ["camera"]
    (moved,) = [row for row in await rows(sessions, t.reports) if row["platform"] == "citizen"]
    assert moved["case_id"] == new_id
    assert (await sent(sessions)).count("alerts:opened") == 2
    async with transaction(sessions) as session:
        with pytest.raises(NotFound):
            await split_telling(session, out, telling, county())


async def test_a_camera_is_taken_out_with_its_pictures(sessions: Sessions) -> None:
    await take(sessions, report(source="worker", platform="worker", address=""))
    async with transaction(sessions) as session:
        seen = incident("cam-002/main/cover", category=MANHOLE, place=HERE, pictures="12")
        await take_incidents(session, [seen], county(), NOW)
    (case,) = await all_cases(sessions)
    assert case.incident_count == 2
    telling = str(seen.incident_id)
    out = TransitionRequest(
        case_id=case.case_id, to=State.REPORTED, actor=DESK, at=LATER, note="不是"
    )
    async with transaction(sessions) as session:
        await split_telling(session, out, telling, county())
    old, new = sorted(await all_cases(sessions), key=lambda one: one.case_id)
    assert old.evidence_items == ()
    assert [item.sha256[0] for item in new.evidence_items] == ["1", "2"]
    assert (new.camera_id, len(new.incidents), len(old.incidents)) == ("cam-002", 1, 0)
    async with transaction(sessions) as session:
        await take_incidents(session, [seen], county(), LATER)
    assert len(await all_cases(sessions)) == 2


async def test_after_a_day_and_after_its_end_nothing_is_taken_out(sessions: Sessions) -> None:
    case_id, telling = await joined(sessions)
    late = TransitionRequest(case_id=case_id, to=State.REPORTED, actor=DESK,
                             at=NOW + timedelta(hours=25), note="不是")  # fmt: skip
    async with transaction(sessions) as session:
        with pytest.raises(IllegalTransition, match="24 hours"):
            await split_telling(session, late, telling, county())


async def test_what_is_more_severe_raises_the_case_and_rings(sessions: Sessions) -> None:
    pond: dict[str, Any] = {
        "category": "ar_flood_point.pond_yellow",
        "source": "worker",
        "platform": "worker",
    }
    await take(sessions, report("W-1", **pond, subject="component:8"))
    red = pond | {"category": "ar_flood_point.pond_red"}
    await take(sessions, report("W-2", **red, subject="component:8"))
    (case,) = await all_cases(sessions)
    assert (case.severity, case.incident_count) == (1, 2)
    assert (await sent(sessions)).count("alerts:opened") == 2
    async with transaction(sessions) as session:
        found = (await session.execute(select(t.merge_decisions))).mappings().one()
    assert "编号相同" in found["reason_zh"]
