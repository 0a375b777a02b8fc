"""The commands of `yitong`, one function each."""

from __future__ import annotations

import asyncio
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from yitong_command import __version__
from yitong_command.cli.audit import audit
from yitong_command.cli.bench import bench
from yitong_command.cli.cameras import cameras
from yitong_command.cli.cases import cases
from yitong_command.cli.dead_letters import dead_letters
from yitong_command.cli.evidence import evidence
from yitong_command.cli.labels import labels
from yitong_command.cli.ledger import add_ledger_command
from yitong_command.cli.models import add_model_commands
from yitong_command.cli.options import (
    ConfigOption,
    DataOption,
    KafkaOption,
    plain_errors,
    say,
    settings_for,
)
from yitong_command.cli.platforms import platforms
from yitong_command.cli.qr import add_qr_command
from yitong_command.cli.replay import add_replay_command
from yitong_command.cli.report import report
from yitong_command.cli.reports import reports
from yitong_command.cli.rosters import rosters
from yitong_command.cli.scenes import scenes
from yitong_command.cli.sensors import add_sensor_commands
from yitong_command.cli.simulate import add_simulate_command
from yitong_command.cli.topics import topics
from yitong_command.cli.webhooks import webhooks
from yitong_command.domain.incident import IncidentKind

app = typer.Typer(
    name="yitong",
    help="伊通县基层治理指挥中心: 摄像头和传感器的流式指挥平台。\n\n"
    "Streaming command centre for a county's camera and sensor feeds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
users = typer.Typer(help="账号 / user accounts", no_args_is_help=True)
app.add_typer(users, name="users")
app.add_typer(audit, name="audit")
app.add_typer(report, name="report")
app.add_typer(cameras, name="cameras")
app.add_typer(labels, name="labels")
app.add_typer(rosters, name="rosters")
app.add_typer(evidence, name="evidence")
app.add_typer(bench, name="bench")
app.add_typer(topics, name="topics")
app.add_typer(dead_letters, name="dead-letters")
app.add_typer(scenes, name="scenes")
app.add_typer(platforms, name="platforms")
app.add_typer(reports, name="reports")
app.add_typer(cases, name="cases")
app.add_typer(webhooks, name="webhooks")


def _version(show: bool) -> None:
    if show:
        print(f"yitong-command {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="版本 / version")
    ] = False,
) -> None:
    """Options before the command."""


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="控制台端口 / port of the console")] = 8000,
    headless: Annotated[bool, typer.Option(help="不等人操作 / without a person")] = False,
    for_s: Annotated[
        float | None, typer.Option("--for", help="运行秒数 / seconds to run, then stop")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="结果写入 JSON / write the result as JSON")
    ] = None,
    autopilot: Annotated[
        bool, typer.Option(help="演示值班员自动确认 / a scripted operator confirms late alerts")
    ] = True,
    kafka: KafkaOption = None,
    data: DataOption = None,
    keep: Annotated[bool, typer.Option(help="保留上次数据 / keep the last run's data")] = False,
) -> None:
    """演示: 虚拟县城、识别、立案、派遣, 一条命令 / the whole system on a virtual county.

    Starts a broker, virtual cameras, ingest, routing and the console, and stops them all on
    Ctrl-C. With --headless a scripted operator confirms alerts through the real API and the
    exit code is 0 only if every ground-truth incident became exactly one case.
    """
    from yitong_command.cli.demo import run_demo
    from yitong_command.cli.demo_setup import DemoOptions

    with plain_errors():
        options = DemoOptions(
            port=port, headless=headless, for_s=for_s, report=report,
            autopilot=autopilot or headless, kafka=kafka, data=data, keep=keep,
        )  # fmt: skip
        raise typer.Exit(run_demo(options))


@app.command()
def broker(
    port: Annotated[int, typer.Option(help="端口 / client port")] = 9092,
    data: DataOption = None,
    fetch_only: Annotated[bool, typer.Option(help="只下载 / fetch the jars and stop")] = False,
) -> None:
    """单机消息代理 (Apache Kafka) / one Kafka node for one machine."""
    from yitong_command.bus.broker import KafkaNode, NodeOptions
    from yitong_command.bus.kafka_files import find_java, kafka_jars

    with plain_errors():
        settings = settings_for("broker", data=data)
        if fetch_only:
            say(f"Java: {find_java()}")
            say(f"Apache Kafka: {kafka_jars(say)[0].parent}")
            return
        options = NodeOptions(settings.data_dir / "kafka", port, port + 1)
        node = KafkaNode(options, say)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        node.start()
        say(f"消息代理已启动 / broker is up: {node.bootstrap} (Ctrl-C 停止 / stops)")
        while not stop.wait(0.5):
            if node.exit_code() is not None:
                say(f"消息代理意外退出 / broker died; see {options.data_dir / 'broker.log'}")
                raise typer.Exit(1)
        node.stop()


