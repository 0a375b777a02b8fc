"""Commands around the models: evaluate, evaluate-rules, train, export, models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from yitong_command.cli.options import EXIT_BAD_INPUT, plain_errors, say, settings_for

models = typer.Typer(help="模型 / models", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]


def add_model_commands(app: typer.Typer) -> None:
    """Make these commands part of `yitong`."""
    app.command()(evaluate)
    app.command("evaluate-rules")(evaluate_rules)
    app.command()(train)
    app.command()(export)
    app.add_typer(models, name="models")


def evaluate(
    data: Annotated[Path, typer.Argument(help="数据文件 / Ultralytics data file, DATA.yaml")],
    model: Annotated[
        str, typer.Option(help="登记的名称或 .pt 文件 / name in the registry, or a .pt checkpoint")
    ],
    split: Annotated[str, typer.Option(help="train | val | test")] = "val",
    threshold: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="精确率和召回率的阈值 / for precision and recall"),
    ] = None,
    size: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="HEIGHT WIDTH", help=".pt 的输入尺寸 / input size of a checkpoint"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """评估模型 / a model's figures on labelled pictures.

    mAP50 and mAP50_95 as Ultralytics computes them; precision and recall at the shipped threshold.
    Classes are matched by name. A picture without a label file shows nothing.
    """
    from yitong_command.training.evaluation import EvaluateOptions, evaluate_model

    with plain_errors():
        settings = settings_for("evaluate")
        options = EvaluateOptions(data, model, settings.models_dir, split, threshold, size)
        _show(evaluate_model(options), as_json, ("per_class", "by_size"))


def evaluate_rules(
    scenes: Annotated[Path, typer.Argument(help="目录 / folder of <name>.mp4 + <name>.gt.json")],
    dwell: Annotated[str, typer.Option(help="违停停留 / how long a vehicle must stand")] = "8s",
    agree: Annotated[str, typer.Option(help="井盖一致 / how long looks at a cover agree")] = "4s",
    every: Annotated[str, typer.Option(help="查看间隔 / time between two looks")] = "1s",
    kind: Annotated[str | None, typer.Option(help="只评此规则 / try only this rule")] = None,
    loop_to: Annotated[
        str | None, typer.Option(help="循环到此时长 / play each clip again up to this, 1h")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """评估规则 / the real pipeline on clips whose truth is known.

    Incident precision and recall, delay after begin plus dwell, duplicates, false incidents in 24
    camera hours of scene time. A clip with zones and no events must raise nothing. With --loop-to
    each clip is seen once and its looks are played again, with media time going on.
    """
    from yitong_command.ingest.evaluate_rules import COMMAND, RuleTrial, try_rules
    from yitong_command.ingest.rules_report import rules_report
    from yitong_command.ingest.watch_options import duration_s
    from yitong_command.settings.kinds import known_kind

    with plain_errors():
        settings = settings_for("evaluate-rules")
        trial = RuleTrial(
            scenes,
            settings.models_dir,
            duration_s(dwell, "--dwell", COMMAND),
            duration_s(agree, "--agree", COMMAND),
            duration_s(every, "--every", COMMAND),
            duration_s(loop_to, "--loop-to", COMMAND) if loop_to else None,
            known_kind(settings.config_dir, kind, COMMAND) if kind else None,
        )
        _show(rules_report(trial, list(try_rules(trial))), as_json, ("by_kind", "clips"))


def train(
    what: Annotated[str, typer.Argument(help="manhole | vehicles")],
    data: Annotated[Path, typer.Option(help="数据目录 / folder with images and labels")],
    out: Annotated[Path | None, typer.Option(help="输出目录 / where the run is kept")] = None,
    weights: Annotated[Path, typer.Option(help="起始权重 / checkpoint to start from")] = Path(
        "yolo11n.pt"
    ),
    epochs: Annotated[int | None, typer.Option(min=1, help="轮数 / epochs")] = None,
    seed: Annotated[int, typer.Option(min=0, help="随机种子 / seed")] = 7,
    device: Annotated[
        str | None, typer.Option(help="cpu 或 GPU 编号 / cpu or the number of a GPU")
    ] = None,
    resume: Annotated[bool, typer.Option(help="继续 / go on with the run in --out")] = False,
    threads: Annotated[int | None, typer.Option(min=1, help="线程 / CPU threads")] = None,
    rendered: Annotated[
        Path | None, typer.Option(help="合成井盖图 / folder of rendered crops, manhole only")
    ] = None,
    composites: Annotated[
        int | None, typer.Option(min=0, help="拼合图数量 / composed pictures, manhole only")
    ] = None,
) -> None:
    """训练 / train a model by its recipe; needs the extra `train`."""
    from yitong_command.training.recipes import TrainOptions
    from yitong_command.training.recipes import train as run_train

    with plain_errors():
        settings = settings_for("train")
        options = TrainOptions(
            what=what, data=data, out=out or Path("build") / what, models_dir=settings.models_dir,
            weights=weights, epochs=epochs, seed=seed, device=device, resume=resume,
            threads=threads, rendered=rendered, composites=composites,
        )  # fmt: skip
        code = run_train(options)
        if code == 0:
            say(f"训练完成 / trained: {options.out / 'run' / 'weights' / 'last.pt'}")
        raise typer.Exit(code)


def export(
    weights: Annotated[Path, typer.Option(help="训练好的权重 / trained checkpoint")],
    model: Annotated[str, typer.Option(help="模型名称 / name of the model")],
    out: Annotated[Path, typer.Option(help="输出目录 / folder for the .xml and .bin")],
    calibration: Annotated[
        Path | None, typer.Option(help="校准图像, INT8 / pictures for INT8; floats without")
    ] = None,
    size: Annotated[
        tuple[int, int] | None,
        typer.Option(metavar="HEIGHT WIDTH", help="输入尺寸 / input size of a new model"),
    ] = None,
) -> None:
    """导出为 OpenVINO / write a checkpoint as what the product runs; needs the extra `train`."""
    from yitong_command.training.recipes import ExportOptions
    from yitong_command.training.recipes import export as run_export

    with plain_errors():
        settings = settings_for("export")
        code = run_export(
            ExportOptions(weights, model, out, settings.models_dir, calibration, size)
        )
        if code == 0:
            say(f"已导出, 请更新 / exported; now update registry.toml: {out}")
        raise typer.Exit(code)


@models.command("list")
def models_list(as_json: JsonOption = False) -> None:
    """登记的模型 / the models of the registry, and whether their files are whole."""
    from yitong_command.training.catalogue import list_models

    with plain_errors():
        _show_models(list_models(settings_for("models").models_dir), as_json)


@models.command("verify")
def models_verify(as_json: JsonOption = False) -> None:
    """校验 / compare every file's digest and load every model; exit 2 if one is not right."""
    from yitong_command.training.catalogue import list_models

    with plain_errors():
        found = list_models(settings_for("models").models_dir, load=True)
        _show_models(found, as_json)
        if not all(model["ok"] for model in found):
            raise typer.Exit(EXIT_BAD_INPUT)


