"""`yitong train` and `yitong export`: the scripts in ``models/recipes``, run by this Python."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from yitong_command.errors import ConfigError
from yitong_command.vision.registry import read_registry

NEEDED = {"train": ("ultralytics", "torch"), "export": ("ultralytics", "torch", "nncf", "openvino")}
INSTALL = "uv pip install -e '.[train]'"
RECIPES = {"manhole": "train_manhole.py", "vehicles": "train_vehicles.py"}
FOLDERS = {
    "manhole": ("images/train", "images/val", "labels/train", "labels/val"),
    "vehicles": ("images", "labels"),
}
EXPORT = "export_openvino.py"
DEFAULT_SEED = 7
LAST = Path("run", "weights", "last.pt")

Run = Callable[[Sequence[str], dict[str, str]], int]


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """What is to be trained.

    Attributes:
        what: ``manhole`` or ``vehicles``.
        data: Folder with ``images`` and ``labels``, or a data file in it.
        out: Where the run is kept.
        models_dir: Folder with the recipes.
        weights: Checkpoint to start from.
        epochs: How many, or None for the recipe's own number.
        seed: Of every random choice.
        device: ``cpu``, the number of a GPU, or None for a GPU if there is one.
        resume: Go on with the run in ``out``.
        threads: CPU threads.
        rendered: Folder of rendered crops to train on too; covers only.
        composites: How many pictures are composed of parts of others, or None for the recipe's own
            number; covers only.
    """

    what: str
    data: Path
    out: Path
    models_dir: Path
    weights: Path = Path("yolo11n.pt")
    epochs: int | None = None
    seed: int = DEFAULT_SEED
    device: str | None = None
    resume: bool = False
    threads: int | None = None
    rendered: Path | None = None
    composites: int | None = None


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What is to be exported.

    Attributes:
        weights: Trained checkpoint.
        model: Name of the model; one in the registry lends its input size.
        out: Folder for the ``.xml`` and ``.bin``.
        models_dir: Folder with registry and recipes.
        calibration: Pictures for INT8, or None to leave the graph in floats.
        size: Height and width of the input in pixels, or None for the registry's.
    """

    weights: Path
    model: str
    out: Path
    models_dir: Path
    calibration: Path | None = None
    size: tuple[int, int] | None = None


def train(options: TrainOptions, run: Run | None = None) -> int:
    """Train; an interrupted run goes on with ``resume``.

    Args:
        options: What.
        run: Runs a command with variables added to the environment; by default a child process.

    Returns:
        The recipe's exit code.

    Raises:
        ConfigError: If the extra ``train`` is not installed or an option is wrong.
    """
    command = "yitong train"
    if options.what not in RECIPES:
        raise ConfigError(command, "", f"{options.what!r}: {' | '.join(RECIPES)}")
    data = options.data.parent if options.data.is_file() else options.data
    for folder in FOLDERS[options.what]:
        if not (data / folder).is_dir():
            raise ConfigError(command, "--data", f"目录不存在 / no such folder: {data / folder}")
    env = _devices(options.device)
    _check_run(options)
    _check_installed(command, NEEDED["train"])
    arguments = ["--data", str(data), "--weights", str(options.weights), "--out", str(options.out)]
    if options.epochs is not None:
        arguments += ["--epochs", str(options.epochs)]
    if options.threads is not None:
        arguments += ["--threads", str(options.threads)]
    arguments += _of_covers(options)
    script = _script(options.models_dir, RECIPES[options.what])
    return (run or run_child)(_command(script, options.seed, arguments), env)