@app.command()
def farm(
    port: Annotated[int, typer.Option(help="RTSP 端口 / RTSP port")] = 8554,
    control_port: Annotated[int, typer.Option(help="控制端口 / control HTTP port")] = 8555,
    onvif_port: Annotated[int, typer.Option(help="ONVIF 端口 / ONVIF port")] = 8556,
    copies: Annotated[int, typer.Option(help="压测副本数 / copies for load tests")] = 0,
) -> None:
    """虚拟摄像头: 真实 RTSP 与 ONVIF / virtual cameras over real RTSP and ONVIF."""
    from yitong_command.demo.farm.main import FarmOptions, run_farm

    with plain_errors():
        settings_for("farm")
        options = FarmOptions(
            rtsp_port=port, control_port=control_port, onvif_port=onvif_port, copies=copies
        )
        asyncio.run(run_farm(options))


@app.command()
def ingest(
    worker: Annotated[
        str | None, typer.Option(help="本进程名称, 各不相同 / name of this worker, unique")
    ] = None,
    kafka: KafkaOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """识别: 看摄像头, 发现违停与井盖事件 / watch this worker's share of the cameras."""
    from yitong_command.ingest.worker import watch_cameras

    with plain_errors():
        settings = settings_for("ingest", kafka, config, data)
        watch_cameras(replace(settings, worker=worker or settings.worker))


@app.command()
def route(kafka: KafkaOption = None, config: ConfigOption = None, data: DataOption = None) -> None:
    """分流: 事件归并立案派遣 (Faust) / incidents become cases and tasks (Faust worker)."""
    from streams.app import run_route

    with plain_errors():
        run_route(settings_for("route", kafka, config, data))


@app.command()
def web(
    host: Annotated[str | None, typer.Option(help="监听地址 / address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="端口 / port")] = None,
    kafka: KafkaOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """控制台与接口 / the console, the REST API and the live stream."""
    import uvicorn

    from yitong_command.settings.memory import settle
    from yitong_command.web.app import create_app

    with plain_errors():
        settings = settings_for("web", kafka, config, data)
        served = create_app(settings)
        settle()
        uvicorn.run(
            served,
            host=host or settings.web_host,
            port=port or settings.web_port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=2,
        )


@app.command("check-config")
def check_config(config: ConfigOption = None) -> None:
    """检查配置 / check every file of the configuration; exit 2 naming file and key."""
    from yitong_command.cli.check_config import check

    with plain_errors():
        check(settings_for("check-config", config=config), say)


@users.command("add")
def users_add(
    username: str,
    role: Annotated[str, typer.Option(help="operator | worker | admin")],
    name_zh: Annotated[str, typer.Option(help="中文姓名 / Chinese name")],
    name_en: Annotated[str, typer.Option(help="英文姓名 / English name")] = "",
    grid: Annotated[list[str] | None, typer.Option(help="网格编码 / grid code")] = None,
    post: Annotated[str | None, typer.Option(help="岗位 A 或 B / post A or B")] = None,
    password: Annotated[
        str, typer.Option(prompt="密码 / password", hide_input=True, confirmation_prompt=True)
    ] = "",
) -> None:
    """新增或更新账号 / add an account or change it."""
    from yitong_command.cli.accounts import add_user

    with plain_errors():
        settings = settings_for("users")
        asyncio.run(
            add_user(settings, username, name_zh, name_en or username, role, grid, post, password)
        )
        say(f"账号已保存 / account saved: {username} ({role})")


@app.command()
def watch(
    source: Annotated[
        str, typer.Argument(help="文件、RTSP 地址或摄像头编号 / file, URL or number")
    ],
    zone: Annotated[
        list[str] | None, typer.Option(help='区域 / zone "x,y x,y x,y" in [0,1], repeatable')
    ] = None,
    kind: Annotated[str, typer.Option(help=" | ".join(IncidentKind))] = "illegal_parking",
    dwell: Annotated[str, typer.Option(help="停留时间 / dwell before an incident, 5s 10m")] = "10m",
    every: Annotated[str, typer.Option(help="查看间隔 / time between two looks")] = "1s",
    json: Annotated[bool, typer.Option("--json", help="每行一个 JSON / JSON lines")] = False,
    detections: Annotated[bool, typer.Option(help="也输出每次识别 / print every look too")] = False,
    show_evidence: Annotated[
        Path | None, typer.Option(help="证据图片目录 / folder for evidence pictures")
    ] = None,
) -> None:
    """观看任意视频并输出事件 / watch any video source and print incidents."""
    from yitong_command.ingest.watch import WatchOptions
    from yitong_command.ingest.watch import watch as run_watch
    from yitong_command.settings.kinds import known_kind

    with plain_errors():
        settings = settings_for("watch")
        options = WatchOptions(
            source=source, zones=tuple(zone or ()),
            kind=known_kind(settings.config_dir, kind, "yitong watch"), dwell=dwell, every=every,
            json=json, detections=detections, show_evidence=show_evidence,
            models_dir=settings.models_dir,
        )  # fmt: skip
        raise typer.Exit(run_watch(options))


add_model_commands(app)
add_ledger_command(app)
add_replay_command(app)
add_sensor_commands(app)
add_simulate_command(app)
add_qr_command(app)
