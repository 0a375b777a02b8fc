"""Reports become cases, on both databases: merged, asked about, corrected and withdrawn."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.kit import AT, county, incident
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.domain.geometry import Place
from yitong_command.domain.report import Report, ReportKind, report_id
from yitong_command.errors import BadMessage
from yitong_command.storage import tables as t
from yitong_command.storage.alerts import list_alerts
from yitong_command.storage.asks import CaseFilter
from yitong_command.storage.cases import get_case, list_cases
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.outbox import waiting
from yitong_command.storage.report_intake import note_refusal, take_reports
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.views import CaseDetail

NOW = AT + timedelta(minutes=30)
MANHOLE = "ar_manhole.missing_shifted"
HERE = Place(125.3065, 43.3478)


def report(number: str = "GD-1", sequence: int = 0, **other: Any) -> Report:
    values: dict[str, Any] = {
        "report_id": report_id("hotline", number, sequence), "kind": ReportKind.NEW,
        "platform": "hotline", "external_id": number, "sequence": sequence,
        "source": "hotline_12345", "category": MANHOLE, "title": "井盖缺失", "text": "路边井盖没了",
        "place": HERE, "address": "示例路12号", "reported_at": AT, "received_at": AT,
    } | other  # fmt: skip
    return Report(**values)


async def take(sessions: Sessions, *reports: Report) -> Counter[str]:
    told = [(item, ReportMessage.of(item).model_dump(mode="json")) for item in reports]
    async with transaction(sessions) as session:
        return await take_reports(session, told, county(), NOW)


async def all_cases(sessions: Sessions) -> list[CaseDetail]:
    async with transaction(sessions) as session:
        page = await list_cases(session, CaseFilter())
        return [await get_case(session, item.case_id) for item in page.items]


async def rows(sessions: Sessions, table: Any) -> list[dict[str, Any]]:
    async with transaction(sessions) as session:
        return [dict(row) for row in (await session.execute(select(table))).mappings()]


async def sent(sessions: Sessions) -> list[str]:
    async with transaction(sessions) as session:
        found = await waiting(session, 1000)
    return [f"{row.topic}:{(row.payload or {}).get('change') or 'case'}" for row in found]


async def test_a_report_becomes_a_case_with_an_alert(sessions: Sessions) -> None:
    assert await take(sessions, report()) == {"cased": 1}
    (case,) = await all_cases(sessions)
    assert (case.state, case.condition, case.source) == ("reported", "open", "hotline_12345")
    assert (case.category, case.subtype, case.severity) == ("ar_manhole", "missing_shifted", 1)
    assert case.title_zh.endswith("示例路12号")
    assert case.grid_code
    async with transaction(sessions) as session:
        (alert,) = await list_alerts(session, open_only=True)
    assert (alert.kind, alert.change) == ("report", "opened")
    assert "路边井盖没了" in alert.reason_zh
    assert await sent(sessions) == ["cases:case", "alerts:opened"]
    (row,) = await rows(sessions, t.reports)
    assert (row["outcome"], row["case_id"]) == ("cased", case.case_id)


async def test_the_same_report_again_changes_nothing(sessions: Sessions) -> None:
    await take(sessions, report(), report())
    before = await sent(sessions)
    assert await take(sessions, report()) == {"duplicate": 1}
    assert await sent(sessions) == before
    assert len(await all_cases(sessions)) == 1


async def test_camera_sensor_hotline_and_resident_are_one_case_with_reasons(
    sessions: Sessions,
) -> None:
    async with transaction(sessions) as session:
        await take_incidents(
            session, [incident("cam-002/main/cover", category=MANHOLE, place=HERE)], county(), NOW
        )
    near = Place(HERE.lon + 0.00008, HERE.lat)
    resident = report("R-1", platform="citizen", source="resident_wechat", place=near,
                      report_id=report_id("citizen", "R-1", 0))  # fmt: skip
    assert await take(sessions, resident) == {"merged": 1}
    (case,) = await all_cases(sessions)
    assert case.incident_count == 2
    assert "6 米" in case.merge_reason_zh
    assert "6 m apart" in case.merge_reason_en
    (decision,) = await rows(sessions, t.merge_decisions)
    assert (decision["band"], decision["state"]) == ("automatic", "joined")
    assert decision["probability"] >= county().taxonomy.merging.automatic
    (told,) = [row for row in await rows(sessions, t.reports) if row["platform"] == "citizen"]
    assert (told["outcome"], told["outcome_zh"]) == ("merged", case.merge_reason_zh)


async def test_what_may_be_the_same_is_a_case_of_its_own_and_a_question(sessions: Sessions) -> None:
    await take(sessions, report())
    other = report("GD-2", place=Place(HERE.lon + 0.0006, HERE.lat), address="")
    assert await take(sessions, other) == {"cased": 1}
    first, second = sorted(await all_cases(sessions), key=lambda case: case.case_id)
    (question,) = await rows(sessions, t.merge_decisions)
    assert (question["band"], question["state"]) == ("ask", "open")
    assert (question["case_id"], question["other_case_id"]) == (second.case_id, first.case_id)
    assert "48 米" in question["reason_zh"] or "49 米" in question["reason_zh"]
    assert (await sent(sessions)).count("alerts:opened") == 2


async def test_two_tellings_of_one_batch_ask_about_each_other(sessions: Sessions) -> None:
    other = report("GD-2", place=Place(HERE.lon + 0.0006, HERE.lat), address="")
    assert await take(sessions, report(), other) == {"cased": 2}
    (question,) = await rows(sessions, t.merge_decisions)
    assert question["other_case_id"].startswith("YT")


async def test_people_are_never_joined_by_rule(sessions: Sessions) -> None:
    words: dict[str, Any] = {
        "category": "kp_elder_alone.visit_overdue", "source": "worker", "text": "",
        "address": "", "title": "", "subject": "person:token-1",
    }  # fmt: skip
    await take(sessions, report("W-1", **words))
    assert await take(sessions, report("W-2", **words)) == {"cased": 1}
    assert len(await all_cases(sessions)) == 2
    (question,) = await rows(sessions, t.merge_decisions)
    assert (question["band"], question["state"]) == ("ask", "open")
    with pytest.raises(BadMessage, match="sealed"):
        await take(sessions, report("W-3", **words | {"text": "三楼的老人"}))


async def test_updates_late_words_and_withdrawals(sessions: Sessions) -> None:
    await take(sessions, report())
    assert await take(sessions, report(sequence=4, kind=ReportKind.UPDATE)) == {"noted": 1}
    assert await take(sessions, report(sequence=2, kind=ReportKind.UPDATE)) == {"late": 1}
    gone = report(sequence=5, kind=ReportKind.WITHDRAWN)
    assert await take(sessions, gone) == {"withdrawn": 1}
    (case,) = await all_cases(sessions)
    assert (case.state, case.condition) == ("reported", "cleared")
    assert (await sent(sessions))[-1] == "alerts:cleared"


async def test_a_withdrawal_that_overtakes_opens_nothing(sessions: Sessions) -> None:
    gone = report(sequence=3, kind=ReportKind.WITHDRAWN)
    assert await take(sessions, gone) == {"withdrawn_first": 1}
    assert await take(sessions, report()) == {"withdrawn_first": 1}
    assert await all_cases(sessions) == []
    assert await take(sessions, report(sequence=4)) == {"cased": 1}


async def test_a_withdrawal_of_one_of_two_clears_nothing(sessions: Sessions) -> None:
    await take(sessions, report())
    await take(sessions, report("GD-2", subject=None, source="worker"))
    cases = await all_cases(sessions)
    async with transaction(sessions) as session:
        await session.execute(t.reports.update().values(case_id=cases[0].case_id))
    await take(sessions, report(sequence=1, kind=ReportKind.WITHDRAWN))
    assert "open" in {case.condition for case in await all_cases(sessions)}


async def test_no_category_and_no_place_still_reach_a_person(sessions: Sessions) -> None:
    lost = report(category=None, place=None, address="桥头", grid_code="22032390100201")
    assert await take(sessions, lost) == {"cased": 1}
    (case,) = await all_cases(sessions)
    assert (case.category, case.grid_code) == ("ex_request", "22032390100201")
    async with transaction(sessions) as session:
        (alert,) = await list_alerts(session)
    assert "人工分类" in alert.reason_zh


async def test_a_refused_report_is_said_to_be(sessions: Sessions) -> None:
    await take(sessions, report())
    async with transaction(sessions) as session:
        await session.execute(t.reports.update().values(outcome=None))
        key = str(report().report_id)
        await note_refusal(session, key, "没有这个类别 / there is no category", NOW)
    (row,) = await rows(sessions, t.reports)
    assert (row["outcome"], row["outcome_zh"]) == ("refused", "没有这个类别")
    assert row["outcome_en"] == "there is no category"
