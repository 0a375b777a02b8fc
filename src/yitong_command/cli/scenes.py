"""`yitong scenes`: rendered street scenes whose truth is known."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Annotated

import typer

from yitong_command.cli.options import plain_errors, say, settings_for
from yitong_command.errors import ConfigError

scenes = typer.Typer(help="合成场景 / rendered scenes", no_args_is_help=True)
BLENDER = Path("bpy-env/bin/python")
INSTALL = "python3.11 -m venv bpy-env && bpy-env/bin/pip install bpy==5.0.1"


@scenes.command("make")
def make(
    out: Annotated[Path, typer.Option(help="输出目录 / folder for clips and ground truth")],
    seed: Annotated[int, typer.Option(min=0, help="首个场景 / number of the first scene")] = 1,
    count: Annotated[int, typer.Option(min=1, help="数量 / how many")] = 1,
    use: Annotated[
        str, typer.Option(help="train | test, 种子互不重叠 / seeds never meet")
    ] = "test",
    kind: Annotated[
        list[str] | None, typer.Option(help="只作此类, 可重复 / only this kind, repeatable")
    ] = None,
    stills_every: Annotated[
        int, typer.Option(min=0, help="每隔几帧出标注图 / frames between labelled stills")
    ] = 0,
    blender_python: Annotated[
        Path | None, typer.Option(help="装有 bpy 的 Python / a Python that has bpy")
    ] = None,
) -> None:
    """生成场景 / render clips with exact ground truth, cheaply, each another street.

    Kind, weather, light, height, traffic and the camera's faults follow from the number; the same
    number gives the same scene. Scenes that are there already are kept.
    """
    from yitong_command.demo.scenegen.batch import Batch, make_scenes
    from yitong_command.demo.scenegen.seeds import USES

    with plain_errors():
        settings_for("scenes")
        chosen = next((one for one in USES if one == use), None)
        if chosen is None:
            raise ConfigError("yitong scenes make", "--use", f"{use!r}: {' | '.join(USES)}")
        batch = Batch(
            seed, count, chosen, out, _blender(blender_python), tuple(kind or ()), stills_every
        )
        for made in make_scenes(batch):
            spent = f"{made.core_s:.0f} s CPU" if made.core_s else "已有 / there already"
            say(f"{made.name}  {spent}")


def _blender(python: Path | None) -> Path:
    """The Python that renders: the one asked for, this one if it has Blender, or the usual one."""
    if python is None:
        python = Path(sys.executable) if importlib.util.find_spec("bpy") else BLENDER
    if not python.is_file():
        raise ConfigError(
            "yitong scenes make",
            "--blender-python",
            f"没有渲染器 / no renderer at {python}; 请运行 / run: {INSTALL}",
        )
    return python
