"""Searching finds on every database what the words say, whatever index helps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from tests.kit import AT, MANHOLE, county, incident
from yitong_command.storage.asks import CaseFilter
from yitong_command.storage.cases import list_cases
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.views import CaseSummary

SUBJECTS = ("cam-001/main/no-parking", "cam-005/main/no-parking", "cam-002/main/cover")


async def test_every_part_of_a_title_finds_its_case(sessions: Sessions) -> None:
    told = [incident(SUBJECTS[0]), incident(SUBJECTS[1]), incident(SUBJECTS[2], category=MANHOLE)]
    async with transaction(sessions) as session:
        await take_incidents(session, told, county(), AT + timedelta(hours=1))
        every = (await list_cases(session, CaseFilter())).items
        found = 0
        for case in every:
            texts = (case.title_zh, case.title_en, case.place_zh, case.case_id)
            for length in (1, 2, 3, 5, 8):
                for words in {t[i : i + length] for t in texts for i in range(0, len(t), 3)}:
                    await _same(session, words, every)
                    found += 1
        for words in ("没有的地方", "100%", "a_b", "o'clock", "\\", '"', "{}", ":x", "  "):
            await _same(session, words, every)
    assert len(every) == 3
    assert found > 60


async def _same(session: AsyncSession, words: str, every: tuple[CaseSummary, ...]) -> None:
    page = await list_cases(session, CaseFilter(text=words))
    wanted = words.strip().lower()
    names = {
        case.case_id
        for case in every
        if any(
            wanted in words_of.lower()
            for words_of in (
                case.case_id,
                case.title_zh,
                case.title_en,
                case.place_zh,
                case.place_en,
            )
        )
    }
    assert {case.case_id for case in page.items} == names, words


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_rare_words_are_looked_up_in_the_index(sessions: Sessions) -> None:
    """SQLite has no such index and reads every case: a small site has few."""
    async with transaction(sessions) as session:
        pieces = await session.scalar(text("SELECT yitong_pieces('样例路 12A 号')"))
        assert set(pieces) == {"样例", "例路", "路 ", " 号", "12a", " 12", "2a "}
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await session.execute(text(
            "EXPLAIN SELECT case_id FROM cases WHERE yitong_pieces(cases.case_id || ' ' || "
            "cases.title_zh || ' ' || cases.title_en || ' ' || cases.place_zh || ' ' || "
            "cases.place_en) @> yitong_pieces('没有的地方')"
        ))  # fmt: skip
        assert "ix_cases_words" in "\n".join(plan.scalars())
