"""What people do to cases, through the real store, kept in the diary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from yitong_command.demo.simulation.diary import Deed, Diary
from yitong_command.domain.actor import Actor
from yitong_command.domain.case import FINAL, State
from yitong_command.domain.county import County
from yitong_command.domain.privacy import is_protected, may_see
from yitong_command.errors import Refusal
from yitong_command.settings.secrets import Vault
from yitong_command.storage import audit, details, manifest, modes, timers, wishes
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.case_clock import RUNNING
from yitong_command.storage.cases import transition
from yitong_command.storage.rosters import By
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.views import CaseDetail

PURPOSE = "上门核实是否平安 / to see that all is well"


@dataclass(frozen=True, slots=True)
class Now:
    """What a screen shows of a case before somebody acts."""

    state: State
    holder: str | None
    version: int
    category: str
    severity: int
    grid_code: str | None
    due_at: datetime | None
    resume_to: str | None


class Hands:
    """Acts on cases in the name of people.

    Args:
        sessions: Writing sessions.
        readers: Reading sessions.
        county: Taxonomy and grids.
        vault: Seals what is written about protected people.
        diary: Keeps what was done.
    """

    def __init__(
        self, sessions: Sessions, readers: Sessions, county: County, vault: Vault, diary: Diary
    ) -> None:
        self.sessions = sessions
        self.readers = readers
        self.county = county
        self.diary = diary
        self._vault = vault

    async def look(self, case_id: str) -> Now:
        """The case as it is now."""
        c = t.cases.c
        columns = (c.state, c.holder, c.version, c.category, c.severity, c.grid_code, c.due_at,
                   c.resume_to)  # fmt: skip
        async with transaction(self.readers) as session:
            row = (await session.execute(select(*columns).where(c.case_id == case_id))).one()
        return Now(State(row[0]), *row[1:])

    async def move(
        self, case_id: str, to: State, actor: Actor, at: datetime, **more: Any
    ) -> CaseDetail | None:
        """One move with its audit row, as the API makes it; None if it was refused."""
        request = TransitionRequest(case_id=case_id, to=to, actor=actor, at=at, **more)
        try:
            async with transaction(self.sessions) as session:
                case = await transition(session, request, self.county)
                told: dict[str, Any] = {"to": to.value, "reason_code": request.reason_code}
                if to in FINAL:
                    entries, head = await manifest.head_of(session, case_id)
                    told |= {"manifest_entries": entries, "manifest_head": head}
                await audit.record(
                    session, at, actor.username, actor.role.value, "case_moved", case_id, told
                )
        except Refusal as exc:
            self.diary.refused[exc.code] += 1
            return None
        self._keep(case, at, more.get("granted"))
        return case

    def _keep(self, case: CaseDetail, at: datetime, granted: bool | None) -> None:
        """Note every arrow that the answer shows for this moment: the system adds its own."""
        for step in case.transitions:
            if step.at != at or step.from_state is None:
                continue
            self.diary.deeds.append(
                Deed(at, case.case_id, step.to_state, step.actor, step.from_state,
                     (case.holder or "",), case.due_at, step.seq)
            )  # fmt: skip
            self.diary.counts["moves"] += 1
        if granted:
            self.diary.deeds.append(
                Deed(at, case.case_id, "granted", "", due_at=case.due_at, version=case.version)
            )

    async def propose(self, wish: wishes.Wish) -> bool:
        """Ask a second person."""
        try:
            async with transaction(self.sessions) as session:
                await wishes.propose(session, wish, self.county)
        except Refusal as exc:
            self.diary.refused[exc.code] += 1
            return False
        return True

    async def call(self, case_id: str, actor: Actor, at: datetime, satisfied: str) -> None:
        """Call back who reported."""
        async with transaction(self.sessions) as session:
            await wishes.called(session, case_id, actor, at, satisfied, "模拟回访 / simulated call")
        self.diary.deeds.append(Deed(at, case_id, "called", actor.username, detail=(satisfied,)))

    async def note(self, case_id: str, category: str, actor: Actor, at: datetime) -> None:
        """Write something down about a protected person: sealed, and on record."""
        item = details.Detail("模拟详情 / simulated detail", actor.username, at)
        async with transaction(self.sessions) as session:
            await audit.record(
                session, at, actor.username, actor.role.value, "details_added", case_id
            )
            await details.add_detail(session, self._vault, case_id, category, item)

    async def view(
        self, case_id: str, category: str, actor: Actor, role: str, at: datetime
    ) -> bool:
        """Look at a protected person's details, as the API lets people; whether it let this one."""
        known = self.county.taxonomy.categories[category]
        right = is_protected(category) and may_see(known.detail_roles, (role,))
        action = "details_viewed" if right else "details_refused"
        async with transaction(self.sessions) as session:
            await audit.record(
                session, at, actor.username, actor.role.value, action, case_id,
                {"purpose": PURPOSE},
            )  # fmt: skip
        if right:
            async with transaction(self.readers) as session:
                await details.read_details(session, self._vault, case_id)
        self.diary.counts[action] += 1
        return right

    async def switch(self, at: datetime, hours: int, proposer: Actor, second: Actor) -> None:
        """Declare an emergency for the county: one proposes, another confirms."""
        area = (self.county.taxonomy.county_code,)
        wanted = modes.Proposal(areas=area, categories=None, reason="暴雨(模拟)", hours=hours)
        async with transaction(self.sessions) as session:
            mode = await modes.propose(session, wanted, _by(proposer, at))
        async with transaction(self.sessions) as session:
            await modes.confirm(session, mode.mode_id, self.county, _by(second, at))
        self.diary.counts["emergencies"] += 1
        await self._clocks(at)

    async def fire_until(self, until: datetime) -> None:
        """Fire every timer that falls due by then, each at its own moment."""
        c = t.timers.c
        query = (
            select(c.timer_id, c.fire_at, c.mode_id, c.made_at)
            .where(c.state == "waiting", c.fire_at <= until)
            .order_by(c.fire_at, c.timer_id)
            .limit(1)
        )
        while True:
            async with transaction(self.readers) as session:
                row = (await session.execute(query)).one_or_none()
            if row is None:
                return
            # What an emergency put into the past is fired when that is known, not before.
            at = max(row.fire_at, row.made_at)
            async with transaction(self.sessions) as session:
                late = await timers.fire(session, row.timer_id, self.county, at)
            self.diary.counts["timers_fired"] += late is not None
            if row.mode_id is not None:
                await self._clocks(at)

    async def _clocks(self, at: datetime) -> None:
        """Note the deadlines that the screens show after a switch."""
        c = t.cases.c
        query = select(c.case_id, c.due_at, c.version).where(c.state.in_(sorted(RUNNING)))
        async with transaction(self.readers) as session:
            found = (await session.execute(query)).all()
        self.diary.deeds += [
            Deed(at, case_id, "clock", "system", due_at=due_at, version=version)
            for case_id, due_at, version in found
        ]


def _by(actor: Actor, at: datetime) -> By:
    return By(actor.username, actor.role.value, at)
