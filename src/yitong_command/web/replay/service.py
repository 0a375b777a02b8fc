"""Runs a replay as a process of its own: another configuration must not touch this one's memory."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import orjson

from yitong_command.settings.environment import Settings
from yitong_command.web.replay.errors import ReplayBusy, ReplayRefused
from yitong_command.web.replay.schemas import ReplayOrder, ReplayResult

LIMIT_S = 120.0
_turn = asyncio.Semaphore(1)


async def run_replay(settings: Settings, order: ReplayOrder) -> ReplayResult:
    """Try changed files on what is recorded.

    Raises:
        ReplayBusy: If another replay is running.
        ReplayRefused: If a file is wrong or the recording can't be read, with the reason.
    """
    if _turn.locked():
        raise ReplayBusy("另一个试算正在进行,请稍候", "another replay is running")
    async with _turn:
        with tempfile.TemporaryDirectory(prefix="yitong-replay-") as scratch:
            command = ["replay", "--report", "-", "--config", str(settings.config_dir)]
            command += ["--from", f"{order.since:%Y-%m-%dT%H:%M:%S}"]
            command += ["--to", f"{order.until:%Y-%m-%dT%H:%M:%S}"]
            for name, text in order.files.items():
                path = Path(scratch) / name
                await asyncio.to_thread(path.write_text, text, "utf-8")
                command += ["--with", str(path)]
            return ReplayResult.model_validate_json(await _output(settings, command))


async def _output(settings: Settings, command: list[str]) -> bytes:
    own = {
        "YITONG_KAFKA": settings.kafka,
        "YITONG_TOPIC_PREFIX": settings.topic_prefix,
        "YITONG_DATABASE_URL": settings.database_url,
        "YITONG_DATA": str(settings.data_dir),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "yitong_command", *command,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=os.environ | own,
    )  # fmt: skip
    try:
        async with asyncio.timeout(LIMIT_S):
            out, said = await process.communicate()
    except TimeoutError:
        zh, en = f"{LIMIT_S:.0f} 秒内未完成,请缩短时段", f"not done in {LIMIT_S:.0f} s: less time"
        raise ReplayRefused(zh, en) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        lines = said.decode(errors="replace").strip().splitlines()
        reason = (lines[-1] if lines else "?").removeprefix("错误 / error: ")[:2000]
        raise ReplayRefused(f"不能试算: {reason}", f"can't be tried: {reason}")
    orjson.loads(out)
    return out
