"""The ledger."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from yitong_command.storage.session import transaction
from yitong_command.web.deps import WebDep
from yitong_command.web.ledger.schemas import Ledger
from yitong_command.web.ledger.service import read_ledger

router = APIRouter(tags=["ledger"])


@router.get("/api/ledger")
async def ledger(web: WebDep, hours: Annotated[int, Query(ge=1, le=24 * 31)] = 24) -> Ledger:
    """Captured, delivered and cased per source and hour, and the alarms of what differs."""
    async with transaction(web.readers) as session:
        return await read_ledger(session, web.clock(), hours)
