"""Ingest workers as processes of their own, on the virtual county."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from yitong_command.demo.farm.farm import Farm
from yitong_command.demo.farm.options import FarmOptions


@dataclass
class Worker:
    """An ingest process, which can be killed and started again."""

    env: dict[str, str]
    url: str
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "yitong_command", "ingest"],
                env=os.environ | self.env, stdout=out, stderr=out,
            )  # fmt: skip

    async def end(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, 20)

    async def ask(self, path: str) -> httpx.Response | None:
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            with contextlib.suppress(httpx.HTTPError):
                return await client.get(self.url + path)
        return None

    async def health(self) -> str:
        answer = await self.ask("/health/ready")
        return answer.text if answer is not None else ""

    async def check(self, name: str) -> str:
        """What one line of the health report says; "" before it says anything."""
        answer = await self.ask("/health/ready")
        checks = answer.json()["checks"] if answer is not None else {}
        return str(checks.get(name, {}).get("detail", ""))

    async def count(self, kind: str, change: str) -> float:
        answer = await self.ask("/metrics")
        name = f'yitong_ingest_incidents_total{{change="{change}",kind="{kind}"}}'
        for line in answer.text.splitlines() if answer is not None else ():
            if line.startswith(name):
                return float(line.split()[-1])
        return 0.0


@pytest.fixture
async def farm(request: pytest.FixtureRequest) -> AsyncIterator[Farm]:
    """The demo's cameras; ``indirect`` parameters are logins by camera."""
    options = FarmOptions(
        rtsp_port=0, control_port=0, onvif_port=0, credentials=getattr(request, "param", {})
    )
    made = await asyncio.to_thread(Farm, options)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
def make_worker(
    farm: Farm, tmp_path: Path, unused_tcp_port_factory: Callable[[], int]
) -> Iterator[Callable[..., Worker]]:
    """Makes workers by name, with a data folder each; the default broker does not exist."""
    made: list[Worker] = []
    nobody = unused_tcp_port_factory()

    def make(name: str, **env: str) -> Worker:
        port = unused_tcp_port_factory()
        settings = {
            "YITONG_RTSP_BASE": farm.rtsp_url("x").removesuffix("/x"),
            "YITONG_ONVIF_BASE": f"http://127.0.0.1:{farm.onvif_port}",
            "YITONG_KAFKA": f"127.0.0.1:{nobody}",
            "YITONG_DATA": str(tmp_path / name),
            "YITONG_WORKER": name,
            "YITONG_INGEST_PORT": str(port),
        }
        url = f"http://127.0.0.1:{port}"
        made.append(Worker(settings | env, url, tmp_path / f"{name}.log"))
        return made[-1]

    yield make
    for worker in made:
        if worker.process is not None and worker.process.poll() is None:
            worker.process.kill()
            worker.process.wait()


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """Waits until an awaited condition holds."""

    async def wait(condition: Callable[[], Awaitable[Any]], timeout_s: float = 90) -> None:
        async with asyncio.timeout(timeout_s):
            while not await condition():  # noqa: ASYNC110 - another process changes it
                await asyncio.sleep(0.2)

    return wait
