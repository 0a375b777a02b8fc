"""What people do with a case, step by step, until it is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from yitong_command.demo.simulation import chances as c
from yitong_command.demo.simulation.desk import Desk
from yitong_command.demo.simulation.hands import Hands, Now
from yitong_command.demo.simulation.people import Staffed, desk_at, leader_at
from yitong_command.demo.simulation.tellers import Tellers, hash_of
from yitong_command.domain.actor import Actor
from yitong_command.domain.case import AskedKind, State
from yitong_command.domain.pause import PauseReason
from yitong_command.domain.privacy import is_protected
from yitong_command.storage.wishes import Wish

Next = datetime | None
SOON = timedelta(minutes=10)


@dataclass(slots=True)
class Thread:
    """What is still to be thought of in one case.

    Attributes:
        case_id: The case.
        source: Who told of it.
        dice: Of this case alone: other cases change nothing here.
        again_of: The case of the same fact that was told of before, or None.
        done: What happens once at most and has happened.
    """

    case_id: str
    source: str
    dice: Random
    again_of: str | None = None
    done: set[str] = field(default_factory=set)

    def once(self, what: str, chance: float) -> bool:
        """Whether this happens now; it is asked of a case once."""
        if what in self.done:
            return False
        self.done.add(what)
        return self.dice.random() < chance


class Life:
    """Moves cases along.

    Args:
        hands: Acts on cases.
        tellers: Tell that something is gone.
        staff: Who there is.
    """

    def __init__(self, hands: Hands, tellers: Tellers, staff: Staffed) -> None:
        self._hands = hands
        self._tellers = tellers
        self._staff = staff
        self._desk = Desk(hands, staff)
        desk, street = self._desk, self
        self._steps: dict[State, Callable[[Thread, Now, datetime], Awaitable[Next]]] = {
            State.REPORTED: desk.reported,
            State.PENDING_VERIFY: desk.verify,
            State.PENDING_FILING: desk.file,
            State.NOT_FILED: desk.refused,
            State.MERGED: desk.merged,
            State.PENDING_DISPATCH: desk.dispatch,
            State.HANDLED: desk.check,
            State.CHECKED: desk.close,
            State.CLOSED: desk.closed,
            State.DISPATCHED: street.accept,
            State.ACCEPTED: street.arrive,
            State.ARRIVED: street.begin,
            State.PROTECTED: street.begin,
            State.HANDLING: street.work,
            State.WAITING_EXTENSION: street.decide,
            State.SUSPENDED: street.resume,
        }

    async def step(self, thread: Thread, at: datetime) -> Next:
        """Do what is next in a case; when to look at it again, or None if it is over."""
        now = await self._hands.look(thread.case_id)
        step = self._steps.get(now.state)
        return await step(thread, now, at) if step else None

    def _holder(self, now: Now) -> Actor:
        return self._staff.workers[now.holder or ""]

    async def accept(self, thread: Thread, now: Now, at: datetime) -> Next:
        """Whoever was sent takes it, lets it lie, hands it back, or the police take it over."""
        dice = thread.dice
        if "sent" not in thread.done:
            thread.done.add("sent")
            missed = dice.random() < c.MISSED
            return at + (c.after(dice, 45) if missed else c.after(dice, 2.0))
        if now.category.startswith("ps_") and thread.once("hand_over", c.HANDED_OVER):
            return await self._desk.hand_over(thread, at)
        holder = self._holder(now)
        if thread.once("return", c.RETURNED):
            case = await self._hands.move(
                thread.case_id, State.PENDING_DISPATCH, holder, at, note="不属本单位 / not ours"
            )
            if case is not None:
                thread.done.discard("sent")
                return at + c.after(dice, 4)
        await self._hands.move(thread.case_id, State.ACCEPTED, holder, at)
        return at + c.after(dice, 5 if now.severity == 1 else 12)

    async def arrive(self, thread: Thread, now: Now, at: datetime) -> Next:
        """The holder comes to the place."""
        if now.holder not in self._staff.workers:
            return at + SOON
        await self._hands.move(thread.case_id, State.ARRIVED, self._holder(now), at)
        if is_protected(now.category):
            await self._view(thread, now, at)
        return at + c.after(thread.dice, 2)

    async def _view(self, thread: Thread, now: Now, at: datetime) -> None:
        known = self._hands.county.taxonomy.categories[now.category]
        role = sorted(known.detail_roles)[0] if known.detail_roles else ""
        names = [name for name, has in self._staff.roles.items() if has == role]
        if names:
            name = thread.dice.choice(names)
            await self._hands.view(
                thread.case_id, now.category, self._staff.workers[name], role, at
            )
        if thread.dice.random() < c.VIEWED_BY_OTHER:
            await self._hands.view(thread.case_id, now.category, self._holder(now), "municipal", at)

    async def begin(self, thread: Thread, now: Now, at: datetime) -> Next:
        """A barrier first where it is dangerous, then the work."""
        holder = self._holder(now)
        safe = now.state is State.PROTECTED or now.severity > 1 or is_protected(now.category)
        if not safe and thread.once("protect", c.PROTECTED):
            picture = hash_of(f"{thread.case_id}/barrier")
            await self._hands.move(
                thread.case_id, State.PROTECTED, holder, at, evidence_sha256=picture
            )
            return at + SOON
        await self._hands.move(thread.case_id, State.HANDLING, holder, at)
        if now.severity > 1 and thread.once("extend", c.EXTENDED):
            thread.done.add("extending")
            return at + SOON
        if now.severity > 1 and thread.once("suspend", c.SUSPENDED):
            thread.done.add("suspending")
            return at + SOON
        if thread.once("force", c.FORCED):
            thread.done.add("forcing")
            return at + SOON
        return self._finish(thread, now, at)

    def _finish(self, thread: Thread, now: Now, at: datetime) -> datetime:
        role = self._staff.roles.get(now.holder or "", "")
        return c.finished(thread.dice, now.category, role, at, now.due_at)

    async def work(self, thread: Thread, now: Now, at: datetime) -> Next:
        """Done, with a picture; or more time, a pause or an end by force is asked for."""
        for what, ask in (("extending", self._extend), ("suspending", self._suspend),
                          ("forcing", self._force)):  # fmt: skip
            if what in thread.done:
                thread.done.remove(what)
                return await ask(thread, now, at)
        count = thread.dice.random()
        case = await self._hands.move(
            thread.case_id, State.HANDLED, self._holder(now), at, note="已处置 / done",
            evidence_sha256=hash_of(f"{thread.case_id}/after/{count}"),
        )  # fmt: skip
        if case is None:
            return at + SOON
        await self._tellers.clear(thread.case_id, at)
        return at + c.after(thread.dice, 40)

    async def _extend(self, thread: Thread, now: Now, at: datetime) -> Next:
        case = await self._hands.move(
            thread.case_id, State.WAITING_EXTENSION, self._holder(now), at,
            note="缺配件 / a part is missing", minutes=10,
        )  # fmt: skip
        return at + c.after(thread.dice, 20) if case else self._finish(thread, now, at)

    async def decide(self, thread: Thread, now: Now, at: datetime) -> Next:
        """The duty leader answers."""
        granted = thread.dice.random() < c.GRANTED
        await self._hands.move(
            thread.case_id, State(now.resume_to or "handling"), leader_at(at), at, granted=granted
        )
        return self._finish(thread, now, at)

    async def _suspend(self, thread: Thread, now: Now, at: datetime) -> Next:
        wish = Wish(case_id=thread.case_id, kind=AskedKind.SUSPEND, actor=desk_at(at), at=at,
                    note="权属不清 / nobody owns it", reason=PauseReason.NO_OWNER,
                    until=at + timedelta(days=3))  # fmt: skip
        if not await self._hands.propose(wish):
            return self._finish(thread, now, at)
        await self._hands.move(thread.case_id, State.SUSPENDED, leader_at(at), at + SOON)
        return at + SOON + c.after(thread.dice, 24 * 60)

    async def resume(self, thread: Thread, now: Now, at: datetime) -> Next:
        """The pause is over."""
        await self._hands.move(thread.case_id, State(now.resume_to or "handling"), desk_at(at), at)
        return at + c.after(thread.dice, 60)

    async def _force(self, thread: Thread, now: Now, at: datetime) -> Next:
        wish = Wish(case_id=thread.case_id, kind=AskedKind.FORCE, actor=desk_at(at), at=at,
                    note="现场已不存在 / the place is gone")  # fmt: skip
        if await self._hands.propose(wish):
            await self._hands.move(thread.case_id, State.CLOSED_FORCED, leader_at(at), at + SOON)
            return None
        return self._finish(thread, now, at)
