"""Stills of the packaged clips, with their ground truth, and the models this project ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import av
import pytest

from yitong_command.domain.frame import Pixels
from yitong_command.vision.registry import Registry, load_registry

MODELS = Path(__file__).parents[3] / "models"
Still = Callable[[str, float], Pixels]
Truth = Callable[[str], dict[str, Any]]


def _clip_file(name: str) -> Path:
    return Path(str(resources.files("yitong_command.demo") / "clips" / name))


@pytest.fixture(scope="session")
def still() -> Still:
    """Picture of a clip (by name without suffix) at a time in seconds."""
    cache: dict[str, list[Pixels]] = {}

    def at(clip: str, seconds: float) -> Pixels:
        if clip not in cache:
            with av.open(str(_clip_file(f"{clip}.mp4"))) as container:
                frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
            cache[clip] = frames
        fps = 6
        return cache[clip][round(seconds * fps)]

    return at


@pytest.fixture(scope="session")
def truth() -> Truth:
    """Ground truth of a clip."""

    def of(clip: str) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(_clip_file(f"{clip}.gt.json").read_text())
        return loaded

    return of


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """Folder of the shipped models."""
    return MODELS


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The shipped models."""
    return load_registry(MODELS)
