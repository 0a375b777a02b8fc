"""Screens of a benchmark: event streams held open over HTTP, and when each alert was on them."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import uvloop

from yitong_command.bench.machine import now
from yitong_command.bench.results import hand_over
from yitong_command.web.auth.service import COOKIE

OPENED = b'"change":"opened"'
LIMIT = 2**22


class Screens:
    """Reads all streams; a few of them are taken apart, the others counted.

    Args:
        job: ``host``, ``port``, ``tokens`` (one for each screen), ``closely`` (how many are taken
            apart), ``stop`` (a file that ends it) and ``out``.
    """

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self._ready = 0
        self.opened = [0] * len(job["tokens"])
        self.shown: list[tuple[float, int, str]] = []

    async def run(self) -> dict[str, Any]:
        """Watch until told to stop."""
        tasks = [
            asyncio.create_task(self._watch(number, token))
            for number, token in enumerate(self._job["tokens"])
        ]
        while not self._is_over(len(tasks)):
            broken = [task for task in tasks if task.done()]
            if broken:
                broken[0].result()
                raise ConnectionError("a stream ended")
            await asyncio.sleep(0.1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return {"opened": self.opened, "shown": self.shown}

    def _is_over(self, screens: int) -> bool:
        if self._ready == screens:
            Path(self._job["out"] + ".ready").touch()
        return Path(self._job["stop"]).exists()

    async def _watch(self, number: int, token: str) -> None:
        host, port = self._job["host"], self._job["port"]
        reader, writer = await asyncio.open_connection(host, port, limit=LIMIT)
        asked = f"GET /api/live HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {COOKIE}={token}\r\n\r\n"
        writer.write(asked.encode())
        head = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head.split(b"\r\n", 1)[0]:
            raise ConnectionError(head.decode(errors="replace")[:200])
        self._ready += 1
        closely, rest = number < self._job["closely"], b""
        while data := await reader.read(LIMIT):
            at_s, data = now().timestamp(), rest + data
            cut = data.rfind(b"\n") + 1
            data, rest = data[:cut], data[cut:]
            self.opened[number] += data.count(OPENED)
            if closely:
                self._take_apart(data, at_s)
        raise ConnectionError("the server ended the stream")

    def _take_apart(self, data: bytes, at_s: float) -> None:
        event, position = b"", b""
        for line in data.splitlines():
            if line.startswith(b"id: "):
                position = line[4:]
            elif line.startswith(b"event: "):
                event = line[7:]
            elif event == b"alert" and line.startswith(b"data: ") and OPENED in line:
                alert = orjson.loads(line[6:])
                self.shown.append((at_s, _offset_of(position), alert["opened_at"]))


def _offset_of(position: bytes) -> int:
    """Offset of the alert in Kafka: the newest one seen when it was told."""
    for part in position.split(b","):
        if part.startswith(b"alerts-0:"):
            return int(part[9:])
    return -1


def main(arguments: Sequence[str]) -> None:
    """Run the screens of a job."""
    job = json.loads(arguments[0])
    job["tokens"] = Path(job["tokens"]).read_text(encoding="utf-8").split()
    hand_over(job["out"], uvloop.run(Screens(job).run()))


if __name__ == "__main__":
    main(sys.argv[1:])
