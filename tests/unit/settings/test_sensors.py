"""The sensor registry: what is refused, naming file and key."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from yitong_command.domain.sensor import SensorKind, Watch
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.errors import ConfigError
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings
from yitong_command.settings.kinds import load_kinds
from yitong_command.settings.sensors import load_sensors, matches
from yitong_command.settings.taxonomy import load_taxonomy

CONFIG = Path(__file__).parents[3] / "config"
BOOK = yaml.safe_load((CONFIG / "sensors.yaml").read_text(encoding="utf-8"))
TILT, WATER, PENDANT, METER, DOOR = 0, 2, 7, 8, 9


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy(CONFIG / "taxonomy.yaml")


def changed(index: int, key: str, value: Any) -> dict[str, Any]:
    """The demo's registry with one thing changed; ``...`` takes it out."""
    book = copy.deepcopy(BOOK)
    node = book["sensors"][index]
    *path, last = key.split(".")
    for part in path:
        node = node[int(part)] if isinstance(node, list) else node[part]
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return book


def load(folder: Path, book: Any, taxonomy: Taxonomy) -> Any:
    (folder / "sensors.yaml").write_text(yaml.safe_dump(book, allow_unicode=True), "utf-8")
    return load_sensors(folder, taxonomy)


def test_the_demo_county_has_every_kind_of_rule_and_care_devices(taxonomy: Taxonomy) -> None:
    sensors = load_sensors(CONFIG, taxonomy).sensors.values()
    watches = {level.watch for sensor in sensors for level in sensor.levels}
    assert watches == set(Watch)
    assert {s.kind for s in sensors if s.care} == {
        SensorKind.PENDANT, SensorKind.WATER_METER, SensorKind.DOOR,
    }  # fmt: skip
    assert {s.source for s in sensors} == {"sensor", "care_device"}


def test_no_file_means_no_sensors(tmp_path: Path, taxonomy: Taxonomy) -> None:
    assert load_sensors(tmp_path, taxonomy).sensors == {}


@pytest.mark.parametrize(
    ("index", "key", "value", "where", "words"),
    [
        (PENDANT, "care.known_to_subject", ..., "sensors.7.care.known_to_subject", "required"),
        (PENDANT, "care.known_to_subject", False, "sensors.7.care.known_to_subject", "True"),
        (PENDANT, "care", ..., "sensors.7", "a pendant is a person's"),
        (METER, "care", ..., "sensors.8.levels.0.category", "care device that its person agreed"),
        (PENDANT, "care.subject", "张三", "sensors.7.care.subject", "match"),
        (PENDANT, "care.name", "Zhang San", "sensors.7.care.name", "not permitted"),
        (PENDANT, "name_zh", "示例小区3号楼2单元501室", "sensors.7", "no flat"),
        (PENDANT, "name_en", "Sample Court, flat 501", "sensors.7", "no flat"),
        (DOOR, "levels.0.category", "cp_parking.no_parking_zone", "category", "care_device"),
        (TILT, "levels.0.category", "kp_elder_alone.wandering", "category", "about people"),
        (TILT, "levels.0.category", "cp_parking.no_parking_zone", "category", "does not take"),
        (TILT, "levels.0.category", "ar_manhole.gone", "category", "no category"),
        (TILT, "colour", "red", "sensors.0.colour", "not permitted"),
        (TILT, "payload.colour", "red", "sensors.0.payload.colour", "not permitted"),
        (TILT, "unit", "cm", "sensors.0", "unit"),
        (TILT, "levels.0.clear_at", 15, "sensors.0.levels.0", "must differ"),
        (TILT, "levels.0.open_at", 500, "sensors.0", "outside valid"),
        (TILT, "levels.0.watch", "call", "sensors.0.levels.0", "only for a limit"),
        (TILT, "valid", [10, 1], "sensors.0.valid", "lowest"),
        (TILT, "silent_after_s", 6, "sensors.0", "at least 7.5"),
        (TILT, "topic", "elsewhere/manhole-001", "sensors.0.topic", "no filter"),
        (TILT, "topic", "yitong/#", "sensors.0.topic", "match"),
        (TILT, "id", "manhole-002", "sensors.1.id", "twice"),
        (TILT, "place.crs", "GCJ02", "sensors.0.place.crs", "GCJ-02"),
        (TILT, "payload.device_at", "imei", "sensors.0.payload", "stand together"),
        (TILT, "payload.shape", "xml", "sensors.0.payload.shape", "json"),
        (TILT, "kind", "camera", "sensors.0.kind", "manhole_tilt"),
        (WATER, "levels.1.id", "yellow", "sensors.2", "twice"),
        (DOOR, "levels.0.hold_s", 0, "sensors.9.levels.0", "above 0"),
    ],
)
def test_what_is_wrong_is_refused_naming_file_and_key(
    tmp_path: Path, taxonomy: Taxonomy, index: int, key: str, value: Any, where: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, changed(index, key, value), taxonomy)
    text = str(caught.value)
    assert "sensors.yaml" in text
    assert where in text
    assert words in text


def test_two_sensors_may_share_a_topic_but_not_a_field(tmp_path: Path, taxonomy: Taxonomy) -> None:
    assert "charging-002" in load_sensors(CONFIG, taxonomy).sensors
    book = changed(6, "payload.value", "temperature")
    with pytest.raises(ConfigError, match="reads the same field"):
        load(tmp_path, book, taxonomy)


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("a/#", "a/b/c", True), ("a/#", "a", True), ("a/+", "a/b", True), ("a/+", "a/b/c", False),
        ("a/+/c", "a/b/c", True), ("a/b", "a/b", True), ("a/b", "a/bc", False), ("#", "x", True),
        ("b/#", "a/b", False),
    ],
)  # fmt: skip
def test_filters_match_as_mqtt_says(pattern: str, topic: str, expected: bool) -> None:
    assert matches(pattern, topic) is expected


def test_what_sensors_report_is_no_rule_for_a_camera(tmp_path: Path) -> None:
    for name in CONFIG.iterdir():
        if name.is_file():
            (tmp_path / name.name).write_bytes(name.read_bytes())
    zones = tmp_path / "zones.yaml"
    text = zones.read_text(encoding="utf-8")
    zones.write_text(text.replace("kind: illegal_parking", "kind: sensor_gas", 1), "utf-8")
    with pytest.raises(ConfigError, match="no rule for cameras"):
        load_cameras(load_settings({"YITONG_CONFIG": str(tmp_path)}))
    zones.write_text(text, encoding="utf-8")
    with (tmp_path / "rules.yaml").open("a", encoding="utf-8") as rules:
        rules.write(
            "gas_seen: {like: sensor_gas, name_zh: 气, name_en: gas, category: "
            "ar_gas_heat.gas_leak, place_zh: 处, place_en: place}\n"
        )
    with pytest.raises(ConfigError, match="no rule for cameras"):
        load_kinds(tmp_path)
