"""Many cheap scenes with exact ground truth: ``yitong scenes make``."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yitong_command.demo.scenegen.clip import Quality, rendered
from yitong_command.demo.scenegen.effects import affected
from yitong_command.demo.scenegen.encode import decode_clip, encode_clip
from yitong_command.demo.scenegen.hard import KINDS, draw_scene
from yitong_command.demo.scenegen.labels import write_stills
from yitong_command.demo.scenegen.seeds import Use, seed_for, use_of
from yitong_command.demo.scenegen.truth import ground_truth
from yitong_command.errors import ConfigError

COMMAND = "yitong scenes make"
SAMPLES, PATCH_SAMPLES = 5, 3
"""Samples per pixel of backgrounds and patches; the denoiser does the rest."""


@dataclass(frozen=True)
class Batch:
    """Which scenes are made.

    Attributes:
        first: Number of the first scene; its seed follows from it and the use.
        count: How many.
        use: ``train`` or ``test``; their seeds never meet.
        out: Folder for ``<name>.mp4`` and ``<name>.gt.json``.
        python: Python that has Blender's module.
        kinds: Only scenes of these kinds, or any if empty.
        stills_every: Every how many frames a labelled still is written; 0 for none.
    """

    first: int
    count: int
    use: Use
    out: Path
    python: Path
    kinds: tuple[str, ...] = ()
    stills_every: int = 0


@dataclass(frozen=True)
class Made:
    """A scene that was made.

    Attributes:
        name: Its files' name.
        core_s: Processor seconds that it took; 0 where it was there already.
    """

    name: str
    core_s: float


def make_scenes(batch: Batch) -> Iterator[Made]:
    """Make the scenes one after the other; those that are there already are kept.

    Raises:
        ConfigError: If an option is wrong, or the renderer is not there or fails.
    """
    unknown = [kind for kind in batch.kinds if kind not in KINDS]
    if unknown:
        raise ConfigError(
            COMMAND, "--kind", f"没有 / no such kind: {unknown[0]}; {', '.join(KINDS)}"
        )
    try:
        seeds = [seed_for(batch.use, batch.first + i) for i in range(batch.count)]
    except ValueError as exc:
        raise ConfigError(COMMAND, "--seed, --count", f"超出范围 / out of range: {exc}") from exc
    batch.out.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        kind = batch.kinds[number % len(batch.kinds)] if batch.kinds else None
        yield _made(batch, seed, kind)


def _made(batch: Batch, seed: int, kind: str | None) -> Made:
    plan, told = draw_scene(seed, kind)
    clip = batch.out / f"{plan.name}.mp4"
    truth_file = clip.with_suffix(".gt.json")
    if truth_file.is_file():
        return Made(plan.name, 0.0)
    started = _core_s()
    pictures = batch.out / f"{plan.name}_pictures"
    quality = Quality(SAMPLES, PATCH_SAMPLES, told.effects.noise)
    try:
        frames = rendered(plan, batch.python, pictures, quality, silent=True)
        encode_clip(
            affected(frames, told.effects, plan.fps, seed),
            clip, fps=plan.fps, crf=told.effects.crf,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError) as exc:
        raise ConfigError(
            COMMAND, "--blender-python", f"渲染失败 / the renderer failed: {exc}"
        ) from exc
    truth = ground_truth(plan, clip.name) | _told(seed, plan.name, told.told())
    if batch.stills_every:
        write_stills(decode_clip(clip), truth, batch.out / "stills", batch.stills_every)
    shutil.rmtree(pictures)
    text = json.dumps(truth, separators=(",", ":")) + "\n"
    truth_file.write_text(text, encoding="utf-8")
    return Made(plan.name, _core_s() - started)


def _told(seed: int, name: str, conditions: dict[str, Any]) -> dict[str, Any]:
    return {"use": use_of(seed), "kind": name.split("-")[-1], "conditions": conditions}


def _core_s() -> float:
    """Processor seconds of this process and the children it has waited for."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