def export(options: ExportOptions, run: Run | None = None) -> int:
    """Write a checkpoint as the OpenVINO files that the product runs.

    Args:
        options: What.
        run: As for :func:`train`.

    Returns:
        The recipe's exit code.

    Raises:
        ConfigError: If the extra ``train`` is not installed or an option is wrong.
    """
    command = "yitong export"
    if not options.weights.is_file():
        raise ConfigError(command, "--weights", f"文件不存在 / no such file: {options.weights}")
    if options.calibration is not None and not options.calibration.is_dir():
        raise ConfigError(
            command, "--calibration", f"目录不存在 / no such folder: {options.calibration}"
        )
    height, width = options.size or _registered_size(options)
    _check_installed(command, NEEDED["export"])
    arguments = ["--weights", str(options.weights), "--name", options.model]
    arguments += ["--size", str(height), str(width), "--out", str(options.out)]
    arguments += ["--calibration", str(options.calibration or options.out)]
    if options.calibration is None:
        arguments.append("--fp32")
    script = _script(options.models_dir, EXPORT)
    return (run or run_child)(_command(script, DEFAULT_SEED, arguments), {})


def run_child(command: Sequence[str], env: dict[str, str]) -> int:
    """Run a command to its end, with its output shown as it comes.

    Args:
        command: Program and arguments.
        env: Variables added to the environment.

    Returns:
        Its exit code; 130 if a person interrupted it.
    """
    with subprocess.Popen(command, env=os.environ | env) as child:  # noqa: S603 - our own scripts
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.wait()
            return 130


def _of_covers(options: TrainOptions) -> list[str]:
    """The arguments that only the covers' recipe takes."""
    wishes = {"--rendered": options.rendered, "--composites": options.composites}
    given = {name: value for name, value in wishes.items() if value is not None}
    for name in given:
        if options.what != "manhole":
            raise ConfigError("yitong train", name, "只用于 / only for: manhole")
    if options.rendered is not None and not (options.rendered / "images").is_dir():
        raise ConfigError(
            "yitong train", "--rendered", f"目录不存在 / no such folder: {options.rendered}/images"
        )
    return [word for name, value in given.items() for word in (name, str(value))]


def _check_run(options: TrainOptions) -> None:
    """An old run is only gone on with when asked; a new one never overwrites it."""
    begun = (options.out / LAST).is_file()
    if begun and not options.resume:
        raise ConfigError(
            "yitong train",
            "--out",
            f"已有训练 / holds a run already: {options.out}; 加 / add --resume, "
            "或换目录 / or name another folder",
        )
    if options.resume and not begun:
        raise ConfigError(
            "yitong train", "--resume", f"没有可继续的训练 / no run to go on with: {options.out}"
        )


def _check_installed(command: str, modules: tuple[str, ...]) -> None:
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    if absent:
        raise ConfigError(
            command,
            "",
            f"缺少训练组件 / not installed: {', '.join(absent)}; 请运行 / run: {INSTALL}",
        )


def _script(models_dir: Path, name: str) -> Path:
    script = models_dir / "recipes" / name
    if not script.is_file():
        raise ConfigError("YITONG_MODELS", "", f"没有训练脚本 / the recipe is not there: {script}")
    return script


def _command(script: Path, seed: int, arguments: list[str]) -> list[str]:
    return [
        sys.executable, "-m", "yitong_command.training.seeded", str(seed), str(script), *arguments
    ]  # fmt: skip


def _devices(device: str | None) -> dict[str, str]:
    if device is None:
        return {}
    if device != "cpu" and not device.isdecimal():
        raise ConfigError("yitong train", "--device", f"cpu 或编号 / or a number: {device!r}")
    return {"CUDA_VISIBLE_DEVICES": "" if device == "cpu" else device}


def _registered_size(options: ExportOptions) -> tuple[int, int]:
    entries = read_registry(options.models_dir)
    if options.model not in entries:
        raise ConfigError(
            "yitong export",
            "--model",
            f"没有此模型 / no such model: {options.model!r}; 有 / there are: "
            f"{', '.join(sorted(entries))}; 新模型须加 / a new one needs --size HEIGHT WIDTH",
        )
    spec = entries[options.model].spec
    return spec.height_px, spec.width_px
