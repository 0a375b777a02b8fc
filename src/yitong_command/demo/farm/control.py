"""The control server: start the programme, play, repair, break cameras, read the ground truth."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import prometheus_client
from aiohttp import web
from pydantic import Field, ValidationError

from yitong_command.demo.farm.ball import BallScene
from yitong_command.demo.farm.faults import Fault
from yitong_command.demo.farm.truth import Fact
from yitong_command.errors import NotFound, Refusal
from yitong_command.settings.files import Strict

if TYPE_CHECKING:
    from yitong_command.demo.farm.farm import Farm

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class _FaultBody(Strict):
    fault: Fault
    for_s: float | None = Field(None, gt=0, le=86_400)


def control_app(farm: Farm) -> web.Application:
    """The application with all routes."""
    control = _Control(farm)
    app = web.Application(middlewares=[_refusals], client_max_size=65_536)
    app.add_routes(
        [
            web.get("/health/live", control.live),
            web.get("/health/ready", control.ready),
            web.get("/metrics", control.metrics),
            web.get("/cameras", control.cameras),
            web.post("/start", control.start),
            web.post("/cameras/{id}/play", control.play),
            web.post("/cameras/{id}/repair", control.repair),
            web.post("/cameras/{id}/fault", control.fault),
            web.get("/ground-truth", control.ground_truth),
        ]
    )
    return app


class _Control:
    def __init__(self, farm: Farm) -> None:
        self._farm = farm

    async def live(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "checks": {}})

    async def ready(self, request: web.Request) -> web.Response:
        player = self._farm.player
        running = player is not None and not player.done()
        failed = self._farm.county.failed
        detail = "; ".join(f"{name}: {reason}" for name, reason in failed.items())
        checks = {
            "player": {"ok": running, "detail": "" if running else "the player has stopped"},
            "clips": {"ok": True, "detail": detail},
        }
        body = {"status": "ok" if running else "failing", "checks": checks}
        return web.json_response(body, status=200 if running else 503)

    async def metrics(self, request: web.Request) -> web.Response:
        body = prometheus_client.generate_latest()
        return web.Response(
            body=body, headers={"Content-Type": prometheus_client.CONTENT_TYPE_LATEST}
        )

    async def cameras(self, request: web.Request) -> web.Response:
        items = [self._camera(camera_id) for camera_id in self._farm.county.cameras]
        items += [
            {"camera_id": camera_id, "state": "failed", "reason": reason}
            for camera_id, reason in self._farm.county.failed.items()
        ]
        return web.json_response({"items": items})

    async def start(self, request: web.Request) -> web.Response:
        return web.json_response({"started_at": _iso(self._farm.schedule.start())})

    async def play(self, request: web.Request) -> web.Response:
        camera_id = request.match_info["id"]
        self._farm.play(camera_id)
        return web.json_response(self._camera(camera_id))

    async def repair(self, request: web.Request) -> web.Response:
        camera_id = request.match_info["id"]
        self._farm.repair(camera_id)
        return web.json_response(self._camera(camera_id))

    async def fault(self, request: web.Request) -> web.Response:
        camera_id = request.match_info["id"]
        self._farm.camera(camera_id)
        try:
            body = _FaultBody.model_validate_json(await request.read())
        except ValidationError as exc:
            first = exc.errors(include_url=False)[0]
            key = ".".join(str(part) for part in first["loc"])
            return _problem(422, "bad_request", f"请求内容有误：{key}", f"{key}: {first['msg']}")
        await self._farm.make_ready(camera_id, body.fault)
        self._farm.set_fault(camera_id, body.fault, body.for_s)
        return web.json_response(self._camera(camera_id))

    async def ground_truth(self, request: web.Request) -> web.Response:
        return web.json_response([_fact(fact) for fact in self._farm.ground_truth()])

    def _camera(self, camera_id: str) -> dict[str, Any]:
        camera = self._farm.county.cameras[camera_id]
        scene = camera.scene
        item: dict[str, Any] = {
            "camera_id": camera_id,
            "kind": "ball" if isinstance(scene, BallScene) else "fixed",
            "state": "ok",
            "phase": scene.phase,
            "fault": self._farm.fault(camera).value,
            "viewers": camera.viewers,
            "url": self._farm.rtsp_url(camera_id),
        }
        if isinstance(scene, BallScene):
            item |= {
                "presets": list(scene.presets),
                "preset": scene.preset,
                "moving": scene.moving,
                "position": scene.position,
                "onvif_url": self._farm.onvif_url(camera_id),
            }
        return item


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refusal as exc:
        status = 404 if isinstance(exc, NotFound) else 409
        return _problem(status, exc.code, exc.zh, exc.en)


def _problem(status: int, code: str, zh: str, en: str) -> web.Response:
    body = {"type": "about:blank", "title": f"{zh} / {en}", "status": status}
    body |= {"code": code, "detail_zh": zh, "detail_en": en}
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/problem+json")


def _fact(fact: Fact) -> dict[str, Any]:
    return {
        "fact_id": fact.fact_id,
        "kind": fact.kind.value,
        "camera_id": fact.camera_id,
        "view_id": fact.view_id,
        "state": fact.state,
        "began_at": _iso(fact.began_at),
        "ended_at": _iso(fact.ended_at) if fact.ended_at else None,
    }


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
