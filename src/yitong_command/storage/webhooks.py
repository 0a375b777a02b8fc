"""Webhooks: who is told of changes, and how each subscription stands."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.webhook import Wanted
from yitong_command.errors import NotFound
from yitong_command.storage.tables_kit import webhook_deliveries, webhooks

LEASE = "webhooks"
ACTIVE, DEAD = "active", "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One subscription; the secret is sealed.

    ``waiting`` counts what is not delivered yet; ``oldest_at`` is when the oldest of it came.
    """

    webhook_id: str
    name: str
    url: str
    secret: str
    wanted: Wanted
    state: str
    reason_zh: str
    reason_en: str
    made_at: datetime
    made_by: str
    replay_from: datetime | None
    waiting: int = 0
    oldest_at: datetime | None = None
    problem: str = ""


async def add(session: AsyncSession, hook: Webhook) -> None:
    """Keep a new subscription."""
    row = asdict(hook)
    for name in ("waiting", "oldest_at", "problem"):
        del row[name]
    await session.execute(insert(webhooks).values(row))


async def remove(session: AsyncSession, webhook_id: str) -> None:
    """Take a subscription away, with all that waits for it.

    Raises:
        NotFound: If there is none.
    """
    await find(session, webhook_id)
    d, w = webhook_deliveries.c, webhooks.c
    await session.execute(delete(webhook_deliveries).where(d.webhook_id == webhook_id))
    await session.execute(delete(webhooks).where(w.webhook_id == webhook_id))


async def list_all(session: AsyncSession) -> tuple[Webhook, ...]:
    """All subscriptions, oldest first, with what waits for each."""
    d, w = webhook_deliveries.c, webhooks.c
    waiting = (
        select(d.webhook_id, func.count().label("waiting"), func.min(d.queued_at).label("oldest"))
        .where(d.delivered_at.is_(None))
        .group_by(d.webhook_id)
        .subquery()
    )
    problem = (
        select(d.problem)
        .where(d.webhook_id == w.webhook_id, d.delivered_at.is_(None), d.problem != "")
        .order_by(d.id)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(webhooks, waiting.c.waiting, waiting.c.oldest, problem.label("problem"))
        .outerjoin(waiting, waiting.c.webhook_id == w.webhook_id)
        .order_by(w.made_at, w.webhook_id)
    )
    return tuple(_hook(row) for row in (await session.execute(query)).mappings())


async def find(session: AsyncSession, webhook_id: str) -> Webhook:
    """One subscription.

    Raises:
        NotFound: If there is none.
    """
    for hook in await list_all(session):
        if hook.webhook_id == webhook_id:
            return hook
    raise NotFound(f"没有推送订阅 {webhook_id}", f"there is no webhook {webhook_id}")


async def ask_replay(session: AsyncSession, webhook_id: str, since: datetime) -> None:
    """Have everything since a time sent again, under the same numbers; wakes a dead one.

    Raises:
        NotFound: If there is no such webhook.
    """
    await find(session, webhook_id)
    values = {"replay_from": since, "state": ACTIVE, "reason_zh": "", "reason_en": ""}
    statement = update(webhooks).where(webhooks.c.webhook_id == webhook_id)
    await session.execute(statement.values(values))


async def give_up(session: AsyncSession, webhook_id: str, zh: str, en: str) -> None:
    """Send nothing more to a subscriber until somebody replays."""
    statement = update(webhooks).where(webhooks.c.webhook_id == webhook_id)
    await session.execute(statement.values(state=DEAD, reason_zh=zh, reason_en=en))


def _hook(row: RowMapping) -> Webhook:
    names = {c.name for c in webhooks.c} - {"wanted"}
    lists = {name: tuple(values) for name, values in row["wanted"].items()}
    return Webhook(
        **{name: row[name] for name in names},
        wanted=Wanted(**lists),
        waiting=row["waiting"] or 0,
        oldest_at=row["oldest"],
        problem=row["problem"] or "",
    )
