"""Messages of devices, one recorded sample for every shape, and what is no message at all."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.demo.sensors.devices import DEVICES
from yitong_command.domain.geometry import Place
from yitong_command.domain.sensor import Payload, Said
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.errors import BadMessage, ConfigError
from yitong_command.settings.sensors import load_sensors
from yitong_command.settings.taxonomy import load_taxonomy
from yitong_command.sources.mqtt import MqttAddress
from yitong_command.sources.mqtt_payload import SHAPES, said

HERE = Path(__file__).parent / "sensor_messages"
CONFIG = Path(__file__).parents[3] / "config"
SAMPLES = sorted(HERE.glob("*.json"))


def sample(path: Path) -> tuple[Payload, bytes, dict[str, Any] | None, str]:
    data = json.loads(path.read_text(encoding="utf-8"))
    read = data["read"] | {"words": tuple(data["read"].get("words", {}).items())}
    message = data["text"].encode() if "text" in data else json.dumps(data["message"]).encode()
    return Payload(**read), message, data["said"], data.get("doubt", "")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_recorded_message_is_read(path: Path) -> None:
    payload, message, expected, doubt = sample(path)
    found = said(payload, message)
    if expected is None:
        assert found is None
        return
    assert found is not None
    at = datetime.fromisoformat(expected["at"]) if expected["at"] else None
    assert found.value == pytest.approx(expected["value"])
    assert (found.at, found.battery, found.seq) == (at, expected["battery"], expected["seq"])
    assert bool(found.doubts) == bool(doubt)
    assert all(doubt in words for words in found.doubts)


def test_every_shape_has_a_sample() -> None:
    assert {sample(path)[0].shape for path in SAMPLES} == set(SHAPES)


@pytest.mark.parametrize(
    ("shape", "message", "words"),
    [
        ("json", b"{broken", "not JSON"),
        ("json", b"\xff\xfe", "not JSON"),
        ("json", b"", "not JSON"),
        ("json", b'{"other": 1}', "v: "),
        ("json", b'{"v": "warm"}', "v: .* not a number"),
        ("json", b'{"v": [1]}', "v: .* missing"),
        ("json", b'{"v": ' + b"9" * 400 + b"}", "v|JSON"),
        ("plain", b"ERR", "not a number"),
        ("plain", b"\xff", "UTF-8"),
        ("senml", b"{}", "SenML"),
        ("senml", b"[1]", "0: .*SenML record"),
        ("senml", b'[{"n": "v", "v": 1, "bt": "x"}]', "0.bt"),
        ("chirpstack", b'{"data": "IgVc"}', "codec"),
        ("json", b"1" * 70_000, "too long"),
    ],
)
def test_what_is_no_reading_names_field_and_reason(shape: str, message: bytes, words: str) -> None:
    with pytest.raises(BadMessage, match=words):
        found = said(Payload(shape, "" if shape == "plain" else "v"), message)
        raise AssertionError(found)


@given(st.sampled_from(sorted(SHAPES)), st.one_of(
    st.binary(max_size=200),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(["v", "t", "b", "s", "n", "object", "bt"]), inner,
                            max_size=4),
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
))  # fmt: skip
def test_no_message_whatever_brings_the_reader_down(shape: str, message: bytes) -> None:
    payload = Payload(shape, "v", "t", "b", "s", (("open", 1.0),), 2.0)
    try:
        found = said(payload, message)
    except BadMessage as exc:
        assert str(exc)
        return
    assert isinstance(found, Said)


def test_a_deeply_nested_message_is_no_trap() -> None:
    with pytest.raises(BadMessage):
        said(Payload("json", "v"), b"[" * 30_000 + b"]" * 30_000)


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return load_taxonomy(CONFIG / "taxonomy.yaml")


def test_the_registry_reads_what_the_virtual_devices_write(taxonomy: Taxonomy) -> None:
    book = load_sensors(CONFIG, taxonomy)
    at = datetime.fromisoformat("2026-11-23T01:10:00.482+00:00")
    seen = set()
    for device in DEVICES:
        for sensor in book.sensors.values():
            if sensor.topic != device.topic:
                continue
            seen.add(sensor.sensor_id)
            found = said(sensor.payload, device.write(1.0, at, 7))
            assert found is not None
            assert found.value is not None
            assert found.doubts == ()
            low, high = sensor.valid
            assert low <= found.value <= high
            if sensor.payload.at:
                assert found.at is not None
                assert abs((found.at - at).total_seconds()) < 0.001
    assert seen == set(book.sensors)
    assert {sensor.place.crs for sensor in book.sensors.values()} == {Place(0, 0).crs}


@pytest.mark.parametrize(
    "url", ["http://x:1", "mqtt://", "mqtt://u:p@h:1883", "mqtt://h:99999", "h:1883"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="YITONG_MQTT"):
        MqttAddress.parse(url, None, None, None)


def test_an_address_shows_no_password() -> None:
    address = MqttAddress.parse("mqtts://broker.example", "reader", "open-sesame", None)
    assert (address.port, address.tls) == (8883, True)
    assert "open-sesame" not in repr(address)
