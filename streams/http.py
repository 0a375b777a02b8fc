"""Health and metrics of the route worker, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import faust
import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import select

from streams.relay import Relay
from yitong_command.errors import DatabaseDown
from yitong_command.settings.environment import Settings
from yitong_command.storage.session import Sessions, transaction

CONNECT_S = 1.0


class HttpServer(uvicorn.Server):
    """Uvicorn inside another loop: signals are the worker's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def run_until_cancelled(self) -> None:
        """Serve until cancelled, then close every connection."""
        try:
            await self.serve()
        finally:
            self.should_exit = True
            if self.started:
                await self.shutdown()


def make_server(settings: Settings, app: faust.App, relay: Relay, readers: Sessions) -> HttpServer:
    """The worker's own server, on ``part_host:route_port``."""
    http = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)

    @http.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @http.get("/health/live")
    def live() -> JSONResponse:
        return _answer({"worker": _check(_crash(app))})

    @http.get("/health/ready")
    async def ready() -> JSONResponse:
        return _answer(
            {
                "worker": _check(_crash(app) or ("rebalancing" if app.rebalancing else None)),
                "broker": await _broker(settings.kafka),
                "database": await _database(readers),
                "relay": _check(relay.problem),
            }
        )

    config = uvicorn.Config(
        http,
        host=settings.part_host,
        port=settings.route_port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    return HttpServer(config)


def _crash(app: faust.App) -> str | None:
    return f"crashed: {app.crash_reason!r}" if app.crashed else None


async def _broker(kafka: str) -> dict[str, Any]:
    """Whether a broker can be reached; an idle worker would not notice for long."""
    problem = "no address"
    for address in kafka.split(","):
        host, _, port = address.rpartition(":")
        try:
            async with asyncio.timeout(CONNECT_S):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, TimeoutError) as exc:
            problem = f"Kafka at {address}: {exc or 'no answer'}"
        else:
            writer.close()
            return _check(None)
    return _check(problem)


async def _database(readers: Sessions) -> dict[str, Any]:
    try:
        async with transaction(readers) as session:
            await session.execute(select(1))
    except DatabaseDown as exc:
        return _check(str(exc))
    return _check(None)


def _check(problem: str | None) -> dict[str, Any]:
    return {"ok": problem is None, "detail": problem or "ok"}


def _answer(checks: dict[str, dict[str, Any]]) -> JSONResponse:
    fine = all(check["ok"] for check in checks.values())
    content = {"status": "ok" if fine else "failing", "checks": checks}
    return JSONResponse(content, 200 if fine else 503)
