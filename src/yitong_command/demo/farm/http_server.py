"""A small HTTP server inside the farm's own event loop."""

from __future__ import annotations

from aiohttp import web

from yitong_command.demo.farm.rtsp_server import port_taken


class HttpServer:
    """One application on one port.

    Args:
        app: What is served.
        host: Address to listen on.
        port: 0 takes a free one.
        key: Name of the option that gives the port, for the error.
    """

    def __init__(self, app: web.Application, host: str, port: int, key: str) -> None:
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        self._host = host
        self._key = key
        self.port = port

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: If the port is taken; names it.
        """
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self.port)
        try:
            await site.start()
        except OSError as exc:
            await self._runner.cleanup()
            raise port_taken(self._host, self.port, self._key, exc) from exc
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and close what is open."""
        await self._runner.cleanup()
