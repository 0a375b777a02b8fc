"""Moving a case: the decision, and everything that is written with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import (
    FINAL,
    SYSTEM,
    Ask,
    Case,
    Kind,
    Move,
    State,
    decide,
    is_rework,
    move_between,
)
from yitong_command.domain.county import County
from yitong_command.domain.task import task_state
from yitong_command.errors import StaleVersion
from yitong_command.storage import case_clock, holdings, notices
from yitong_command.storage import tables as t
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.case_clock import Kept
from yitong_command.storage.merging import merge_into, no_case
from yitong_command.storage.move_clock import check_minutes, start_clock
from yitong_command.storage.move_effects import link_picture, write_effects
from yitong_command.storage.move_facts import asked_of, columns, facts, locked
from yitong_command.storage.move_route import ask_of, follow
from yitong_command.storage.move_tasks import move_task, new_task, set_due
from yitong_command.storage.splitting import free_key, new_pictures, record_merge, split_from

JUDGED = {Kind.FILE: "confirmed", Kind.MERGE: "confirmed", Kind.REFUSE: "rejected"}
_STAMPED = {Kind.FILE: "filed_at", Kind.HANDLE: "handled_at"}
_COUNTED = {Kind.REWORK: "reworks", Kind.REOPEN: "reopens"}


async def move_case(session: AsyncSession, request: TransitionRequest, county: County) -> None:
    """Make one move and those that follow by themselves; see ``cases.transition``."""
    rows = await locked(session, {request.case_id, request.merge_into or request.case_id})
    row = rows.get(request.case_id)
    if row is None:
        raise no_case(request.case_id)
    asked = await asked_of(session, request.case_id)
    change = _Change(session, row, request, county)
    kind = await change.step(await ask_of(session, request, row, county), asked)
    while (ask := await follow(session, row, county, request)) is not None:
        await change.step(ask, None)
    if kind is Kind.MERGE:
        change.outbox.append(await _merge(session, row, rows, request))
    elif kind is Kind.SPLIT:
        change.outbox.append(await split_from(session, row, request))
    await change.finish(kind)


async def _merge(
    session: AsyncSession,
    row: dict[str, Any],
    rows: dict[str, dict[str, Any]],
    request: TransitionRequest,
) -> dict[str, Any]:
    pictures = await new_pictures(session, request.case_id, request.merge_into or "")
    notice = await merge_into(session, row, rows, request)
    await record_merge(session, request, notice["payload"]["incident_ids"], pictures)
    return notice


@dataclass(slots=True)
class _Change:
    """One move with what follows from it; ``row`` is the case as it will be."""

    session: AsyncSession
    row: dict[str, Any]
    request: TransitionRequest
    county: County
    first_version: int = 0
    first_holder: str | None = None
    outbox: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first_version = self.row["version"]
        self.first_holder = self.row["holder"]

    async def step(self, ask: Ask, asked: dict[str, Any] | None) -> Kind:
        """Make one arrow."""
        at = self.request.at
        before = facts(self.row, asked, self.county)
        after = decide(before, ask)
        move = move_between(before.state, after.state)
        assert move is not None  # noqa: S101  # decide found it
        if move.kind is Kind.EXTEND and ask.minutes is not None:
            check_minutes(self.row, self.county, ask.minutes)
        if before.state in FINAL:
            self.row["open_key"] = await free_key(self.session, self.row, self.county)
        self.row |= columns(after) | {"updated_at": at}
        self._stamp(before, move)
        await self._transition(before.state, move, ask)
        await write_effects(self.session, self.row, move.kind, ask, self.request, asked)
        sent = None
        if move.kind is Kind.DISPATCH:
            sent = Kept(at, at, is_rework(before.state, move.target))
        await case_clock.follow(self.session, self.row, self.county, at, sent=sent)
        self.outbox.append(notices.case_notice(self.row, before.state.value, at, ask.actor))
        await self._task(move, ask)
        return move.kind

    async def finish(self, kind: Kind) -> None:
        """Write the case, its holding, its alert and the messages."""
        c = t.cases.c
        names = [name for name in self.row if name != "case_id"]
        done = await self.session.execute(
            update(t.cases)
            .where(c.case_id == self.row["case_id"], c.version == self.first_version)
            .values({name: self.row[name] for name in names})
            .returning(c.case_id)
        )
        if done.one_or_none() is None:
            raise StaleVersion(
                f"案件 {self.row['case_id']} 已被他人更新,请刷新",
                f"case {self.row['case_id']} was changed by somebody else",
            )
        await holdings.hand(
            self.session, self.row["case_id"], self.first_holder, self.row["holder"],
            self.request.at,
        )  # fmt: skip
        await self._judge_alert(kind)
        await notices.write(self.session, self.outbox)

    def _stamp(self, before: Case, move: Move) -> None:
        at, kind = self.request.at, move.kind
        if (column := _STAMPED.get(kind)) is not None:
            self.row[column] = at
        if (counter := _COUNTED.get(kind)) is not None:
            self.row[counter] += 1
        if kind is Kind.DISPATCH:
            rework = is_rework(before.state, move.target)
            start_clock(self.row, self.county, at, rework=rework)
        self._ended(before, move)

    def _ended(self, before: Case, move: Move) -> None:
        if move.target in FINAL:
            self.row |= {"closed_at": self.request.at, "open_key": None}
        elif before.state in FINAL:
            self.row["closed_at"] = None
        if move.kind is Kind.MERGE:
            self.row["merged_into"] = self.request.merge_into
        elif move.kind is Kind.SPLIT:
            # ``case_merges`` remembers; the case stands for itself again.
            self.row["merged_into"] = None

    async def _transition(self, before: State, move: Move, ask: Ask) -> None:
        by_person = ask.actor is not SYSTEM
        note = ask.note
        if move.kind is Kind.DECIDE:
            note = f"{'同意 / granted' if ask.granted else '不同意 / refused'} {note}".strip()
        elif move.kind is Kind.VERIFIED:
            note = f"[{ask.result}] {note}"
        await self.session.execute(
            insert(t.transitions).values(
                case_id=self.row["case_id"],
                seq=self.row["version"],
                from_state=before.value,
                to_state=self.row["state"],
                actor=ask.actor.username,
                role=ask.actor.role.value,
                at=self.request.at,
                note=note,
                reason_code=ask.reason_code,
                evidence=ask.evidence_sha256,
                holder=self.row["holder"],
                lon=self.request.lon if by_person else None,
                lat=self.request.lat if by_person else None,
            )
        )
        if ask.evidence_sha256:
            await link_picture(self.session, self.row, move.kind, self.request)

    async def _task(self, move: Move, ask: Ask) -> None:
        at = self.request.at
        if move.kind is Kind.DISPATCH:
            task = await new_task(self.session, self.row, self.county, at)
            self.outbox.append(task)
        elif (state := task_state(move.kind)) is not None:
            self.outbox += await move_task(self.session, self.row, state, at)
        elif move.kind in {Kind.DECIDE, Kind.SUSPEND, Kind.RESUME}:
            self.outbox += await set_due(self.session, self.row, at)

    async def _judge_alert(self, kind: Kind) -> None:
        verdict = JUDGED.get(kind)
        if verdict is None:
            return
        case_id = self.row["case_id"]
        query = select(t.alerts).where(t.alerts.c.case_id == case_id)
        found = (await self.session.execute(query)).mappings().one_or_none()
        if found is None:
            return
        alert = dict(found) | {"state": verdict}
        self.outbox.append(notices.alert_notice(alert, self.row, verdict, self.request.at))
        values = {name: alert[name] for name in ("state", "change", "change_id", "changed_at")}
        statement = update(t.alerts).where(t.alerts.c.case_id == case_id)
        await self.session.execute(statement.values(values))
