"""The HTTP server behind which all ball cameras answer ONVIF calls."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from yitong_command.demo.farm.ball import BallScene
from yitong_command.demo.farm.faults import Fault
from yitong_command.demo.farm.onvif_device import OnvifDevice
from yitong_command.demo.farm.onvif_soap import SoapFault, envelope, fault, read_call
from yitong_command.errors import NotFound

if TYPE_CHECKING:
    from yitong_command.demo.farm.farm import Farm

_SOAP = "application/soap+xml"


def onvif_app(farm: Farm) -> web.Application:
    """The application.

    Every ball camera answers under ``/onvif/<camera_id>/``; the first one also under
    ``/onvif/device_service``, where clients look that know only a host and a port.
    """
    service = _Service(farm)
    app = web.Application(client_max_size=65_536)
    app.add_routes(
        [
            web.post("/onvif/device_service", service.first),
            web.post("/onvif/{camera}/{service}", service.of_camera),
        ]
    )
    return app


class _Service:
    def __init__(self, farm: Farm) -> None:
        self._farm = farm

    async def first(self, request: web.Request) -> web.StreamResponse:
        for camera_id, camera in self._farm.county.cameras.items():
            if isinstance(camera.scene, BallScene):
                return await self._answer(request, camera_id)
        return web.Response(status=404)

    async def of_camera(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, request.match_info["camera"])

    async def _answer(self, request: web.Request, camera_id: str) -> web.StreamResponse:
        try:
            scene = self._farm.ball(camera_id)
        except NotFound as exc:
            return web.Response(status=404, text=str(exc))
        camera = self._farm.camera(camera_id)
        if camera.fault(asyncio.get_running_loop().time()) is Fault.DROP:
            if request.transport:
                request.transport.abort()
            return web.Response(status=503)
        body = await request.read()
        device = OnvifDevice(
            camera,
            scene,
            f"{request.scheme}://{request.host}/onvif/{camera_id}",
            self._farm.rtsp_url(camera_id, request.url.host),
            datetime.now(UTC),
        )
        try:
            answer = envelope(device.answer(read_call(body)))
        except SoapFault as problem:
            return web.Response(body=fault(problem), status=400, content_type=_SOAP)
        return web.Response(body=answer, content_type=_SOAP)
