"""What every part at the edge serves of itself: health and metrics, in its own event loop."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from yitong_command.errors import ConfigError
from yitong_command.ingest.health import Health


def add_own_routes(app: FastAPI, health: Health) -> None:
    """Health and metrics.

    Args:
        app: Gets the routes.
        health: What the part says of itself.
    """

    @app.get("/health/live")
    async def live() -> dict[str, object]:
        return {"status": "ok", "checks": {}}

    @app.get("/health/ready")
    async def ready() -> JSONResponse:
        well, report = health.report()
        return JSONResponse(report, status_code=200 if well else 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


class Server(uvicorn.Server):
    """A server inside our own event loop; signals are the worker's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


async def serve(app: FastAPI, host: str, port: int, setting: str = "YITONG_INGEST_PORT") -> None:
    """Serve until cancelled.

    Args:
        app: What is served.
        host: Address to listen on.
        port: Its port.
        setting: The variable that gives the port, for the error.

    Raises:
        ConfigError: If the address is taken.
    """
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=256)
    except OSError as exc:
        raise ConfigError("environment", setting, f"{host}:{port}: {exc.strerror}") from exc
    with listening:
        await Server(config).serve(sockets=[listening])
