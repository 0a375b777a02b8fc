"""Webhooks: changes from the topics are queued in the database and sent until they arrived.

One worker, the one with the lease, reads and sends. What is to be sent, how often it was tried
and when it is tried next stand in the database: a worker that dies loses nothing, the next sends
on. A message may arrive twice, with the same number; of one case each kind arrives in order.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog

from streams.metrics import WEBHOOKS
from streams.retry import back_off
from streams.webhook_mail import Mailer
from streams.webhook_read import READ, changes_of
from yitong_command.bus.positioned import PositionedReader, Raw
from yitong_command.domain.webhook import wait_s
from yitong_command.errors import ConfigError, Transient
from yitong_command.settings.environment import Settings
from yitong_command.settings.secrets import find_vault
from yitong_command.storage import deliveries, outbox, webhooks
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.webhooks import Webhook

log = structlog.get_logger()
HOLD_S = 15.0
POLL_S = 0.25
BATCH = 500
AT_ONCE = 8
DEAD_AFTER = timedelta(days=5)
KEEP = timedelta(days=30)
FORGET_EVERY = timedelta(hours=1)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
GONE = 410


class WebhookLoop:
    """Reads changes, queues them, and sends what is due.

    Args:
        settings: Broker, prefix, key file, and whether private addresses are allowed.
        sessions: Writing sessions.
        readers: Reading sessions.
        mailer: Sends one message.
        pace: What the waits between tries are multiplied by.
        dead_after: For how long a receiver may be away.
    """

    def __init__(
        self,
        settings: Settings,
        sessions: Sessions,
        readers: Sessions,
        mailer: Mailer | None = None,
        *,
        pace: float = 1.0,
        dead_after: timedelta = DEAD_AFTER,
    ) -> None:
        self._settings = settings
        self._sessions = sessions
        self._readers = readers
        self._mailer = mailer or Mailer(private=settings.webhook_private)
        self._pace = pace
        self._dead_after = dead_after
        self._owner = f"{settings.worker}/{uuid4()}"
        self._reader = PositionedReader(settings.kafka, settings.topic_prefix, READ)
        self._open = False
        self._held_until = self._forgotten = LONG_AGO
        self._sending: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Read and send until cancelled; a broker or database that is down is waited for."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._repeat(self._read_once, "webhooks-read"))
                group.create_task(self._repeat(self._send_once, "webhooks-send"))
        finally:
            await self._close()

    async def _close(self) -> None:
        """Let go of connections, tasks and the lease."""
        for task in self._sending.values():
            task.cancel()
        await asyncio.gather(*self._sending.values(), return_exceptions=True)
        await self._mailer.close()
        await self._shut()
        try:
            async with transaction(self._sessions) as session:
                await outbox.drop_lease(session, self._owner, webhooks.LEASE)
        except Transient as exc:
            log.warning("left_undone", reason=str(exc))

    async def _repeat(self, act: Any, name: str) -> None:
        tries = 0
        while True:
            try:
                if await self._lease(datetime.now(UTC)):
                    await act(datetime.now(UTC))
                else:
                    await self._shut()
                    await asyncio.sleep(HOLD_S / 3)
                tries = 0
            except Transient as exc:
                tries += 1
                if tries == 1:
                    log.warning("waiting", what=name, reason=str(exc))
                await self._shut()
                await asyncio.sleep(back_off(tries))

    async def _lease(self, now: datetime) -> bool:
        if now < self._held_until - timedelta(seconds=HOLD_S / 2):
            return True
        async with transaction(self._sessions) as session:
            held = await outbox.take_lease(session, self._owner, now, HOLD_S, webhooks.LEASE)
        self._held_until = now + timedelta(seconds=HOLD_S if held else 0)
        return held

    async def _shut(self) -> None:
        self._open = False
        await self._reader.close()

    async def _read_once(self, now: datetime) -> None:
        """Queue what came, and refill for those who asked for a replay."""
        if not self._open:
            async with transaction(self._readers) as session:
                known = await deliveries.positions(session)
            await self._reader.open(known)
            self._open = True
        raws = await self._reader.take(BATCH, 0.5)
        if raws:
            await self._queue(raws, now)
        async with transaction(self._readers) as session:
            hooks = await webhooks.list_all(session)
        for hook in hooks:
            if hook.replay_from is not None:
                await self._replay(hook, hook.replay_from, now)
        if now - self._forgotten > FORGET_EVERY:
            self._forgotten = now
            async with transaction(self._sessions) as session:
                await deliveries.forget(session, now - KEEP)

    async def _queue(self, raws: list[Raw], now: datetime) -> None:
        offsets = {(raw.topic, raw.partition): raw.offset + 1 for raw in raws}
        async with transaction(self._sessions) as session:
            came = await changes_of(session, raws)
            added = await deliveries.queue(session, came, now)
            await deliveries.move_on(session, offsets)
        if added:
            WEBHOOKS.labels("queued").inc(added)

    async def _replay(self, hook: Webhook, since: datetime, now: datetime) -> None:
        """Read again what the topics hold since a time, up to where reading goes on anyway.

        If it is cut off, it begins anew: what was asked stays asked until all of it is queued.
        """
        async with transaction(self._sessions) as session:
            until = await deliveries.positions(session)
            await deliveries.clear(session, hook.webhook_id, since)
        reader = PositionedReader(self._settings.kafka, self._settings.topic_prefix, READ)
        count = 0
        try:
            await reader.open({}, since)
            while (raws := await reader.take(BATCH, 0.5)) or await reader.behind():
                own = [raw for raw in raws if raw.offset < until.get((raw.topic, raw.partition), 0)]
                async with transaction(self._sessions) as session:
                    came = await changes_of(session, own)
                    count += await deliveries.refill(session, hook, came, since, now)
        finally:
            await reader.close()
        async with transaction(self._sessions) as session:
            await deliveries.refilled(session, hook.webhook_id, since)
        WEBHOOKS.labels("replayed").inc(count)
        log.info("webhook_replayed", webhook=hook.webhook_id, messages=count)

    async def _send_once(self, now: datetime) -> None:
        """Start sending to every subscriber that has something due; slow ones delay no other."""
        async with transaction(self._readers) as session:
            hooks = await webhooks.list_all(session)
        self._sending = {key: task for key, task in self._sending.items() if not task.done()}
        for hook in _ready(hooks, self._sending):
            if hook.oldest_at and now - hook.oldest_at > self._dead_after:
                await self._give_up(hook, "多日无法送达", "could not be reached for days")
                continue
            self._sending[hook.webhook_id] = asyncio.create_task(self._serve(hook))
        await asyncio.sleep(POLL_S)

    async def _serve(self, hook: Webhook) -> None:
        try:
            async with transaction(self._readers) as session:
                found = await deliveries.due(session, hook.webhook_id, datetime.now(UTC), AT_ONCE)
            if found:
                secret = find_vault(self._settings.key_file).open(hook.secret)
                await asyncio.gather(*(self._send(hook, secret, item) for item in found))
        except (Transient, ConfigError) as exc:
            log.warning("webhook_waiting", webhook=hook.webhook_id, reason=str(exc))
            await asyncio.sleep(back_off(5))

    async def _send(self, hook: Webhook, secret: str, item: deliveries.Due) -> None:
        status, problem = await self._mailer.send(
            hook.url, secret, item.message_id, item.body, datetime.now(UTC)
        )
        now = datetime.now(UTC)
        WEBHOOKS.labels("failed" if problem else "delivered").inc()
        if status == GONE:
            await self._give_up(hook, "接收方答复 410, 不再接收", "the receiver answered 410: gone")
            return
        async with transaction(self._sessions) as session:
            if not problem:
                await deliveries.delivered(session, item.id, now)
                return
            wait = self._pace * wait_s(item.attempts + 1, random.random())  # noqa: S311
            await deliveries.failed(session, item.id, now + timedelta(seconds=wait), problem)

    async def _give_up(self, hook: Webhook, zh: str, en: str) -> None:
        log.error("webhook_dead", webhook=hook.webhook_id, reason=en)
        WEBHOOKS.labels("dead").inc()
        async with transaction(self._sessions) as session:
            await webhooks.give_up(session, hook.webhook_id, zh, en)


def _ready(hooks: Iterable[Webhook], busy: dict[str, asyncio.Task[None]]) -> list[Webhook]:
    return [
        hook
        for hook in hooks
        if hook.state == webhooks.ACTIVE and hook.waiting and hook.webhook_id not in busy
    ]
