"""Messages from an MQTT broker: a session that the broker keeps, reconnected for ever."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import structlog
from prometheus_client import Counter

from yitong_command.errors import ConfigError

log = structlog.get_logger()

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
TIMEOUT_S = 8.0
KEEP_ALIVE_S = 20
QUEUE = 20_000
AT_ONCE = 100
"""Filters in one subscription."""
DROPPED = Counter("yitong_sensors_queue_dropped_total", "MQTT messages the queue had no room for")


@dataclass(frozen=True, slots=True)
class MqttAddress:
    """Where the broker is and how to log in.

    Attributes:
        host: Host name.
        port: TCP port.
        tls: Whether the connection is encrypted.
        username: Login, or None.
        password: Its password.
        ca_file: Certificates to believe besides the system's, or None.
    """

    host: str
    port: int
    tls: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None

    @classmethod
    def parse(
        cls, url: str, username: str | None, password: str | None, ca_file: Path | None
    ) -> MqttAddress:
        """From ``mqtt://host:port`` or ``mqtts://host:port``.

        Raises:
            ConfigError: If it is no such address; a login in it is refused, it would be logged.
        """
        found = urlsplit(url)
        try:
            port = found.port or (8883 if found.scheme == "mqtts" else 1883)
        except ValueError:
            port = 0
        if found.scheme not in {"mqtt", "mqtts"} or not found.hostname or not port:
            wrong = "须为 mqtt://主机:端口 或 mqtts:// / must be mqtt://host:port or mqtts://"
            raise ConfigError("environment", "YITONG_MQTT", wrong)
        if found.username or found.password:
            wrong = "账号写入 YITONG_MQTT_USER / put the login into YITONG_MQTT_USER"
            raise ConfigError("environment", "YITONG_MQTT", wrong)
        return cls(found.hostname, port, found.scheme == "mqtts", username, password, ca_file)

    @property
    def shown(self) -> str:
        """Host and port, for people."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message.

    Attributes:
        topic: MQTT topic.
        payload: Its bytes.
        retained: Kept by the broker since before we asked: its age is unknown.
    """

    topic: str
    payload: bytes
    retained: bool


class MqttSource:
    """Receives what is published under some filters.

    The broker keeps the session (QoS 1), so that what is published while this process is away is
    delivered when it is back.

    Args:
        address: The broker.
        filters: MQTT topic filters.
        identifier: Client id, unique at the broker.
        take: Called with every message, in order.
        link: Called when the connection is there, and when it is lost, with the reason.

    Raises:
        ConfigError: If the certificates to believe can't be read.
    """

    def __init__(
        self,
        address: MqttAddress,
        filters: Sequence[str],
        identifier: str,
        take: Callable[[Arrived], Awaitable[None]],
        link: Callable[[bool, str], None],
    ) -> None:
        self._address = address
        self._filters = tuple(filters)
        self._identifier = identifier
        self._take = take
        self._link = link
        self._tls = _tls(address) if address.tls else None

    async def run(self) -> None:
        """Receive until cancelled; a broker that is down is tried again, ever more slowly."""
        wait_s = FIRST_WAIT_S
        while True:
            try:
                async with self._client() as client:
                    await self._subscribe(client)
                    wait_s = FIRST_WAIT_S
                    self._link(True, "")
                    await self._receive(client)
            except (aiomqtt.MqttError, OSError) as exc:
                detail = f"{self._address.shown}: {exc}"
                self._link(False, detail)
                log.warning("mqtt_down", detail=detail, again_in_s=round(wait_s, 1))
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))  # noqa: S311 - jitter
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _client(self) -> aiomqtt.Client:
        at = self._address
        return aiomqtt.Client(
            at.host,
            at.port,
            username=at.username,
            password=at.password,
            identifier=self._identifier,
            clean_session=False,
            timeout=TIMEOUT_S,
            keepalive=KEEP_ALIVE_S,
            queue_type=_Queue,
            max_queued_incoming_messages=QUEUE,
            tls_context=self._tls,
        )

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        for start in range(0, len(self._filters), AT_ONCE):
            wanted = [(name, 1) for name in self._filters[start : start + AT_ONCE]]
            await client.subscribe(wanted)

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = message.payload
            data = payload if isinstance(payload, bytes) else str(payload or "").encode()
            await self._take(Arrived(message.topic.value, data, bool(message.retain)))


class _Queue(asyncio.Queue[Any]):
    """Counts what it had no room for."""

    def put_nowait(self, item: Any) -> None:
        try:
            super().put_nowait(item)
        except asyncio.QueueFull:
            DROPPED.inc()
            raise


def _tls(address: MqttAddress) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context()
        if address.ca_file is not None:
            context.load_verify_locations(address.ca_file)
    except OSError as exc:
        raise ConfigError("environment", "YITONG_MQTT_CA_FILE", str(exc)) from exc
    return context
