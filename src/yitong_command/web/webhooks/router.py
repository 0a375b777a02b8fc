"""Subscriptions to changes: added, listed, tried, replayed, taken away."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.webhook import Wanted
from yitong_command.storage import audit, deliveries, webhooks
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.webhooks import service
from yitong_command.web.webhooks.schemas import (
    Queued,
    ReplayIn,
    WebhookIn,
    WebhookMade,
    WebhookOut,
    Webhooks,
)

router = APIRouter(tags=["webhooks"])


@router.get("/api/webhooks")
async def list_webhooks(web: WebDep) -> Webhooks:
    """All subscriptions with what waits; no secret is told."""
    async with transaction(web.readers) as session:
        found = await webhooks.list_all(session)
    return Webhooks(items=tuple(WebhookOut.model_validate(item) for item in found))


@router.post("/api/webhooks", status_code=201)
async def add_webhook(web: WebDep, person: PersonDep, body: WebhookIn) -> WebhookMade:
    """Subscribe; the secret stands in this answer and nowhere else."""
    async with transaction(web.sessions) as session:
        hook, secret = await service.make(
            session, web.settings, web.county.taxonomy, body.name, body.url,
            Wanted(**body.wanted.model_dump()), (person.username, person.role.value), web.clock(),
        )  # fmt: skip
    told = WebhookOut.model_validate(hook).model_dump()
    return WebhookMade(**told, secret=secret)


@router.delete("/api/webhooks/{webhook_id}", status_code=204)
async def remove_webhook(web: WebDep, person: PersonDep, webhook_id: str) -> None:
    """End a subscription; what waits for it is not sent."""
    async with transaction(web.sessions) as session:
        await webhooks.remove(session, webhook_id)
        await _record(web, session, person, "webhook_removed", webhook_id)


@router.post("/api/webhooks/{webhook_id}/test", status_code=202)
async def try_webhook(web: WebDep, person: PersonDep, webhook_id: str) -> Queued:
    """Send a trial message; its outcome is seen in the list."""
    async with transaction(web.sessions) as session:
        number = await deliveries.queue_test(session, webhook_id, web.clock())
        await _record(web, session, person, "webhook_tried", webhook_id)
    return Queued(delivery_id=number)


@router.post("/api/webhooks/{webhook_id}/replay", status_code=202)
async def replay_webhook(
    web: WebDep, person: PersonDep, webhook_id: str, body: ReplayIn
) -> WebhookOut:
    """Send everything since a time again, under the same numbers; wakes a dead subscription."""
    async with transaction(web.sessions) as session:
        await webhooks.ask_replay(session, webhook_id, body.since)
        await _record(web, session, person, "webhook_replayed", webhook_id)
        found = await webhooks.find(session, webhook_id)
    return WebhookOut.model_validate(found)


async def _record(
    web: Web, session: AsyncSession, person: Person, action: str, webhook_id: str
) -> None:
    await audit.record(session, web.clock(), person.username, person.role.value, action, webhook_id)
