"""What one demo run consists of: its folder, ports, parts and users."""

from __future__ import annotations

import secrets
import shutil
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from yitong_command.bus.broker import KafkaNode, NodeOptions
from yitong_command.cli.accounts import DemoUser, demo_users
from yitong_command.cli.options import say, settings_for
from yitong_command.demo.processes import Crew, Part, pick_port
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings

MARK = "demo-run"
"""A file that says: this folder is a demo's, and the next one may clear it."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the user asked for.

    Attributes:
        port: Port of the console.
        headless: No person takes part; alerts are confirmed at once.
        for_s: Stop after this many seconds, or None until Ctrl-C.
        report: File for the result, or None.
        autopilot: A scripted operator confirms alerts that nobody confirmed.
        kafka: A running broker to use, or None to start one.
        data: Folder for this run, or None for the default.
        keep: Keep the data of the last run.
    """

    port: int
    headless: bool
    for_s: float | None
    report: Path | None
    autopilot: bool
    kafka: str | None
    data: Path | None
    keep: bool


@dataclass(slots=True)
class Run:
    """A started demo."""

    settings: Settings
    web_url: str
    farm_url: str
    sensor_farm_url: str
    health: dict[str, str]
    users: list[DemoUser]
    crew: Crew
    node: KafkaNode | None
    stopped: threading.Event = field(default_factory=threading.Event)


def _clear(data: Path, *, ours: bool) -> None:
    if not data.exists():
        return
    if not ours and any(data.iterdir()) and not (data / MARK).is_file():
        raise ConfigError(
            "yitong demo", "--data",
            f"{data} 里有其他文件, 请换一个空目录或加 --keep / holds other files, which the demo "
            "would delete: name an empty folder, or keep them with --keep",
        )  # fmt: skip
    shutil.rmtree(data)


def prepare(options: DemoOptions) -> Run:
    """Choose ports, clear the folder of the last run, and describe every part.

    Raises:
        ConfigError: If a folder was given that holds anything but an earlier run.
    """
    data = (options.data or Path.cwd() / ".yitong" / "demo").resolve()
    if not options.keep:
        _clear(data, ours=options.data is None)
    data.mkdir(parents=True, exist_ok=True)
    (data / MARK).touch()
    taken = {options.port}
    ports = {
        name: pick_port(preferred, taken)
        for name, preferred in {
            "rtsp": 8554, "control": 8555, "onvif": 8556,
            "mqtt": 1883, "sensor_control": 8557, "sensors": 8030,
            "ingest": 8010, "route": 8020, "kafka": 9092, "controller": 9093,
        }.items()
    }  # fmt: skip
    kafka = options.kafka or f"127.0.0.1:{ports['kafka']}"
    # Demo people and cases never get into a real database, whatever the environment says.
    settings = replace(
        settings_for("demo", kafka, None, data),
        database_url=f"sqlite+aiosqlite:///{data}/yitong.db",
        evidence_dir=data / "evidence",
        key_file=data / "secret.key",
    )
    env = {
        "YITONG_DATA": str(data),
        "YITONG_DATABASE_URL": settings.database_url,
        "YITONG_EVIDENCE": str(settings.evidence_dir),
        "YITONG_KEY_FILE": str(settings.key_file),
        "YITONG_CONFIG": str(settings.config_dir),
        "YITONG_KAFKA": kafka,
        "YITONG_RTSP_BASE": f"rtsp://127.0.0.1:{ports['rtsp']}",
        "YITONG_ONVIF_BASE": f"http://127.0.0.1:{ports['onvif']}",
        "YITONG_INGEST_PORT": str(ports["ingest"]),
        "YITONG_ROUTE_PORT": str(ports["route"]),
        "YITONG_SENSORS_PORT": str(ports["sensors"]),
        "YITONG_MQTT": f"mqtt://127.0.0.1:{ports['mqtt']}",
        "YITONG_WEB_PORT": str(options.port),
    }
    crew = Crew(say)
    farm = ["farm", "--port", str(ports["rtsp"]), "--control-port", str(ports["control"])]
    for name, arguments in {
        "farm": [*farm, "--onvif-port", str(ports["onvif"])],
        "sensor-farm": [
            "sensor-farm", "--mqtt-port", str(ports["mqtt"]),
            "--control-port", str(ports["sensor_control"]),
        ],
        "ingest": ["ingest"],
        "sensors": ["sensors"],
        "route": ["route"],
        "web": ["web"],
    }.items():  # fmt: skip
        crew.parts.append(Part(name, arguments, env, data / "logs" / f"{name}.log"))
    web_url = f"http://127.0.0.1:{options.port}"
    return Run(
        settings=settings,
        web_url=web_url,
        farm_url=f"http://127.0.0.1:{ports['control']}",
        sensor_farm_url=f"http://127.0.0.1:{ports['sensor_control']}",
        health={
            "farm": f"http://127.0.0.1:{ports['control']}/health/live",
            "sensor-farm": f"http://127.0.0.1:{ports['sensor_control']}/health/live",
            "sensors": f"http://127.0.0.1:{ports['sensors']}/health/ready",
            "ingest": f"http://127.0.0.1:{ports['ingest']}/health/ready",
            "route": f"http://127.0.0.1:{ports['route']}/health/ready",
            "web": f"{web_url}/health/ready",
        },
        users=demo_users(settings, lambda: secrets.token_urlsafe(6)),
        crew=crew,
        node=None
        if options.kafka
        else KafkaNode(
            NodeOptions(data / "kafka", ports["kafka"], ports["controller"]),
            lambda line: say(f"  {line}"),
        ),
    )