@models.command("fetch")
def models_fetch(
    name: Annotated[str, typer.Argument(help="例如 / for example yolo11n")],
    out: Annotated[Path, typer.Option(help="输出目录 / folder for the file")] = Path(),
) -> None:
    """下载原始权重 / get genuine Ultralytics weights to start a training from."""
    from yitong_command.training.catalogue import fetch_weights

    with plain_errors():
        settings_for("models")
        say(f"权重 / weights: {fetch_weights(name, out)}")


def _show_models(found: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for model in found:
        height, width = model["shape"]
        good = "完好 / ok" if model["ok"] else f"有误 / wrong: {model['problem']}"
        print(f"{model['name']} {model['version']}  {height}x{width}  {model['engine']}")
        print(f"    类别 / classes   {', '.join(model['classes'])}")
        print(f"    许可 / licence   {model['licence']}")
        print(f"    文件 / files     {good}")


def _show(result: dict[str, Any], as_json: bool, tables: tuple[str, ...]) -> None:
    if as_json:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return
    for name, value in result.items():
        if name not in tables:
            print(f"{name:<22} {_cell(value)}")
    for name in tables:
        rows = result[name]
        named = rows.items() if isinstance(rows, dict) else ((row["clip"], row) for row in rows)
        print(f"{name}:")
        for label, row in named:
            cells = [f"{key} {_cell(v)}" for key, v in row.items() if key != "clip" and v != []]
            print(f"    {label:<20} {', '.join(cells)}")


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else str(value)
