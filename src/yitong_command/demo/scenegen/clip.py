"""From a plan to files: work list, renderer, frames, clip, ground truth, stills."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yitong_command.demo.scenegen.compose import frames
from yitong_command.demo.scenegen.encode import decode_clip, encode_clip
from yitong_command.demo.scenegen.jobs import as_plain, same_picture
from yitong_command.demo.scenegen.labels import write_stills
from yitong_command.demo.scenegen.lighting import sun_direction
from yitong_command.demo.scenegen.patches import work_list
from yitong_command.demo.scenegen.plan import Plan
from yitong_command.demo.scenegen.truth import ground_truth

LARGEST_CRF = 38
RENDERER = "yitong_command.demo.scenegen.render"


@dataclass(frozen=True)
class Quality:
    """How carefully a clip is made.

    Attributes:
        samples: Samples per pixel of backgrounds.
        patch_samples: The same of patches.
        noise: Sensor noise, levels.
        crf: Best quality of the encoder to try.
        largest_bytes: Size of the clip that must not be passed.
        stills_every: Every how many frames a labelled still is written; 0 for none.
    """

    samples: int = 48
    patch_samples: int = 16
    noise: float = 0.8
    crf: int = 25
    largest_bytes: int = 1_450_000
    stills_every: int = 0


def encode_within(pictures: list[NDArray[np.uint8]], path: Path, fps: int, quality: Quality) -> int:
    """Encode with the best quality that keeps the file within its size; gives the quality used.

    Raises:
        ValueError: If even the poorest quality is too large.
    """
    low, high = quality.crf, LARGEST_CRF
    while low < high:
        middle = (low + high) // 2
        encode_clip(pictures, path, fps=fps, crf=middle)
        fits = path.stat().st_size <= quality.largest_bytes
        low, high = (low, middle) if fits else (middle + 1, high)
    encode_clip(pictures, path, fps=fps, crf=low)
    if path.stat().st_size > quality.largest_bytes:
        raise ValueError(f"{path.name} is larger than {quality.largest_bytes} bytes at any quality")
    return low


def render_clip(plan: Plan, python: Path, folder: Path, quality: Quality) -> Path:
    """Render a clip with its ground truth; pictures that are there already are used again.

    Args:
        plan: The scene.
        python: Python that has Blender's module.
        folder: Where files go; pictures go to ``<name>_pictures`` in it.
        quality: How carefully.

    Returns:
        Path of the clip; ``.gt.json`` is beside it.

    Raises:
        subprocess.CalledProcessError: If the renderer fails.
    """
    shown = rendered(plan, python, folder / f"{plan.name}_pictures", quality)
    clip = folder / f"{plan.name}.mp4"
    encode_within(list(shown), clip, plan.fps, quality)
    truth = ground_truth(plan, clip.name)
    text = json.dumps(truth, separators=(",", ":")) + "\n"
    clip.with_suffix(".gt.json").write_text(text, encoding="utf-8")
    if quality.stills_every:
        write_stills(decode_clip(clip), truth, folder / f"{plan.name}_stills", quality.stills_every)
    return clip


def rendered(
    plan: Plan, python: Path, folder: Path, quality: Quality, *, silent: bool = False
) -> Iterator[NDArray[np.uint8]]:
    """Render what a plan needs and put its frames together.

    Args:
        plan: The scene.
        python: Python that has Blender's module.
        folder: Where the pictures go; those that are there already are used again.
        quality: Samples and noise.
        silent: Whether the renderer's many lines are thrown away.

    Raises:
        subprocess.CalledProcessError: If the renderer fails.
    """
    pictures = folder.resolve()
    pictures.mkdir(parents=True, exist_ok=True)
    sun = sun_direction(plan)
    work = work_list(plan, str(pictures), sun, quality.samples, quality.patch_samples)
    note = pictures / "work.json"
    note.write_text(json.dumps(as_plain(work)), encoding="utf-8")
    told = subprocess.DEVNULL if silent else None
    subprocess.run(  # noqa: S603
        [str(python), "-m", RENDERER, str(note)], check=True, env=_environment(), stdout=told
    )
    known = {same_picture(job): job for job in work.jobs}
    return frames(plan, str(pictures), sun, known, quality.noise)


def _environment() -> dict[str, str]:
    """The renderer's Python has none of the project's packages: it gets the sources only."""
    return {"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "/usr/bin:/bin"}
