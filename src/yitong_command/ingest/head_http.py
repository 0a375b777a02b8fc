"""The worker's HTTP for ball cameras: sealed orders in, the state of the head out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from yitong_command.domain.incident import EvidenceRef
from yitong_command.errors import (
    ConfigError,
    CorruptMedia,
    NotAllowed,
    NotFound,
    Refusal,
    SourceLost,
)
from yitong_command.ingest.steered import prove
from yitong_command.ingest.steering import HeadStatus, Steering
from yitong_command.ingest.views import Memories, ViewMemory
from yitong_command.settings.orders import Order, OrderBook
from yitong_command.sources.decoder import DecoderBusy, DecoderPool
from yitong_command.storage.evidence import EvidenceStore

_log = structlog.get_logger()

LONGEST_ORDER = 4096


@dataclass(frozen=True, slots=True)
class Heads:
    """What obeys orders.

    Attributes:
        steering: Of this worker's ball cameras.
        orders: Opens what the web part sealed.
        memories: By camera and view.
        decoder: Keyframes to pixels.
        evidence: Takes proofs.
        clock: The current time, aware UTC.
    """

    steering: Steering
    orders: OrderBook
    memories: Memories
    decoder: DecoderPool
    evidence: EvidenceStore
    clock: Callable[[], datetime]

    async def obey(self, sealed: str, camera_id: str) -> dict[str, Any]:
        """Do what an order says; the answer to it.

        Raises:
            Refusal: If it is no order of ours, or somebody else has the camera in hand.
            SourceLost: If the camera does not answer, or shows nothing.
        """
        order = self.orders.open(sealed, camera_id, self.clock())
        if order.action == "relearn":
            self._memory(order).scene.relearn()
            _log.info("reference_relearned", camera_id=camera_id, view=order.view_id)
            return {"view_id": order.view_id}
        if order.action == "proof":
            return await self._prove(order)
        return head_json(await self.steering.obey(order))

    async def _prove(self, order: Order) -> dict[str, Any]:
        memory = self._memory(order)
        stood_at = await self.steering.stand(order)
        try:
            found = await prove(memory, stood_at, self.decoder, self.evidence)
        finally:
            self.steering.keep(order.camera_id)
        return proof_json(found, order.view_id)

    def _memory(self, order: Order) -> ViewMemory:
        memory = self.memories.get((order.camera_id, order.view_id))
        if memory is None:
            raise NotFound(f"没有画面 {order.view_id}", f"there is no view {order.view_id!r}")
        return memory


def add_head_routes(app: FastAPI, heads: Heads) -> None:
    """Have the worker obey orders.

    Args:
        app: The worker's HTTP application.
        heads: What obeys them.
    """

    @app.get("/cameras/{camera_id}/head")
    async def status(camera_id: str) -> JSONResponse:
        async def answer() -> dict[str, Any]:
            return head_json(heads.steering.status(camera_id))

        return await _answer(answer())

    @app.post("/cameras/{camera_id}/head")
    async def obey(camera_id: str, request: Request) -> JSONResponse:
        sealed = (await request.body())[: LONGEST_ORDER + 1]
        if len(sealed) > LONGEST_ORDER:
            return _said(413, "too_large", "指令过长 / the order is too long")
        return await _answer(heads.obey(sealed.decode("ascii", "replace"), camera_id))


async def _answer(work: Awaitable[dict[str, Any]]) -> JSONResponse:
    try:
        return JSONResponse(await work)
    except Refusal as exc:
        status = {NotFound: 404, NotAllowed: 403}.get(type(exc), 409)
        return _said(status, exc.code, str(exc))
    except (SourceLost, CorruptMedia, DecoderBusy) as exc:
        return _said(503, "camera_blind", str(exc))
    except ConfigError as exc:
        _log.error("steering_impossible", detail=str(exc))
        return _said(503, "no_key", str(exc))
    except OSError as exc:
        return _said(507, "not_stored", f"证据盘写入失败 / can't store it: {exc.strerror or exc}")


def _said(status: int, code: str, detail: str) -> JSONResponse:
    return JSONResponse({"code": code, "detail": detail}, status_code=status)


def head_json(head: HeadStatus) -> dict[str, Any]:
    """How a head is, as the web part reads it."""
    hold = head.hold
    return {
        "holder": hold.user if hold else None,
        "holder_name_zh": hold.name_zh if hold else "",
        "holder_name_en": hold.name_en if hold else "",
        "since": hold.since.isoformat() if hold else None,
        "resumes_at": hold.until.isoformat() if hold else None,
        "view_id": head.view_id,
        "lost": head.lost,
    }


def proof_json(found: EvidenceRef, view_id: str) -> dict[str, Any]:
    """A proof, as the web part reads it."""
    return {
        "view_id": view_id,
        "sha256": found.sha256,
        "captured_at": found.captured_at.isoformat(),
        "width": found.width,
        "height": found.height,
    }
