"""Promises that hold at every moment of the simulation, looked up in the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.event import listen
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from yitong_command.demo.simulation.diary import Diary
from yitong_command.demo.simulation.expected import overdue
from yitong_command.domain.case import HELD, State
from yitong_command.domain.privacy import PREFIX
from yitong_command.domain.taxonomy import CAMERA_SOURCES
from yitong_command.storage import ledger, outbox, sealing
from yitong_command.storage import tables as t
from yitong_command.storage.session import Sessions, transaction

KEPT = timedelta(days=2)
"""How long messages stay in the outbox; there is no broker here, they are counted and let go."""
_READS = "FROM protected_details"


class Invariants:
    """Checks them, and keeps what was broken.

    Args:
        engine: What reads details is seen here, whoever does it.
        readers: Reading sessions.
        diary: What the simulator did.
    """

    def __init__(self, engine: AsyncEngine, readers: Sessions, diary: Diary) -> None:
        self._readers = readers
        self._diary = diary
        self._reads = 0
        self._messages = 0
        self._escalated = 0
        self._since: datetime | None = None
        self.cases = 0
        self.checked: dict[str, int] = {}
        self.broken: list[str] = []
        listen(engine.sync_engine, "before_cursor_execute", self._executed)

    def _executed(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self._reads += statement.startswith("SELECT") and _READS in statement

    async def check(self, sessions: Sessions, at: datetime) -> None:
        """Check what changed since last time; then let relayed messages go."""
        since = self._since
        self._since = at
        async with transaction(self._readers) as session:
            self.cases = int(await session.scalar(select(func.count()).select_from(t.cases)) or 0)
            await self._holders(session, since)
            await self._timers(session, at)
            await self._no_camera(session)
            await self._views(session)
            await self._ledger(session, at)
        await self._relay(sessions, at)

    async def check_all(self, sessions: Sessions, at: datetime) -> None:
        """Once more for every case, and the whole chain of the audit log."""
        self._since = None
        await self.check(sessions, at)
        while True:
            async with transaction(sessions) as session:
                if not await sealing.seal(session):
                    break
        async with transaction(self._readers) as session:
            verified = await sealing.verify(session)
        self._count("audit_rows_chained", verified.rows)
        if verified.broken is not None:
            self.broken.append(f"audit: {verified.broken.reason_en}")

    def _count(self, name: str, number: int) -> None:
        self.checked[name] = self.checked.get(name, 0) + number

    def _expect(self, name: str, found: Iterable[object], wanted: Iterable[object]) -> None:
        has, should = sorted(map(str, found)), sorted(map(str, wanted))
        if has != should:
            extra, lost = set(has) - set(should), set(should) - set(has)
            self.broken.append(f"{name}: extra {sorted(extra)[:5]}, missing {sorted(lost)[:5]}")

    async def _holders(self, session: AsyncSession, since: datetime | None) -> None:
        """Holdings against the steps, which are written apart from them."""
        c, s, h = t.cases.c, t.transitions.c, t.holdings.c
        changed = select(c.case_id, c.state, c.holder)
        if since is not None:
            changed = changed.where(c.updated_at >= since)
        cases = (await session.execute(changed)).all()
        ids = [row.case_id for row in cases]
        steps: dict[str, list[Any]] = {name: [] for name in ids}
        holdings: dict[str, list[Any]] = {name: [] for name in ids}
        for begin in range(0, len(ids), 500):
            some = ids[begin : begin + 500]
            rows = select(s.case_id, s.seq, s.to_state, s.holder, s.at).where(s.case_id.in_(some))
            for step in await session.execute(rows.order_by(s.case_id, s.seq)):
                steps[step.case_id].append(step)
            held = select(h.case_id, h.holder, h.from_at, h.to_at).where(h.case_id.in_(some))
            for holding in await session.execute(held.order_by(h.case_id, h.from_at)):
                holdings[holding.case_id].append(holding)
        for row in cases:
            self._one_holder(row, steps[row.case_id], holdings[row.case_id])
        self._count("cases_with_one_holder", len(cases))

    def _one_holder(self, case: Any, steps: list[Any], holdings: list[Any]) -> None:
        name = case.case_id
        is_open = [row.holder for row in holdings if row.to_at is None]
        if is_open != ([case.holder] if State(case.state) in HELD else []):
            self.broken.append(f"{name}: {case.state}, open holdings {is_open}")
        for one, other in pairwise(holdings):
            if one.to_at is None or one.to_at > other.from_at:
                self.broken.append(f"{name}: held twice at {other.from_at}")
        # The last step of each moment says who must hold it until the next.
        moments = {row.at: row for row in steps}
        for at, row in moments.items():
            there = [
                item.holder
                for item in holdings
                if item.from_at <= at and (item.to_at is None or at < item.to_at)
            ]
            if there != ([row.holder] if State(row.to_state) in HELD else []):
                self.broken.append(f"{name}: {row.to_state} at {at}, held by {there}")

    async def _timers(self, session: AsyncSession, at: datetime) -> None:
        m, e = t.timers.c, t.escalations.c
        bad = select(m.timer_id, m.state).where(
            or_(m.state == "failed", (m.state == "waiting") & (m.fire_at <= at))
        )
        self._expect("timers lost", (await session.execute(bad)).all(), ())
        early = select(m.timer_id).where(m.state == "fired", m.ended_at < m.fire_at)
        self._expect("timers early", await session.scalars(early), ())
        fired = set(await session.scalars(select(m.timer_id).where(m.state == "fired")))
        if len(fired) != self._diary.counts["timers_fired"]:
            self.broken.append(
                f"{len(fired)} timers marked, {self._diary.counts['timers_fired']} fired"
            )
        of_cases = select(m.timer_id).where(m.state == "fired", m.mode_id.is_(None))
        told = list(await session.scalars(select(e.timer_id)))
        self._expect("escalations", told, await session.scalars(of_cases))
        red = select(m.case_id, m.due_at).where(
            m.state == "fired", m.kind == "red", m.role == "holder"
        )
        have: dict[str, int] = {}
        for case_id, _ in await session.execute(red):
            have[case_id] = have.get(case_id, 0) + 1
        for case_id, (least, most) in overdue(self._diary.deeds, at).items():
            if not least <= have.pop(case_id, 0) <= most:
                self.broken.append(f"{case_id}: overdue {least}..{most} times, not told so")
        for case_id in have:
            self.broken.append(f"{case_id}: told overdue, never was")
        self.checked["timers_fired_once"] = len(fired)

    async def _no_camera(self, session: AsyncSession) -> None:
        c, i = t.cases.c, t.incidents.c
        protected = c.category.startswith(PREFIX, autoescape=True)
        by_camera = or_(c.source.in_(sorted(CAMERA_SOURCES)), c.camera_id.is_not(None))
        self._expect(
            "cameras on protected people",
            await session.scalars(select(c.case_id).where(protected, by_camera)), (),
        )  # fmt: skip
        seen = select(i.incident_id).join(t.cases, c.case_id == i.case_id)
        pictured = seen.where(protected, i.camera_id != "")
        self._expect("cameras on protected people", await session.scalars(pictured), ())
        number = select(func.count()).select_from(t.cases).where(protected)
        self.checked["protected_cases"] = int(await session.scalar(number) or 0)

    async def _views(self, session: AsyncSession) -> None:
        """As many reads of details as rows on record that say who and what for."""
        a = t.audit.c
        rows = (await session.scalars(select(a.detail).where(a.action == "details_viewed"))).all()
        if len(rows) != self._reads:
            self.broken.append(f"{self._reads} views of details, {len(rows)} on record")
        if not all(row.get("purpose") for row in rows):
            self.broken.append("a view of details without a purpose")
        self.checked["detail_views_on_record"] = len(rows)

    async def _ledger(self, session: AsyncSession, at: datetime) -> None:
        e = t.ledger_entries.c
        columns = (e.captured_at, e.delivered_at, e.cased_at)
        counts = (await session.execute(select(*(func.count(one) for one in columns)))).one()
        sent = len(self._diary.messages)
        if tuple(counts) != (sent, sent, sent):
            self.broken.append(f"the ledger has {tuple(counts)}, {sent} were sent")
        missing = await ledger.missing(session, at - timedelta(days=2), before=at, arrived=at)
        self._expect("ledger", missing, ())
        self.checked["ledger_messages_equal"] = sent

    async def _relay(self, sessions: Sessions, at: datetime) -> None:
        async with transaction(sessions) as session:
            while rows := await outbox.waiting(session, 500):
                await outbox.mark_relayed(session, [row.id for row in rows], at)
                self._messages += len(rows)
                self._escalated += sum(row.topic == "escalations" for row in rows)
            await outbox.forget(session, at - KEPT)
            e = t.escalations
            told = int(await session.scalar(select(func.count()).select_from(e)) or 0)
        if told != self._escalated:
            self.broken.append(f"{told} escalations, {self._escalated} messages of them")
        self.checked["messages"] = self._messages
