"""The desk's alert list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from yitong_command.storage import alerts
from yitong_command.storage.session import transaction
from yitong_command.web.alerts.schemas import Alert, Alerts
from yitong_command.web.deps import PersonDep, WebDep

router = APIRouter(tags=["alerts"])


@router.get("/api/alerts")
async def list_alerts(
    web: WebDep,
    person: PersonDep,
    only_open: Annotated[bool, Query(alias="open")] = True,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Alerts:
    """Alerts, newest first; only those that wait for a decision unless ``open=false``."""
    async with transaction(web.readers) as session:
        items = await alerts.list_alerts(session, limit, only_open, person.actor)
    return Alerts(items=tuple(Alert.model_validate(item) for item in items))
