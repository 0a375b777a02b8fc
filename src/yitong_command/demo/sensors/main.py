"""Entry of `yitong sensor-farm`: a real MQTT broker and a few virtual sensors on it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from dataclasses import dataclass

import structlog
from aiohttp import web
from amqtt.broker import Broker
from amqtt.errors import BrokerError

from yitong_command.demo.farm.http_server import HttpServer
from yitong_command.demo.sensors.player import SensorFact, SensorPlayer
from yitong_command.errors import ConfigError

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SensorFarmOptions:
    """What the sensor farm is started with.

    Attributes:
        mqtt_port: Port of the broker, on this machine only.
        control_port: Port of the control server.
    """

    mqtt_port: int = 1883
    control_port: int = 8557


async def run_sensor_farm(options: SensorFarmOptions) -> None:
    """Run broker and devices until SIGTERM or SIGINT, or until cancelled.

    Raises:
        ConfigError: If a port is taken.
    """
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stopped.set)
    broker = make_broker(options.mqtt_port)
    player = SensorPlayer(options.mqtt_port)
    server = HttpServer(_app(player), "127.0.0.1", options.control_port, "--control-port")
    try:
        await start_broker(broker, options.mqtt_port)
        await server.start()
        playing = asyncio.create_task(player.run())
        waiting = asyncio.create_task(stopped.wait())
        await asyncio.wait({playing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        playing.cancel()
        waiting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await playing
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
        await server.stop()
        await broker.shutdown()


def make_broker(port: int) -> Broker:
    """An MQTT broker for this machine alone, without logins."""
    for name in ("amqtt", "transitions"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {
                "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
            },
        }
    )


async def start_broker(broker: Broker, port: int) -> None:
    """Start a broker.

    Raises:
        ConfigError: If its port is taken.
    """
    try:
        await broker.start()
    except (BrokerError, OSError) as exc:
        raise ConfigError("yitong sensor-farm", "--mqtt-port", f"127.0.0.1:{port}: {exc}") from exc


def _app(player: SensorPlayer) -> web.Application:
    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "checks": {}})

    async def start(_request: web.Request) -> web.Response:
        return web.json_response({"started_at": player.start().isoformat()})

    async def ground_truth(_request: web.Request) -> web.Response:
        return web.json_response([_fact(fact) for fact in player.facts()])

    app = web.Application(client_max_size=65_536)
    app.add_routes(
        [
            web.get("/health/live", live),
            web.post("/start", start),
            web.get("/ground-truth", ground_truth),
        ]
    )
    return app


def _fact(fact: SensorFact) -> dict[str, object]:
    return {
        "fact_id": fact.fact_id,
        "kind": fact.kind,
        "sensor_id": fact.sensor_id,
        "camera_id": "",
        "view_id": "",
        "began_at": fact.began_at.isoformat(),
        "ended_at": fact.ended_at.isoformat() if fact.ended_at else None,
    }
