"""What happens around every request: its id, headers, size limit, log line and metrics."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from yitong_command.web.errors import TooLarge, problem
from yitong_command.web.headers import SECURITY_HEADERS

log = structlog.get_logger("yitong.web.access")

REQUESTS = Counter("yitong_web_requests_total", "Answers given", ["method", "route", "status"])
SECONDS = Histogram(
    "yitong_web_request_seconds",
    "Time to the whole answer, without live feed and video",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)

KIB = 1024
PHOTO_BODY = 9 * KIB * KIB
PLAIN_BODY = 64 * KIB
BATCH_BODY = 2 * KIB * KIB
_PHOTO_PATH = re.compile(r"/api/tasks/[^/]+/handle|/api/reports|/api/public/reports")
_BATCH_PATH = re.compile(r"/api/gateway/[^/]+/reports|/api/replay")
_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
ENDLESS = ("/api/live", "/api/cameras/{camera_id}/video")
_QUIET = ("/health/", "/metrics")


class Around:
    """Gives every request an id, and every answer its headers, a log line and metrics."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        request_id = sent if _REQUEST_ID.fullmatch(sent) else uuid4().hex[:16]
        scope.setdefault("state", {})["request_id"] = request_id
        status = 500

        async def dressed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, dressed)
            finally:
                _note(scope, status, time.perf_counter() - began)


class BodyLimit:
    """Refuses request bodies that are larger than their address needs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = _limit(scope["path"])
        declared = Headers(scope=scope).get("content-length", "0")
        if not declared.isdecimal() or int(declared) > limit:
            await _too_large(limit)(scope, receive, send)
            return
        taken = 0
        answered = False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise _refused(limit)
            return message

        async def replaced(message: Message) -> None:
            # Whatever is made of the interrupted body, the answer is the real reason.
            nonlocal answered
            if taken <= limit:
                await send(message)
            elif not answered:
                answered = True
                await _too_large(limit)(scope, receive, send)

        await self._app(scope, counted, replaced)


def _limit(path: str) -> int:
    if _PHOTO_PATH.fullmatch(path):
        return PHOTO_BODY
    return BATCH_BODY if _BATCH_PATH.fullmatch(path) else PLAIN_BODY


def _refused(limit: int) -> TooLarge:
    return TooLarge(
        f"内容过大,最多 {limit // KIB} KB", f"the request is larger than {limit // KIB} KB"
    )


def _too_large(limit: int) -> ASGIApp:
    refusal = _refused(limit)
    # The rest of the body is not read, so the connection can't be used again.
    return problem(413, refusal.code, refusal.zh, refusal.en, headers={"Connection": "close"})


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "") or "unmatched"
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    REQUESTS.labels(method, route, str(status)).inc()
    if route not in ENDLESS:
        SECONDS.labels(method, route).observe(seconds)
    if not scope["path"].startswith(_QUIET):
        log.info(
            "request",
            method=method,
            path=scope["path"],
            status=status,
            ms=round(seconds * 1000, 1),
            user=scope["state"].get("username"),
        )
