"""`yitong sensors`: the sensor part as a process of its own."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

import typer

from yitong_command.cli.options import (
    ConfigOption,
    DataOption,
    KafkaOption,
    plain_errors,
    settings_for,
)


def add_sensor_commands(app: typer.Typer) -> None:
    """Tell the command line about the sensors."""
    app.command()(sensors)


def sensors(
    mqtt: Annotated[
        str | None, typer.Option(help="MQTT 消息代理 / MQTT broker, mqtt://host:port")
    ] = None,
    kafka: KafkaOption = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """传感器: 从 MQTT 读数到事件和设备故障 / readings become incidents and device faults."""
    from yitong_command.ingest.sensor_worker import run_sensors

    with plain_errors():
        settings = settings_for("sensors", kafka, config, data)
        asyncio.run(run_sensors(replace(settings, mqtt=mqtt or settings.mqtt)))
