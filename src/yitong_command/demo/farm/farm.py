"""The farm as a whole: starting, stopping, and what can be done to its cameras."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from datetime import UTC, datetime, timedelta

import structlog

from yitong_command.demo.farm.ball import BallScene
from yitong_command.demo.farm.build import County, build_county
from yitong_command.demo.farm.camera import VirtualCamera
from yitong_command.demo.farm.clip import Clip
from yitong_command.demo.farm.control import control_app
from yitong_command.demo.farm.encoding import Alter, altered_clip, out_of_focus, shifted
from yitong_command.demo.farm.faults import INSTEAD, Fault
from yitong_command.demo.farm.http_server import HttpServer
from yitong_command.demo.farm.onvif_server import onvif_app
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.demo.farm.player import play_all
from yitong_command.demo.farm.programme import load_programme
from yitong_command.demo.farm.rtsp_server import RtspServer
from yitong_command.demo.farm.schedule import Schedule
from yitong_command.demo.farm.truth import Fact
from yitong_command.errors import ConfigError, IllegalTransition, NotFound

log = structlog.get_logger()

ALTERED: dict[Fault, Alter] = {Fault.MOVE: shifted, Fault.BLUR: out_of_focus}


class Farm:
    """A running or stopped camera farm.

    Args:
        options: Addresses, files and accounts.

    Raises:
        ConfigError: If the programme is wrong.
        CorruptMedia: If not one camera can be served.
    """

    def __init__(self, options: FarmOptions) -> None:
        self.options = options
        entries = load_programme(options.programme)
        self.county: County = build_county(entries, options)
        self._altered: dict[tuple[str, Fault], Clip] = {}
        self.schedule = Schedule(entries, self)
        self.rtsp = RtspServer(
            options.host,
            options.rtsp_port,
            self.county.cameras,
            self.county.failed,
            options.session_timeout_s,
            options.rtsps_port,
            _tls(options),
        )
        self._control = HttpServer(
            control_app(self), options.host, options.control_port, "control_port"
        )
        self._onvif = HttpServer(onvif_app(self), options.host, options.onvif_port, "onvif_port")
        self.player: asyncio.Task[None] | None = None

    @property
    def control_port(self) -> int:
        """Port the control server listens on."""
        return self._control.port

    @property
    def onvif_port(self) -> int:
        """Port the ONVIF server listens on."""
        return self._onvif.port

    def rtsp_url(self, camera_id: str, host: str | None = None) -> str:
        """RTSP address of a camera, seen from a client that reached us as ``host``."""
        return f"rtsp://{_for_url(host or self.options.host)}:{self.rtsp.port}/{camera_id}"

    def rtsps_url(self, camera_id: str) -> str:
        """The same of the encrypted server."""
        return f"rtsps://{_for_url(self.options.host)}:{self.rtsp.tls_port}/{camera_id}"

    def onvif_url(self, camera_id: str) -> str:
        """ONVIF device address of a ball camera."""
        host = _for_url(self.options.host)
        return f"http://{host}:{self.onvif_port}/onvif/{camera_id}/device_service"

    async def start(self) -> None:
        """Listen on all ports and let the cameras run.

        Raises:
            ConfigError: If a port is taken; names it. Nothing is left open then.
        """
        try:
            await self.rtsp.start()
            await self._control.start()
            await self._onvif.start()
        except BaseException:
            await self.stop()
            raise
        self.player = asyncio.create_task(
            play_all(tuple(self.county.cameras.values())), name="farm-player"
        )
        log.info(
            "farm_started",
            cameras=len(self.county.cameras),
            failed=len(self.county.failed),
            rtsp_port=self.rtsp.port,
            control_port=self.control_port,
            onvif_port=self.onvif_port,
        )

    async def stop(self) -> None:
        """Close everything."""
        await self.schedule.stop()
        if self.player:
            self.player.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.player
        await self._control.stop()
        await self._onvif.stop()
        await self.rtsp.stop()

    def camera(self, camera_id: str) -> VirtualCamera:
        """A camera.

        Raises:
            NotFound: If there is none, or its clip can't be used.
        """
        camera = self.county.cameras.get(camera_id)
        if camera:
            return camera
        if camera_id in self.county.failed:
            reason = self.county.failed[camera_id]
            raise NotFound(
                f"摄像机 {camera_id} 不可用：{reason}", f"camera {camera_id} is unusable: {reason}"
            )
        raise NotFound(f"没有摄像机 {camera_id}", f"there is no camera {camera_id}")

    def ball(self, camera_id: str) -> BallScene:
        """The scene of a ball camera.

        Raises:
            NotFound: If there is no such ball camera.
        """
        scene = self.camera(camera_id).scene
        if not isinstance(scene, BallScene):
            raise NotFound(f"{camera_id} 不是球机", f"{camera_id} is not a ball camera")
        return scene

    def play(self, camera_id: str) -> None:
        """Let a camera's event happen.

        Raises:
            NotFound: If there is no such camera.
            IllegalTransition: If there is no event, or it was not put right yet.
        """
        camera = self.camera(camera_id)
        camera.scene.play(_next_picture_at(camera))
        log.info("farm_event_plays", camera=camera_id)

    def repair(self, camera_id: str) -> None:
        """Put a camera's scene right.

        Raises:
            NotFound: If there is no such camera.
        """
        camera = self.camera(camera_id)
        camera.scene.repair(_next_picture_at(camera))
        log.info("farm_scene_repaired", camera=camera_id)

    async def make_ready(self, camera_id: str, fault: Fault) -> None:
        """Make the pictures that a fault shows, if there are none yet; takes a second.

        Raises:
            NotFound: If there is no such camera.
        """
        home = self.camera(camera_id).home
        if fault not in ALTERED or (home.name, fault) in self._altered:
            return
        path = self.options.clips_dir / f"{home.name}.mp4"
        name = f"{home.name}-{fault.value}"
        try:
            made = await asyncio.to_thread(altered_clip, path, home, name, ALTERED[fault])
        except ValueError as exc:
            log.warning("farm_altered_clip_unavailable", clip=home.name, reason=str(exc))
        else:
            self._altered[home.name, fault] = made

    def set_fault(self, camera_id: str, fault: Fault, for_s: float | None) -> None:
        """Put a fault on a camera, for a time or until it is taken off.

        Raises:
            NotFound: If there is no such camera.
            IllegalTransition: If there are no pictures for it: no encoder for the camera's codec,
                or `make_ready` was not called.
        """
        camera = self.camera(camera_id)
        instead = self._altered.get((camera.home.name, fault))
        if fault is Fault.BLACK:
            instead = self.county.blacks.get(camera.home.name)
        if fault in INSTEAD and instead is None:
            raise IllegalTransition(
                f"无法为 {camera_id} 生成故障画面",
                f"there are no pictures for the fault {fault.value} of {camera_id}",
            )
        until = None if for_s is None else asyncio.get_running_loop().time() + for_s
        camera.set_fault(fault, until, instead)
        log.info("farm_fault", camera=camera_id, fault=fault.value, for_s=for_s)

    def fault(self, camera: VirtualCamera) -> Fault:
        """The fault in force on a camera."""
        return camera.fault(asyncio.get_running_loop().time())

    def ground_truth(self) -> list[Fact]:
        """What is really to be seen, as far as it has happened."""
        return self.county.truth.known(datetime.now(UTC))


def _tls(options: FarmOptions) -> ssl.SSLContext | None:
    if options.rtsps_port is None:
        return None
    if options.certificate is None:
        raise ConfigError("FarmOptions", "certificate", "加密端口需要证书 / rtsps needs one")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.certificate)
    except OSError as exc:
        raise ConfigError("FarmOptions", "certificate", str(exc)) from exc
    return context


def _next_picture_at(camera: VirtualCamera) -> datetime:
    ahead = max(0.0, camera.next_at - asyncio.get_running_loop().time())
    return datetime.now(UTC) + timedelta(seconds=ahead)


def _for_url(host: str) -> str:
    if host in ("0.0.0.0", "::", ""):
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
