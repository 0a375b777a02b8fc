"""`yitong bench`: what the system does per core, against the obvious way and the bare work."""

from __future__ import annotations

import json
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from yitong_command.cli.options import KafkaOption, plain_errors, say, settings_for
from yitong_command.settings.environment import Settings

bench = typer.Typer(help="性能测量 / benchmarks", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]
INTERRUPTED = 130


@bench.command()
def cameras(
    number: Annotated[int, typer.Option("--cameras", help="摄像头数 / how many cameras")] = 100,
    for_s: Annotated[float, typer.Option("--for", min=5, help="测量秒数 / seconds")] = 60.0,
    as_json: JsonOption = False,
    baseline: Annotated[
        bool, typer.Option(help="同时测基准 / measure the two baselines too")
    ] = True,
    active: Annotated[
        float, typer.Option("--active-share", help="有车流的比例 / share with traffic")
    ] = 0.15,
    balls: Annotated[
        int | None, typer.Option(help="其中球机数 / how many of them are ball cameras")
    ] = None,
    resolution: Annotated[
        str, typer.Option(help="画面尺寸或 original / picture size, or original")
    ] = "704x576",
    gop: Annotated[float, typer.Option(help="关键帧间隔秒 / seconds between key pictures")] = 2.0,
    fps: Annotated[int | None, typer.Option(min=1, help="帧率 / pictures per second")] = None,
    kbit: Annotated[int | None, typer.Option(min=16, help="码率 / kbit per second")] = None,
    every: Annotated[float, typer.Option(help="查看间隔秒 / seconds between two looks")] = 2.0,
    processes: Annotated[int, typer.Option(min=1, max=8, help="识别进程数 / ingest processes")] = 1,
    grow: Annotated[
        str | None, typer.Option(help="逐个规模, 如 10,50,100 / one size after the other")
    ] = None,
    kafka: KafkaOption = None,
    naive_python: Annotated[
        Path | None,
        typer.Option(help="装有 ultralytics 的 Python / another Python with ultralytics"),
    ] = None,
    naive_weights: Annotated[
        Path | None, typer.Option(help="其权重 / weights for the obvious way")
    ] = None,
    naive_every: Annotated[
        int, typer.Option(min=1, help="每几帧识别一次 / it detects on every n-th frame")
    ] = 5,
) -> None:
    """每核可看多少路 / how many cameras a core can watch, and at which look intervals."""
    from yitong_command.bench.cameras import bench_cameras
    from yitong_command.bench.clips import stream_of
    from yitong_command.bench.growth import bench_growth, sizes_of
    from yitong_command.bench.site import CameraOptions

    with plain_errors():
        options = CameraOptions(
            cameras=number, for_s=for_s, active=active, every_s=every, balls=balls,
            stream=stream_of(resolution, gop, fps, kbit), processes=processes,
            kafka=kafka, baseline=baseline, naive_python=naive_python, naive_weights=naive_weights,
            naive_every=naive_every,
        )  # fmt: skip
        if grow is not None:
            sizes = sizes_of(grow)
            _run(lambda s, folder: bench_growth(sizes, options, s, folder, say), as_json)
            return
        _run(lambda s, folder: bench_cameras(options, s, folder, say), as_json)


@bench.command()
def route(
    events: Annotated[int, typer.Option(min=100, help="事件数 / how many events")] = 5000,
    as_json: JsonOption = False,
    kafka: KafkaOption = None,
) -> None:
    """每秒可分流多少事件 / events per second from Kafka to stored cases."""
    from yitong_command.bench.route import bench_route

    with plain_errors():
        _run(lambda s, folder: bench_route(events, kafka, s, folder, say), as_json)


@bench.command()
def alerts(
    screens: Annotated[int, typer.Option(min=1, max=2000, help="屏幕数 / open screens")] = 200,
    storm: Annotated[
        bool, typer.Option("--storm", help="60 秒 5810 起 / 5810 incidents in a minute")
    ] = False,
    as_json: JsonOption = False,
    kafka: KafkaOption = None,
) -> None:
    """告警多久到屏幕 / how soon an alert is on every screen."""
    from yitong_command.bench.alerts import bench_alerts

    with plain_errors():
        _run(
            lambda s, folder: bench_alerts(
                screens, is_storm=storm, settings=s, folder=folder, say=say, kafka=kafka
            ),
            as_json,
        )


