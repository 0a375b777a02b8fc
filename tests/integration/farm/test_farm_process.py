"""The farm as a process of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

PROGRAM = """
import asyncio
from yitong_command.demo.farm.main import FarmOptions, run_farm
asyncio.run(run_farm(FarmOptions(rtsp_port=0, control_port=0, onvif_port=0)))
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly_within_five_seconds(number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", PROGRAM,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONASYNCIODEBUG": "0"},
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            while b"farm_started" not in await process.stdout.readline():
                assert process.returncode is None
        process.send_signal(number)
        async with asyncio.timeout(5):
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0
    assert errors == b""
