"""What the desk does with a case: file, send, check, close, call back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from yitong_command.demo.simulation import chances as c
from yitong_command.demo.simulation.hands import Hands, Now
from yitong_command.demo.simulation.people import DESKS, Staffed, desk_at
from yitong_command.domain.case import Receipt, State
from yitong_command.domain.permits import REOPEN_UNSATISFIED
from yitong_command.domain.privacy import is_protected
from yitong_command.domain.states import UNFILED

if TYPE_CHECKING:
    from yitong_command.demo.simulation.life import Next, Thread

CALLED_BACK = frozenset({"hotline_12345", "resident_wechat", "police_110", "property", "worker"})
FALSE_ALARM, TOO_SMALL = 1, 2


class Desk:
    """The operators of both shifts, and the one who checks.

    Args:
        hands: Acts on cases.
        staff: Whom they can send.
    """

    def __init__(self, hands: Hands, staff: Staffed) -> None:
        self._hands = hands
        self._staff = staff

    async def reported(self, thread: Thread, now: Now, at: datetime) -> Next:
        """Confirm, refuse, merge, or send somebody to look first."""
        if thread.again_of and thread.once("merge", c.MERGED) and await self._merge(thread, at):
            return at + c.after(thread.dice, 120)
        camera = thread.source == "camera_ai"
        if thread.once("false", c.FALSE_CAMERA if camera else c.FALSE_OTHER):
            return await self._refuse(thread, at)
        ask = not camera and not is_protected(now.category) and now.severity > 1
        if ask and thread.once("verify", c.VERIFIED):
            worker = self._somebody(thread, now, "grid_worker")
            await self._hands.move(
                thread.case_id, State.PENDING_VERIFY, desk_at(at), at, assignee=worker
            )
            thread.done.add(f"verifier:{worker}")
            return at + c.after(thread.dice, 40)
        return await self.file(thread, now, at)

    async def _merge(self, thread: Thread, at: datetime) -> bool:
        target = thread.again_of
        case = await self._hands.move(
            thread.case_id, State.MERGED, desk_at(at), at, merge_into=target
        )
        return case is not None

    async def merged(self, thread: Thread, now: Now, at: datetime) -> Next:
        """Now and then it was another matter after all."""
        if not thread.once("split", c.SPLIT):
            return None
        to = State.REPORTED if now.resume_to in UNFILED else State.PENDING_DISPATCH
        await self._hands.move(thread.case_id, to, desk_at(at), at, note="另一件 / another one")
        return at + c.after(thread.dice, 4)

    async def verify(self, thread: Thread, _now: Now, at: datetime) -> Next:
        """Whoever was sent to look says what is there."""
        name = next(n.partition(":")[2] for n in thread.done if n.startswith("verifier:"))
        missing = thread.once("not_there", c.NOT_THERE)
        if missing:
            thread.done.add("gone")
        await self._hands.move(
            thread.case_id, State.PENDING_FILING, self._staff.workers[name], at,
            result="not_exist" if missing else "exists", note="现场核实 / seen on site",
        )  # fmt: skip
        return at + c.after(thread.dice, 5)

    async def file(self, thread: Thread, now: Now, at: datetime) -> Next:
        """File it; the system sends somebody where grid and roster name one."""
        if now.state is State.PENDING_FILING and "gone" in thread.done:
            thread.done.remove("gone")
            return await self._refuse(thread, at)
        if is_protected(now.category):
            await self._hands.note(thread.case_id, now.category, desk_at(at), at)
        thread.done.discard("sent")
        await self._hands.move(thread.case_id, State.FILED, desk_at(at), at)
        return at + c.after(thread.dice, 3)

    async def _refuse(self, thread: Thread, at: datetime) -> Next:
        reason = FALSE_ALARM if thread.source == "camera_ai" else TOO_SMALL
        await self._hands.move(thread.case_id, State.NOT_FILED, desk_at(at), at, reason_code=reason)
        return at + c.after(thread.dice, 600)

    async def refused(self, thread: Thread, _now: Now, at: datetime) -> Next:
        """Now and then the reporter objects, and it is looked at once more."""
        if not thread.once("object", c.OBJECTED):
            return None
        await self._hands.move(
            thread.case_id, State.PENDING_FILING, desk_at(at), at, note="异议 / objected"
        )
        return at + c.after(thread.dice, 30)

    async def dispatch(self, thread: Thread, now: Now, at: datetime) -> Next:
        """Where the roster names nobody, the desk names somebody."""
        category = self._hands.county.taxonomy.categories[now.category]
        thread.done.discard("sent")
        await self._hands.move(
            thread.case_id, State.DISPATCHED, desk_at(at), at,
            assignee=self._somebody(thread, now, category.first),
        )  # fmt: skip
        return at + c.after(thread.dice, 3)

    async def hand_over(self, thread: Thread, at: datetime) -> Next:
        """The police took it: their receipt ends it here."""
        receipt = Receipt("police_110", f"SIM-{thread.case_id}", at)
        await self._hands.move(thread.case_id, State.HANDED_OVER, desk_at(at), at, receipt=receipt)
        return None

    async def check(self, thread: Thread, _now: Now, at: datetime) -> Next:
        """Somebody other than who handled it looks whether it is done."""
        checker = DESKS["desk-check"]
        if thread.once("rework", c.REWORKED):
            thread.done.discard("sent")
            await self._hands.move(
                thread.case_id, State.REWORK, checker, at, note="未到位 / not done"
            )
            return at + c.after(thread.dice, 5)
        await self._hands.move(thread.case_id, State.CHECKED, checker, at)
        return at + c.after(thread.dice, 10)

    async def close(self, thread: Thread, now: Now, at: datetime) -> Next:
        """End it; police matters by their receipt only."""
        police = now.category.startswith("ps_")
        receipt = Receipt("police_110", f"SIM-{thread.case_id}", at) if police else None
        await self._hands.move(thread.case_id, State.CLOSED, desk_at(at), at, receipt=receipt)
        return at + c.after(thread.dice, 180)

    async def closed(self, thread: Thread, _now: Now, at: datetime) -> Next:
        """Call back who told of it; who is not satisfied may have it opened again."""
        if thread.once("reopen", c.REOPENED):
            thread.done.discard("called")
            thread.done.discard("sent")
            await self._hands.move(
                thread.case_id, State.REOPENED, desk_at(at), at,
                reason_code=REOPEN_UNSATISFIED, note="不满意 / not satisfied",
            )  # fmt: skip
            return at + c.after(thread.dice, 5)
        if thread.source in CALLED_BACK and thread.once("called", 1.0):
            answer = thread.dice.choices(list(c.SATISFIED), list(c.SATISFIED.values()))[0]
            await self._hands.call(thread.case_id, desk_at(at), at, answer)
        return None

    def _somebody(self, thread: Thread, now: Now, role: str) -> str:
        here = [
            name
            for name, actor in self._staff.workers.items()
            if self._staff.roles[name] == role and actor.covers(now.grid_code)
        ]
        return thread.dice.choice(here)
