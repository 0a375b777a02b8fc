"""Render demo clips.

``python -m yitong_command.demo.scenegen render --scene parking --seed 1 --out DIR``

The renderer is Blender's Python module. It is large and needs an older numpy, so it lives in an
environment of its own and is never needed to run or test the product::

    python3.11 -m venv bpy-env && bpy-env/bin/pip install bpy==5.0.1

On Linux it also needs ``libgl1 libegl1 libxi6 libxxf86vm1 libxkbcommon0 libsm6 libxfixes3
libxrender1``. Name its Python by ``--blender-python``. A clip of a minute takes some ten minutes
on two idle cores; pictures that are there already are used again, so an interrupted run goes on
where it stopped.
"""

import argparse
import sys
from pathlib import Path

from yitong_command.demo.scenegen.clip import Quality, render_clip
from yitong_command.demo.scenegen.covers import STATES
from yitong_command.demo.scenegen.scenes import SCENES, Wishes, make_plan


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="scenegen", description="Render demo clips with ground truth."
    )
    commands = top.add_subparsers(dest="command", required=True)
    one = commands.add_parser("render", help="render one clip")
    one.add_argument("--scene", choices=sorted(SCENES), required=True)
    one.add_argument("--seed", type=int, default=1)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--blender-python", type=Path, default=Path("bpy-env/bin/python"))
    one.add_argument("--weather", choices=("dry", "rain", "snow"), default="dry")
    one.add_argument("--light", choices=("noon", "low", "dusk", "night"), default="noon")
    one.add_argument("--camera-height", type=float, default=7.0, help="metres")
    one.add_argument("--fov", type=float, default=None, help="degrees")
    one.add_argument("--traffic", type=float, default=1.0, help="0: only what the event needs")
    one.add_argument("--cover-state", choices=[s for s in STATES if s != "ok"], default="missing")
    one.add_argument("--no-occlusion", action="store_true", help="no bus hides the event")
    one.add_argument("--samples", type=int, default=48)
    one.add_argument("--patch-samples", type=int, default=16)
    one.add_argument("--stills-every", type=int, default=0, help="frames between labelled stills")
    return top


def main(argv: list[str] | None = None) -> int:
    """Run the command line; gives the exit status."""
    asked = parser().parse_args(argv)
    wish = Wishes(
        weather=asked.weather,
        light=asked.light,
        height_m=asked.camera_height,
        fov_deg=asked.fov,
        traffic=asked.traffic,
        cover_state=asked.cover_state,
        occlusion=not asked.no_occlusion,
    )
    quality = Quality(asked.samples, asked.patch_samples, stills_every=asked.stills_every)
    plan = make_plan(asked.scene, asked.seed, wish)
    clip = render_clip(plan, asked.blender_python, asked.out, quality)
    sys.stdout.write(f"{clip}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
