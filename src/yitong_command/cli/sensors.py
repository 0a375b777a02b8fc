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
    app.command("sensor-farm")(sensor_farm)


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


def sensor_farm(
    mqtt_port: Annotated[int, typer.Option(help="MQTT 端口 / MQTT port")] = 1883,
    control_port: Annotated[int, typer.Option(help="控制端口 / control HTTP port")] = 8557,
) -> None:
    """虚拟传感器: 真实 MQTT 消息代理与几个设备 / a real MQTT broker with virtual sensors on it."""
    from yitong_command.demo.sensors.main import SensorFarmOptions, run_sensor_farm

    with plain_errors():
        settings_for("sensor-farm")
        asyncio.run(run_sensor_farm(SensorFarmOptions(mqtt_port, control_port)))
