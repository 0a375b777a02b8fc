"""Ball cameras in an operator's hand, and proof by camera.

The browser speaks to this part only. What is allowed here is sealed with the key that this part
shares with the workers and handed to the worker that has the camera; every order is audited.
"""

from __future__ import annotations

from typing import Any, TypeVar

import httpx
import structlog
from fastapi import APIRouter
from pydantic import BaseModel, ValidationError

from yitong_command.domain.camera import CameraKind
from yitong_command.errors import NotAllowed, NotFound, Refusal
from yitong_command.settings.orders import Order, seal_order
from yitong_command.settings.secrets import make_vault
from yitong_command.storage import audit
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.cameras.head_schemas import (
    HeadOrder,
    HeadOut,
    ProofOut,
    Relearned,
    ViewOrder,
)
from yitong_command.web.cameras.service import find
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.errors import CameraBlind

log = structlog.get_logger()

router = APIRouter(tags=["cameras"])

M = TypeVar("M", bound=BaseModel)
ORDER_S = 8.0
PROOF_S = 60.0


@router.get("/api/cameras/{camera_id}/head")
async def head(web: WebDep, person: PersonDep, camera_id: str) -> HeadOut:
    """Who has a ball camera in hand, and where it stands."""
    _ball(web, camera_id)
    return _head(await _ask(web, "GET", camera_id, None, ORDER_S), person)


@router.post("/api/cameras/{camera_id}/head")
async def steer(web: WebDep, person: PersonDep, camera_id: str, body: HeadOrder) -> HeadOut:
    """Take a ball camera in hand, turn it, go to a preset, or let it go on its round.

    One person at a time; the round goes on by itself 60 s after the last order.
    """
    _ball(web, camera_id)
    order = _order(web, person, camera_id, body.action, **body.model_dump(exclude={"action"}))
    return _head(await _obeyed(web, person, order, ORDER_S), person)


@router.post("/api/cameras/{camera_id}/proof")
async def proof(web: WebDep, person: PersonDep, camera_id: str, body: ViewOrder) -> ProofOut:
    """Go to a preset, wait until it stands, and keep a masked picture; or say what prevents it."""
    return await take_proof(web, person, camera_id, body.view_id)


@router.post("/api/cameras/{camera_id}/reference")
async def relearn(web: WebDep, person: PersonDep, camera_id: str, body: ViewOrder) -> Relearned:
    """What a view shows now is right: it was moved on purpose, so learn its look anew."""
    find(web, camera_id)
    order = _order(web, person, camera_id, "relearn", view_id=body.view_id)
    return _checked(Relearned, await _obeyed(web, person, order, ORDER_S))


async def take_proof(web: Web, person: Person, camera_id: str, view_id: str) -> ProofOut:
    """A masked picture of a ball camera's view, taken once it stood there.

    Raises:
        Refusal: If it is no ball camera, or what prevents it.
    """
    _ball(web, camera_id)
    order = _order(web, person, camera_id, "proof", view_id=view_id)
    return _checked(ProofOut, await _obeyed(web, person, order, PROOF_S))


def _ball(web: Web, camera_id: str) -> None:
    if find(web, camera_id).kind is not CameraKind.BALL:
        raise NotFound(f"{camera_id} 不是球机", f"{camera_id} is not a ball camera")


def _order(web: Web, person: Person, camera_id: str, action: str, **more: Any) -> Order:
    return Order(
        camera_id, action, person.username, person.user.name_zh, person.user.name_en,
        web.clock(), **more,
    )  # fmt: skip


async def _obeyed(web: Web, person: Person, order: Order, timeout_s: float) -> dict[str, Any]:
    """The worker's answer to an order; the order is in the audit trail before it is given."""
    detail = {
        name: value
        for name in ("pan", "tilt", "zoom", "view_id")
        if (value := getattr(order, name))
    }
    async with transaction(web.sessions) as session:
        await audit.record(
            session, order.at, person.username, person.role.value, f"camera_{order.action}",
            order.camera_id, detail,
        )  # fmt: skip
    sealed = seal_order(make_vault(web.settings.key_file), order)
    return await _ask(web, "POST", order.camera_id, sealed, timeout_s)


async def _ask(
    web: Web, method: str, camera_id: str, sealed: str | None, timeout_s: float
) -> dict[str, Any]:
    state = web.feed.cameras.get(camera_id, web.clock())
    if state is None or not state.worker_url.startswith(("http://", "https://")):
        raise CameraBlind("没有分析进程负责这个摄像头", "no ingest worker has this camera now")
    url = f"{state.worker_url.rstrip('/')}/cameras/{camera_id}/head"
    try:
        answer = await web.http.request(method, url, content=sealed, timeout=timeout_s)
        body = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
        log.info("camera_worker_silent", camera_id=camera_id, url=url, reason=repr(exc))
        raise CameraBlind(
            f"分析进程 {state.worker} 没有回答", f"the ingest worker {state.worker} does not answer"
        ) from exc
    if not isinstance(body, dict):
        raise CameraBlind("分析进程的回答无法读取", "the ingest worker's answer can't be read")
    if answer.status_code != 200:
        raise _refusal(answer.status_code, body)
    return body


def _refusal(status: int, body: dict[str, Any]) -> Refusal:
    """What the worker refused, in its words."""
    told = body.get("detail")
    zh, _, en = (told if isinstance(told, str) else "球机没有执行")[:600].partition(" / ")
    kind = {403: NotAllowed, 404: NotFound}.get(status, CameraBlind)
    return kind(zh, en or zh)


def _head(body: dict[str, Any], person: Person) -> HeadOut:
    mine = body.get("holder") == person.username
    return _checked(HeadOut, {**body, "mine": mine})


def _checked(model: type[M], body: dict[str, Any]) -> M:
    try:
        return model.model_validate(body)
    except ValidationError as exc:
        raise CameraBlind(
            "分析进程的回答无法读取", "the ingest worker's answer can't be read"
        ) from exc
