"""The ball camera client against the farm's ONVIF device."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from yitong_command.errors import SourceLost
from yitong_command.sources.onvif import BallCamera

LOGIN = ("viewer", 'p@ss: "word" 密码')


@pytest.fixture
async def ball(farm: Any) -> AsyncIterator[BallCamera]:
    camera = BallCamera(farm.farm.onvif_url("ball-001"), LOGIN)
    yield camera
    await camera.close()


async def arrived(camera: BallCamera) -> None:
    end_s = time.monotonic() + 10
    while await camera.is_moving():
        assert time.monotonic() < end_s
        await asyncio.sleep(0.05)


async def test_a_ball_camera_goes_to_its_presets(ball: BallCamera) -> None:
    presets = await ball.presets()
    assert [preset.token for preset in presets] == ["left", "centre", "right"]
    for token in ("right", "left"):
        await arrived(ball)
        await ball.goto_preset(token)
        assert await ball.is_moving()
    await arrived(ball)


async def test_a_preset_that_does_not_exist_is_said(ball: BallCamera) -> None:
    with pytest.raises(SourceLost, match="nowhere"):
        await ball.goto_preset("nowhere")
    assert await ball.presets()


@pytest.mark.parametrize("login", [("viewer", "guess"), None])
async def test_a_wrong_login_is_refused_without_showing_it(farm: Any, login: Any) -> None:
    camera = BallCamera(farm.farm.onvif_url("ball-001"), login)
    with pytest.raises(SourceLost, match="authorized") as caught:
        await camera.presets()
    assert "guess" not in str(caught.value)
    await camera.close()


async def test_a_camera_that_does_not_exist_is_lost(farm: Any) -> None:
    camera = BallCamera(farm.farm.onvif_url("ball-001").replace("ball-001", "ball-9"))
    with pytest.raises(SourceLost, match="127.0.0.1"):
        await camera.is_moving()
    await camera.close()


@pytest.mark.parametrize(
    "body",
    ["", "<html></html>", "{}", '<?xml version="1.0"?><a:Envelope xmlns:a="urn:x"/>', "\0\1\2"],
)
async def test_answers_that_are_not_onvif_are_lost_not_raised(body: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/soap+xml")

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    camera = BallCamera(f"http://127.0.0.1:{port}/onvif/device_service", LOGIN)
    with pytest.raises(SourceLost):
        await camera.presets()
    await camera.close()
    await runner.cleanup()


async def test_a_camera_that_hangs_is_given_up_in_time() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    camera = BallCamera(f"http://127.0.0.1:{port}/onvif/device_service", timeout_s=0.5)
    began_s = time.monotonic()
    with pytest.raises(SourceLost, match="in time"):
        await camera.presets()
    assert time.monotonic() - began_s < 3
    await camera.close()
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize("url", ["rtsp://c/", "http:///x", "http://u:p@c/x"])
def test_a_wrong_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="ONVIF address"):
        BallCamera(url)
