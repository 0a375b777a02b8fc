"""The sensors of `sensors.yaml`, checked against the taxonomy and the ethical frame."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from yitong_command.domain.sensor import Level, Payload, Sensor
from yitong_command.domain.taxonomy import Group, Taxonomy
from yitong_command.errors import ConfigError
from yitong_command.settings.files import check, read_yaml
from yitong_command.settings.sensors_file import LevelFile, SensorFile, SensorsFile

FILE = "sensors.yaml"


@dataclass(frozen=True, slots=True)
class SensorBook:
    """The registry.

    Attributes:
        subscribe: MQTT topic filters; every sensor's topic lies under one of them.
        sensors: By id, in the order of the file.
    """

    subscribe: tuple[str, ...]
    sensors: dict[str, Sensor]


EMPTY = SensorBook((), {})


def load_sensors(config_dir: Path, taxonomy: Taxonomy) -> SensorBook:
    """The registry; an installation without ``sensors.yaml`` has no sensors.

    Args:
        config_dir: The configuration folder.
        taxonomy: Which categories there are, and who may report them.

    Raises:
        ConfigError: Naming file and key: unknown keys, a category that does not take sensors, a
            care device without its person's consent or with a name or a flat in it.
    """
    path = config_dir / FILE
    if not path.exists():
        return EMPTY
    content = check(SensorsFile, path, read_yaml(path))
    sensors: dict[str, Sensor] = {}
    taken: dict[tuple[str, str, str], str] = {}
    for index, item in enumerate(content.sensors):
        key = f"sensors.{index}"
        sensor = _sensor(item)
        if sensor.sensor_id in sensors:
            wrong = f"传感器编号重复 / sensor {sensor.sensor_id} is listed twice"
            raise ConfigError(str(path), f"{key}.id", wrong)
        _check_topic(path, key, content.subscribe, sensor, taken)
        _check_categories(path, key, sensor, taxonomy)
        sensors[sensor.sensor_id] = sensor
    return SensorBook(content.subscribe, sensors)


def matches(pattern: str, topic: str) -> bool:
    """Whether an MQTT topic lies under a filter (``+`` one level, ``#`` all that follow)."""
    wanted, levels = pattern.split("/"), topic.split("/")
    for index, part in enumerate(wanted):
        if part == "#":
            return True
        if index >= len(levels) or part not in {"+", levels[index]}:
            return False
    return len(wanted) == len(levels)


def _check_topic(
    path: Path,
    key: str,
    subscribe: tuple[str, ...],
    sensor: Sensor,
    taken: dict[tuple[str, str, str], str],
) -> None:
    if not any(matches(pattern, sensor.topic) for pattern in subscribe):
        wrong = f"不在 subscribe 之下 / {sensor.topic} lies under no filter of subscribe"
        raise ConfigError(str(path), f"{key}.topic", wrong)
    mark = (sensor.topic, sensor.payload.device, sensor.payload.value)
    other = taken.setdefault(mark, sensor.sensor_id)
    if other != sensor.sensor_id:
        wrong = f"与 {other} 读同一字段 / {other} reads the same field of the same topic"
        raise ConfigError(str(path), f"{key}.payload", wrong)


def _check_categories(path: Path, key: str, sensor: Sensor, taxonomy: Taxonomy) -> None:
    for number, level in enumerate(sensor.levels):
        where = f"{key}.levels.{number}.category"
        found = taxonomy.find(level.category)
        if found is None:
            wrong = f"没有这个类别 / there is no category {level.category!r}"
            raise ConfigError(str(path), where, wrong)
        category, _ = found
        if category.group is Group.KEY_POPULATION and not sensor.care:
            wrong = (
                f"{category.code} 是重点人群: 只能由本人知情的照护设备上报, 须写 care / is about "
                "people: only a care device that its person agreed to may report it; write care:"
            )
            raise ConfigError(str(path), where, wrong)
        if sensor.source not in category.sources:
            wrong = f"不接受来源 / {category.code} does not take the source {sensor.source}"
            raise ConfigError(str(path), where, wrong)


def _sensor(item: SensorFile) -> Sensor:
    interval = timedelta(seconds=item.report_interval_s)
    return Sensor(
        sensor_id=item.id,
        kind=item.kind,
        name_zh=item.name_zh,
        name_en=item.name_en,
        place=item.place.to_place(),
        unit=item.unit,
        valid=item.valid,
        report_interval=interval,
        silent_after=timedelta(seconds=item.silent_after_s or item.report_interval_s * 2.5),
        on_change=item.on_change,
        battery_low=item.battery_low,
        levels=tuple(_level(level) for level in item.levels),
        topic=item.topic,
        payload=Payload(
            shape=item.payload.shape,
            value=item.payload.value,
            at=item.payload.at,
            battery=item.payload.battery,
            seq=item.payload.seq,
            words=tuple(item.payload.words.items()),
            scale=item.payload.scale,
            device_at=item.payload.device_at,
            device=item.payload.device,
        ),
        subject_ref=item.care.subject if item.care else None,
    )


def _level(item: LevelFile) -> Level:
    return Level(
        level_id=item.id,
        category=item.category,
        watch=item.watch,
        open_at=item.open_at,
        clear_at=item.open_at if item.clear_at is None else item.clear_at,
        hold=timedelta(seconds=item.hold_s),
        clear_hold=timedelta(seconds=item.clear_hold_s),
        name_zh=item.name_zh,
        name_en=item.name_en,
    )
