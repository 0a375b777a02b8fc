"""Event groups: folded every few seconds by the one worker with the lease."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import structlog

from streams.retry import back_off
from yitong_command.domain.merging import GroupKind
from yitong_command.errors import Transient
from yitong_command.routing.groups import fold_groups
from yitong_command.storage import groups, outbox
from yitong_command.storage.session import Sessions, transaction

log = structlog.get_logger()

FOLD_S = 2.0
HOLD_S = 10.0
LEASE = "event-groups"


class Grouping:
    """Folds new cases into event groups.

    Args:
        sessions: Writing sessions.
        kinds: What comes in numbers.
        worker: Name of this worker.
    """

    def __init__(self, sessions: Sessions, kinds: tuple[GroupKind, ...], worker: str) -> None:
        self._sessions = sessions
        self._kinds = kinds
        self._owner = f"{worker}/{uuid4()}"

    async def run(self) -> None:
        """Fold until cancelled; a database that is down is waited for."""
        tries = 0
        while True:
            await asyncio.sleep(FOLD_S if tries == 0 else back_off(tries))
            try:
                await self.fold_once(datetime.now(UTC))
                tries = 0
            except Transient as exc:
                tries += 1
                log.warning("groups_waiting", reason=str(exc))

    async def fold_once(self, now: datetime) -> int:
        """Bring the groups up to date; gives how many cases joined one.

        Raises:
            DatabaseDown: If the database can't be reached.
        """
        async with transaction(self._sessions) as session:
            if not await outbox.take_lease(session, self._owner, now, HOLD_S, LEASE):
                return 0
            free = await groups.ungrouped(session, self._kinds, now)
            changed, joined = fold_groups(self._kinds, free, await groups.lasting(session), now)
            await groups.save(session, changed, joined, now)
        for group in changed:
            log.info("event_group", kind=group.kind, size=group.size, ended=bool(group.ended_at))
        return len(joined)
