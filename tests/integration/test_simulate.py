"""A county of some days through the real code: its figures by hand, its promises kept."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from tests.integration.hand_kpis import by_hand, judged_by_hand
from tests.kit import county
from yitong_command.cli.app import app
from yitong_command.demo.simulation.expected import overdue
from yitong_command.demo.simulation.invariants import Invariants
from yitong_command.demo.simulation.play import Plan, Played, play
from yitong_command.domain.kpi import FIGURES
from yitong_command.settings.secrets import make_vault
from yitong_command.storage import tables as t
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_readers, make_sessions, transaction

PLAN = Plan(days=2, seed=1, per_day=9)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Played, str]:
    """Two days, one with a storm; and the database they were played on."""
    folder = tmp_path_factory.mktemp("simulate")
    url = f"sqlite+aiosqlite:///{folder}/yitong.db"
    upgrade(url)
    return asyncio.run(play(PLAN, url, county(), make_vault(folder / "key"), print)), url


def test_the_figures_are_those_reckoned_by_hand(played: tuple[Played, str]) -> None:
    result, _ = played
    period = PLAN.period
    expected, forced = by_hand(result.diary.deeds, period.begin, period.end)
    found = {name: (share.count, share.of) for name, share in result.kpis.shares.items()}
    assert {name: pair for name, pair in found.items() if pair[1]} == expected
    assert result.kpis.forced == forced
    adopted = result.kpis.adopted
    assert (adopted.count, adopted.of) == judged_by_hand(result.diary.deeds)
    # Not vacuous: most figures have cases in them, and not all or none of those did.
    assert len(expected) >= len(FIGURES) - 1
    assert sum(0 < count < of for count, of in expected.values()) >= 8


def test_much_of_what_can_happen_does(played: tuple[Played, str]) -> None:
    result, _ = played
    deeds = Counter(deed.what for deed in result.diary.deeds)
    for what in ("filed", "not_filed", "dispatched", "handling", "checked", "closed", "called",
                 "handed_over", "clock"):  # fmt: skip
        assert deeds[what], what
    assert result.diary.counts["emergencies"] == 1
    assert result.diary.refused["camera_on_protected"] > 0


def test_nothing_was_broken_at_any_time(played: tuple[Played, str]) -> None:
    result, _ = played
    assert result.checks.broken == []
    assert all(result.checks.checked[name] for name in (
        "cases_with_one_holder", "timers_fired_once", "protected_cases", "detail_views_on_record",
        "ledger_messages_equal", "messages", "audit_rows_chained",
    ))  # fmt: skip
    late = overdue(result.diary.deeds, PLAN.period.end)
    assert any(least for least, _ in late.values())


async def test_what_is_broken_is_found(played: tuple[Played, str]) -> None:
    result, url = played
    engine = make_engine(url)
    sessions, readers = make_sessions(engine), make_readers(engine)
    checks = Invariants(engine, readers, result.diary)
    m, h, e = t.timers.c, t.holdings.c, t.ledger_entries.c
    async with transaction(sessions) as session:
        fired = await session.scalar(select(m.timer_id).where(m.state == "fired").limit(1))
        held = (
            await session.execute(select(h.case_id, h.from_at).where(h.to_at.is_(None)))
        ).first()
        assert held is not None
        one = select(e.message_id).limit(1)
        await session.execute(update(t.timers).where(m.timer_id == fired).values(state="waiting"))
        await session.execute(
            update(t.holdings).where(h.case_id == held.case_id).values(holder="nobody")
        )
        await session.execute(
            update(t.ledger_entries).where(e.message_id.in_(one)).values(cased_at=None)
        )
        await session.execute(
            update(t.cases).where(t.cases.c.category.like("kp_%")).values(camera_id="cam-001")
        )
    await checks.check(sessions, PLAN.period.end)
    await engine.dispose()
    text = "\n".join(checks.broken)
    for word in (held.case_id, "timers lost", "timers marked", "ledger", "cameras on protected",
                 "views of details"):  # fmt: skip
        assert word in text, word


def test_the_same_seed_is_the_same_county(tmp_path: Path) -> None:
    def run(name: str) -> dict[str, object]:
        url = f"sqlite+aiosqlite:///{tmp_path}/{name}.db"
        arguments = ["simulate", "--days", "1", "--seed", "5", "--cases-per-day", "5", "--json",
                     "--database-url", url]  # fmt: skip
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
        return {k: v for k, v in json.loads(done.stdout).items() if k != "wall_s"}

    first = run("one")
    assert first["broken"] == []
    assert first == run("other")
    again = ["simulate", "--days", "1", "--database-url", f"sqlite+aiosqlite:///{tmp_path}/one.db"]
    refused = CliRunner().invoke(app, again)
    assert refused.exit_code == 2
