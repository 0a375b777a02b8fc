"""Is this process alive, and can it do its work."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text

from yitong_command.errors import DatabaseDown
from yitong_command.storage.session import transaction
from yitong_command.web.audit.keeper import late
from yitong_command.web.context import Web
from yitong_command.web.deps import WebDep

router = APIRouter(tags=["health"], include_in_schema=False)


@router.get("/health/live")
async def live() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok", "checks": {}})


@router.get("/health/ready")
async def ready(web: WebDep) -> JSONResponse:
    """Database, broker and configuration; 503 if one of them fails."""
    checks = {
        "database": await _database(web),
        "broker": {"ok": web.feed.state == "live", "detail": web.feed.detail or web.feed.state},
        "audit": await _audit(web),
        "config": {"ok": True, "detail": f"{len(web.cameras)} cameras"},
    }
    ok = all(check["ok"] for check in checks.values())
    body = {"status": "ok" if ok else "failing", "checks": checks}
    return JSONResponse(body, 200 if ok else 503, {"Cache-Control": "no-store"})


@router.get("/metrics")
async def metrics() -> Response:
    """Prometheus metrics of this process."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


async def _audit(web: Web) -> dict[str, object]:
    try:
        async with asyncio.timeout(3):
            told = await late(web)
    except (DatabaseDown, TimeoutError) as exc:
        return {"ok": False, "detail": str(exc) or "timed out"}
    return {"ok": not told, "detail": told}


async def _database(web: Web) -> dict[str, object]:
    try:
        async with asyncio.timeout(3), transaction(web.readers) as session:
            await session.execute(text("SELECT 1"))
    except (DatabaseDown, TimeoutError) as exc:
        return {"ok": False, "detail": str(exc) or "timed out"}
    return {"ok": True, "detail": ""}
