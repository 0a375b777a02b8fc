"""Trying rules before they are changed."""

from __future__ import annotations

import asyncio
from typing import get_args

from fastapi import APIRouter

from yitong_command.web.deps import WebDep
from yitong_command.web.replay.schemas import (
    ConfigFile,
    ConfigFiles,
    FileName,
    ReplayOrder,
    ReplayResult,
)
from yitong_command.web.replay.service import run_replay

router = APIRouter(tags=["replay"])


@router.get("/api/replay/files")
async def replay_files(web: WebDep) -> ConfigFiles:
    """The files that can be tried with changes, as they are now."""
    folder = web.settings.config_dir
    found = [
        ConfigFile(name=name, text=await asyncio.to_thread(path.read_text, "utf-8"))
        for name in get_args(FileName)
        if (path := folder / name).is_file()
    ]
    return ConfigFiles(items=tuple(found))


@router.post("/api/replay")
async def replay(order: ReplayOrder, web: WebDep) -> ReplayResult:
    """What changed files would have made of recorded messages; writes and sends nothing."""
    return await run_replay(web.settings, order)
