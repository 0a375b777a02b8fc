"""Whatever a partner sends, each item is a report that can be sent on, or refused by name."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.unit.sources.adapters.kit import messages, read_one, sample
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.bus.wire import decode, encode
from yitong_command.sources.adapters import ADAPTERS
from yitong_command.sources.adapters.base import Wrong, items_of
from yitong_command.sources.adapters.gb28181 import KEYS as ALARM_KEYS

QUIET = settings(
    derandomize=True, deadline=None, max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
TEXT = st.text(max_size=30) | st.sampled_from(
    [
        "\x00", "\ud800", "GCJ-02", "WGS84", "EPSG:4538", "EPSG:0000", "125.3", "43.3", "1e309",
        "nan", "-0", "2026-11-23 09:00", "9999-12-31T23:59:59-12:00", "1795398600000", "撤销",
        "更新", "人脸识别", "x" * 5000, "13800000000", "../../etc", "a/b", "１２", "0110", "E:0110",
    ]
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | TEXT | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=True, allow_infinity=True)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
SEEN: dict[str, Counter[str]] = {name: Counter() for name in ADAPTERS}
FIELDS: dict[str, set[str]] = {name: set() for name in ADAPTERS}


def _items(name: str) -> list[Any]:
    return list(items_of(ADAPTERS[name], sample(name)))


def judge(name: str, item: Any) -> None:
    """An item ends as a message that survives the wire, or as a refusal that can be acted on."""
    try:
        report = read_one(name, item).report
    except Wrong as exc:
        assert exc.zh
        assert exc.en
        assert exc.code
        SEEN[name]["refused"] += 1
        FIELDS[name].add(exc.field)
        return
    message = ReportMessage.of(report)
    assert decode(ReportMessage, encode(message)) == message
    assert "\x00" not in message.model_dump_json()
    assert report.reported_at <= report.received_at
    assert len(message.key) <= 120
    SEEN[name]["taken"] += 1


@pytest.mark.parametrize("name", [name for name in ADAPTERS if name != "gb28181"])
@QUIET
@given(data=st.data())
def test_a_sample_with_fields_changed_added_or_lost(name: str, data: st.DataObject) -> None:
    item = dict(data.draw(st.sampled_from(_items(name)), label="sample"))
    keys = st.sampled_from(sorted(item)) | st.sampled_from(["seq", "crs", "坐标系", "faceId", "x"])
    values = TEXT if name in {"open311", "table"} else VALUES
    for _ in range(data.draw(st.integers(0, 3), label="changes")):
        item[data.draw(keys)] = data.draw(values)
    for key in data.draw(st.sets(st.sampled_from(sorted(item)), max_size=2), label="lost"):
        del item[key]
    judge(name, item)


def _alarm(fields: dict[str, str]) -> bytes:
    def safe(text: str) -> str:
        plain = "".join(c for c in text if c in "\t\n\r" or "\x20" <= c <= "\ud7ff")
        return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    inner = "".join(f"<{key}>{safe(value)}</{key}>" for key, value in fields.items())
    return f"<?xml version='1.0' encoding='UTF-8'?><Notify>{inner}</Notify>".encode()


ALARM = {
    "CmdType": "Alarm", "SN": "1", "DeviceID": "22032300001320000011", "AlarmPriority": "2",
    "AlarmMethod": "5", "AlarmType": "10", "AlarmTime": "2026-11-23T09:41:05",
    "Longitude": "125.3", "Latitude": "43.3",
}  # fmt: skip


@QUIET
@given(
    changes=st.dictionaries(st.sampled_from([k for (k,) in ALARM_KEYS.values()]), TEXT, max_size=2)
)
@example(changes={})
def test_an_alarm_with_elements_changed(changes: dict[str, str]) -> None:
    (item,) = items_of(ADAPTERS["gb28181"], _alarm(ALARM | changes))
    judge("gb28181", item)


def test_none_of_this_was_vacuous() -> None:
    for name, seen in SEEN.items():
        assert seen["taken"] >= 5, (name, seen)
        assert seen["refused"] >= 10, (name, seen)
        assert len(FIELDS[name]) >= 3, (name, FIELDS[name])


def _bodies(name: str) -> Iterator[bytes]:
    good = sample(name)
    yield from (good[: len(good) // 2], good[1:], b"", b"\xff\xfe\x00", good + good)
    yield json.dumps({"items": {"a": 1}}).encode()
    yield urlencode({"service_code": "x"}).encode()
    yield b"[" * 5000 + b"]" * 5000
    yield b"PK\x03\x04" + good
    yield b"<a>" * 3000


@pytest.mark.parametrize("name", ADAPTERS)
@settings(QUIET, max_examples=40)
@given(body=st.binary(max_size=200))
def test_no_body_breaks_the_reading(name: str, body: bytes) -> None:
    for whole in (body, *_bodies(name)):
        try:
            items = items_of(ADAPTERS[name], whole)
        except Wrong as exc:
            assert exc.zh
            assert exc.en
            continue
        for item in items:
            judge(name, item)


@pytest.mark.parametrize("name", ADAPTERS)
def test_reading_twice_gives_the_same_ids(name: str) -> None:
    first, second = (messages(name, sample(name)) for _ in range(2))
    assert [m.report_id for m in first] == [m.report_id for m in second]
    assert len({m.report_id for m in first}) == len(first)