@bench.command()
def receive(
    number: Annotated[int, typer.Option("--cameras", help="摄像头数 / how many cameras")] = 500,
    for_s: Annotated[float, typer.Option("--for", min=2, help="测量秒数 / seconds")] = 20.0,
    as_json: JsonOption = False,
) -> None:
    """只收不看的开销 / what receiving alone costs."""
    from yitong_command.bench.receive import bench_receive

    with plain_errors():
        _run(lambda s, folder: bench_receive(number, for_s, s, folder, say), as_json)


@bench.command()
def faults(
    number: Annotated[int, typer.Option("--cameras", help="摄像头数 / how many cameras")] = 20,
    for_s: Annotated[
        float, typer.Option("--for", min=5, help="断开秒数 / seconds the broker is away")
    ] = 120.0,
    as_json: JsonOption = False,
) -> None:
    """故障全上, 事后一件不少 / every fault at once, and nothing lost, doubled or told wrongly."""
    from yitong_command.bench.faults import bench_faults

    with plain_errors():
        _run(lambda s, folder: bench_faults(number, for_s, s, folder, say), as_json)


@bench.command()
def cases(
    number: Annotated[
        int, typer.Option("--cases", min=100, help="未结案件数 / open cases")
    ] = 100_000,
    database_url: Annotated[
        str | None,
        typer.Option(help="空的 PostgreSQL, 默认自启一个 / an empty one, else one of our own"),
    ] = None,
    as_json: JsonOption = False,
    kafka: KafkaOption = None,
) -> None:
    """十万未结案件时的快慢 / how fast the desk and the intake are with many open cases."""
    from yitong_command.bench.cases import CaseOptions, bench_cases

    with plain_errors():
        options = CaseOptions(number, database_url, kafka)
        _run(lambda s, folder: bench_cases(options, s, folder, say), as_json)


@bench.command()
def merge(
    first: Annotated[int, typer.Option(min=1, help="首个种子 / first seed")] = 1001,
    towns: Annotated[int, typer.Option(min=1, max=500, help="城镇数 / how many towns")] = 40,
    as_json: JsonOption = False,
) -> None:
    """同一事实能否并为一案 / how well tellings of one fact find each other."""
    from yitong_command.bench.merge import bench_merge
    from yitong_command.settings.taxonomy import load_taxonomy

    with plain_errors():
        merging = load_taxonomy(settings_for("bench").config_dir / "taxonomy.yaml").merging
        figures = bench_merge(merging, range(first, first + towns))
        if as_json:
            typer.echo(json.dumps(figures, ensure_ascii=False))
            return
        for name in ("precision", "recall", "asked_share", "automatic_only", "by_category"):
            typer.echo(f"{name}: {json.dumps(figures[name], ensure_ascii=False)}")


def _run(measure: Callable[[Settings, Path], dict[str, Any]], as_json: bool) -> None:
    settings = settings_for("bench")

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        with tempfile.TemporaryDirectory(
            prefix="yitong-bench-", ignore_cleanup_errors=True
        ) as folder:
            result = measure(settings, Path(folder))
    except KeyboardInterrupt:
        say("已中断, 进程均已停止 / interrupted; everything was stopped")
        raise typer.Exit(INTERRUPTED) from None
    print(json.dumps(result, ensure_ascii=False, indent=2) if as_json else _table(result))


def _table(result: dict[str, Any]) -> str:
    """The figures as lines for a person; what is listed per camera is left to JSON."""
    lines = []
    for name, value in result.items():
        if name == "per_camera":
            continue
        if isinstance(value, dict):
            lines.append(f"{name}:")
            for key, item in value.items():
                inner = item.items() if name == "sizes" else ()
                lines.append(f"    {key:<34} {'' if inner else _cell(item)}".rstrip())
                lines += [f"        {column:<30} {_cell(cell)}" for column, cell in inner]
        else:
            lines.append(f"{name:<38} {_cell(value)}")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    return ", ".join(map(str, value)) or "—" if isinstance(value, list) else str(value)
