"""Moving a case: the decision, and everything that is written with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import FINAL, SYSTEM, Ask, Case, Role, State, decide, is_rework
from yitong_command.domain.clock import Limit, deadline
from yitong_command.domain.county import County
from yitong_command.domain.roster import Post
from yitong_command.domain.task import TaskState, task_id, task_state
from yitong_command.errors import NotAllowed, NotFound, ProofMissing, StaleVersion
from yitong_command.routing.assign import Route, route
from yitong_command.storage import notices
from yitong_command.storage import tables as t
from yitong_command.storage.locks import insert_ignore
from yitong_command.storage.merging import merge_into, no_case
from yitong_command.storage.users import get_user
from yitong_command.storage.views import TransitionRequest


async def move_case(session: AsyncSession, request: TransitionRequest, county: County) -> None:
    """Make one move and those that follow by themselves; see ``cases.transition``."""
    locked = await _locked(session, {request.case_id, request.merge_into or request.case_id})
    row = locked.get(request.case_id)
    if row is None:
        raise no_case(request.case_id)
    change = _Change(session, row, request, county)
    await change.step(await _ask(session, request, row, county))
    if row["state"] == State.FILED:
        await change.step(await _dispatch(session, row, county, request.at))
    elif row["state"] == State.MERGED:
        change.outbox.append(await merge_into(session, row, locked, request))
    await change.finish()


@dataclass(slots=True)
class _Change:
    """One move with what follows from it; ``row`` is the case as it will be."""

    session: AsyncSession
    row: dict[str, Any]
    request: TransitionRequest
    county: County
    first_version: int = 0
    outbox: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first_version = self.row["version"]

    async def step(self, ask: Ask) -> None:
        before = _facts(self.row)
        after = decide(before, ask)
        at = self.request.at
        self.row |= {
            "state": after.state.value,
            "version": after.version,
            "holder": after.holder,
            "filed_by": after.filed_by,
            "handled_by": after.handled_by,
            "checked_by": after.checked_by,
            "updated_at": at,
        }
        self._stamp(before.state, after.state)
        await self._transition(before.state, ask)
        self.outbox.append(notices.case_notice(self.row, before.state.value, at, ask.actor))
        if after.state is State.DISPATCHED:
            await self._new_task(after)
        elif (state := task_state(after.state)) is not None:
            await self._move_task(state)

    async def finish(self) -> None:
        """Write the case, its alert and the messages."""
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
        await self._judge_alert()
        await notices.write(self.session, self.outbox)

    def _stamp(self, before: State, after: State) -> None:
        at = self.request.at
        if after is State.FILED:
            self.row["filed_at"] = at
        elif after is State.HANDLED:
            self.row["handled_at"] = at
        elif after is State.DISPATCHED:
            limit = self._limit(rework=is_rework(before, after))
            due = deadline(at, limit, self.county.calendar)
            self.row |= {
                "dispatched_at": at,
                "due_at": due.at,
                "due_rule_zh": due.rule_zh,
                "due_rule_en": due.rule_en,
            }
        if after in FINAL:
            self.row |= {"closed_at": at, "open_key": None}
        if after is State.MERGED:
            self.row["merged_into"] = self.request.merge_into

    def _limit(self, *, rework: bool) -> Limit:
        code = notices.category_of(self.row)
        found = self.county.taxonomy.find(code)
        if found is None:
            raise NotFound(f"类别表中没有 {code}", f"the taxonomy has no {code}")
        limit = found[1].resolve
        return limit.for_rework() if rework else limit

    async def _transition(self, before: State, ask: Ask) -> None:
        by_person = ask.actor is not SYSTEM
        sha256 = self.request.evidence_sha256 if by_person else None
        if sha256 and self.row["state"] == State.HANDLED:
            await _refuse_camera_picture(self.session, sha256)
        await self.session.execute(
            insert(t.transitions).values(
                case_id=self.row["case_id"],
                seq=self.row["version"],
                from_state=before.value,
                to_state=self.row["state"],
                actor=ask.actor.username,
                role=ask.actor.role.value,
                at=self.request.at,
                note=ask.note,
                reason_code=ask.reason_code,
                evidence=sha256,
                holder=self.row["holder"],
                lon=self.request.lon if by_person else None,
                lat=self.request.lat if by_person else None,
            )
        )
        if sha256:
            link = {
                "case_id": self.row["case_id"],
                "sha256": sha256,
                "kind": "after" if self.row["state"] == State.HANDLED else "before",
                "captured_at": self.request.evidence_captured_at or self.request.at,
                "by": ask.actor.username,
            }
            await insert_ignore(self.session, t.evidence_links, [link])

    async def _new_task(self, after: Case) -> None:
        case_id, assignee = after.case_id, after.holder or ""
        query = select(func.count()).where(t.tasks.c.case_id == case_id)
        number = int(await self.session.scalar(query) or 0) + 1
        task = {
            "task_id": task_id(case_id, number),
            "case_id": case_id,
            "assignee": assignee,
            "post": await _post(self.session, self.county, assignee),
            "state": TaskState.DISPATCHED.value,
            "due_at": self.row["due_at"],
            "created_at": self.request.at,
            "open_case_id": case_id,
        }
        await self.session.execute(insert(t.tasks).values(task))
        self.outbox.append(notices.task_notice(task, self.row, self.request.at))

    async def _move_task(self, state: TaskState) -> None:
        c = t.tasks.c
        values: dict[str, Any] = {"state": state.value, f"{state.value}_at": self.request.at}
        if state is TaskState.HANDLED:
            values["open_case_id"] = None
        moved = await self.session.execute(
            update(t.tasks)
            .where(c.open_case_id == self.row["case_id"])
            .values(values)
            .returning(*t.tasks.c)
        )
        task = moved.mappings().one()
        self.outbox.append(notices.task_notice(task, self.row, self.request.at))

    async def _judge_alert(self) -> None:
        verdict = {
            State.FILED: "confirmed", State.MERGED: "confirmed", State.NOT_FILED: "rejected",
        }.get(self.request.to)  # fmt: skip
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


async def _locked(session: AsyncSession, case_ids: set[str]) -> dict[str, dict[str, Any]]:
    query = select(t.cases).where(t.cases.c.case_id.in_(case_ids)).order_by(t.cases.c.case_id)
    found = (await session.execute(query.with_for_update())).mappings()
    return {row["case_id"]: dict(row) for row in found}


def _facts(row: dict[str, Any]) -> Case:
    return Case(
        case_id=row["case_id"],
        state=State(row["state"]),
        version=row["version"],
        grid_code=row["grid_code"],
        holder=row["holder"],
        filed_by=row["filed_by"],
        handled_by=row["handled_by"],
        checked_by=row["checked_by"],
    )


async def _ask(
    session: AsyncSession, request: TransitionRequest, row: dict[str, Any], county: County
) -> Ask:
    assignee = request.assignee
    if assignee is not None:
        await _check_assignee(session, assignee)
    elif request.to is State.DISPATCHED and row["state"] == State.PENDING_DISPATCH:
        found = _route(row, county, request.at)
        if found is not None and await _is_worker(session, found.username):
            assignee = found.username
    return Ask(
        to=request.to,
        actor=request.actor,
        expected_version=request.expected_version,
        note=request.note,
        reason_code=request.reason_code,
        evidence_sha256=request.evidence_sha256,
        assignee=assignee,
        merge_into=request.merge_into,
    )


async def _dispatch(
    session: AsyncSession, row: dict[str, Any], county: County, at: datetime
) -> Ask:
    found = _route(row, county, at)
    if found is None:
        return Ask(State.PENDING_DISPATCH, SYSTEM)
    if not await _is_worker(session, found.username):
        note = f"值班表中的 {found.username} 没有处置账号 / no worker account on the roster"
        return Ask(State.PENDING_DISPATCH, SYSTEM, note=note)
    role = county.taxonomy.roles.get(found.role)
    note = f"{role.zh} / {role.en}" if role else found.role
    return Ask(State.DISPATCHED, SYSTEM, assignee=found.username, note=note)


def _route(row: dict[str, Any], county: County, at: datetime) -> Route | None:
    found = county.taxonomy.find(notices.category_of(row))
    return route(county, found[0], row["grid_code"], at) if found else None


async def _is_worker(session: AsyncSession, username: str) -> bool:
    user = await get_user(session, username)
    return user is not None and user.role == Role.WORKER


async def _check_assignee(session: AsyncSession, username: str) -> None:
    user = await get_user(session, username)
    if user is None:
        raise NotFound(f"没有人员 {username}", f"there is no person {username}")
    if user.role != Role.WORKER:
        raise NotAllowed(f"{username} 不是处置人员", f"{username} is not a worker")


async def _refuse_camera_picture(session: AsyncSession, sha256: str) -> None:
    """What a camera saw before does not prove what a worker did after."""
    c = t.evidence_links.c
    query = select(c.sha256).where(c.sha256 == sha256, c.kind == "camera").limit(1)
    if await session.scalar(query) is not None:
        raise ProofMissing(
            "处置后照片不能是摄像头图片,请现场拍照",
            "a camera's picture is no proof of the handling; take a photo on the spot",
        )


async def _post(session: AsyncSession, county: County, username: str) -> Post:
    for duty in county.roster:
        if duty.username == username:
            return duty.post
    user = await get_user(session, username)
    return "B" if user is not None and user.post == "B" else "A"
