"""Health of the route worker over HTTP, without Kafka."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from streams.http import make_server
from tests.conftest import free_port
from yitong_command.settings.environment import load_settings
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_readers


@pytest.mark.parametrize(
    ("crashed", "rebalancing", "broker", "live", "failing"),
    [
        (False, False, True, 200, set()),
        (False, True, True, 200, {"worker"}),
        (True, False, True, 503, {"worker"}),
        (False, False, False, 200, {"broker"}),
    ],
)
async def test_ready_names_what_is_missing_and_live_only_a_crash(
    tmp_path: Path, crashed: bool, rebalancing: bool, broker: bool, live: int, failing: set[str]
) -> None:
    listening = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1] if broker else free_port()
    url = f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
    await asyncio.to_thread(upgrade, url)
    engine = make_engine(url)
    app: Any = SimpleNamespace(crashed=crashed, crash_reason="x", rebalancing=rebalancing)
    relay: Any = SimpleNamespace(problem=None)
    settings = load_settings({"YITONG_KAFKA": f"127.0.0.1:{port}", "YITONG_DATA": str(tmp_path)})
    server = make_server(settings, app, relay, make_readers(engine))
    transport = httpx.ASGITransport(app=server.config.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://route") as client:
        assert (await client.get("/health/live")).status_code == live
        answer = await client.get("/health/ready")
    checks = answer.json()["checks"]
    assert {name for name, check in checks.items() if not check["ok"]} == failing
    assert answer.status_code == (503 if failing else 200)
    assert set(checks) == {"worker", "broker", "database", "relay"}
    listening.close()
    await engine.dispose()
