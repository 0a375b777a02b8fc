"""Recorded samples of every partner, and what they become."""

from __future__ import annotations

import io
import json
import math

import pytest
from openpyxl import Workbook

from tests.unit.sources.adapters.kit import SAMPLES, messages, platforms, read_one, refusal, sample
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.domain.geometry import Place, distance_m
from yitong_command.domain.report import ReporterKind, ReportKind
from yitong_command.sources.adapters import ADAPTERS

Told = tuple[str, str | None, str | None, bool, ReporterKind]
OFFICE, WORKER, DEVICE, CITIZEN = (
    ReporterKind.OFFICE, ReporterKind.WORKER, ReporterKind.DEVICE, ReporterKind.CITIZEN,
)  # fmt: skip

EXPECTED: dict[str, list[Told]] = {
    "city_management": [
        (
            "CG20261123-0042", "ar_manhole.missing_shifted", "component:2203230101000123", True,
            WORKER,
        ),
        ("CG20261123-0043", "cp_dumping.exposed_garbage", None, True, OFFICE),
        ("CG20261123-0042", None, None, False, OFFICE),
    ],
    "security_governance": [
        ("ZZ-2026-000317", "ex_dispute.neighbour", None, False, OFFICE),
        ("ZZ-2026-000318", "ar_school.hazard", None, True, OFFICE),
    ],
    "smart_community": [
        ("WY-88121", "cp_facility.lift_trapped", "device:LIFT-0301", True, DEVICE),
        ("WY-88122", "cp_parking.block_gate", None, False, CITIZEN),
    ],
    "digital_village": [
        ("XC-T07-20261123093012", "ar_straw_fire.straw_burning", "device:T07", True, DEVICE),
        ("XC-2026-1123-5", "ar_road.pothole", None, False, WORKER),
    ],
    "hotline": [
        ("12345-20261123-00071", "ar_gas_heat.no_heat", None, False, CITIZEN),
        ("12345-20261123-00072", "kp_elder_alone.visit_overdue", None, True, CITIZEN),
        ("12345-20261123-00073", None, None, False, CITIZEN),
    ],
    "gb28181": [
        (
            "22032300001320000011-744523-20261123014105", "ar_river.person_at_water",
            "device:22032300001320000011", True, DEVICE,
        ),
    ],
    "open311": [("APP-1", "cp_dumping.bin_overflow", None, True, CITIZEN)],
    "table": [
        ("B-1", "ar_manhole.damaged", None, True, WORKER),
        ("B-2", None, None, False, CITIZEN),
    ],
}  # fmt: skip


def test_every_adapter_has_samples_a_partner_and_expectations() -> None:
    names = {path.stem for path in SAMPLES.iterdir()}
    assert names == set(ADAPTERS) == set(EXPECTED) == set(platforms())


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_sample_becomes_what_it_says(name: str) -> None:
    found = messages(name, sample(name))
    told = [(m.external_id, m.category, m.subject, m.place is not None, m.reporter) for m in found]
    assert told == EXPECTED[name]
    for message in found:
        assert message.platform == platforms()[name].platform_id
        assert message.source == platforms()[name].source
        assert message.reported_at <= message.received_at
        assert message.title or message.kind is ReportKind.WITHDRAWN


def test_no_sample_lets_a_telephone_number_or_a_front_door_through() -> None:
    for name in ADAPTERS:
        for message in messages(name, sample(name)):
            text = message.model_dump_json()
            for private in ("139000000", "138000000", "0434-0000001", '202"', "示例市民"):
                assert private not in text, (name, private)
    assert "139000000" in sample("hotline").decode()


def _message(name: str, index: int) -> ReportMessage:
    return messages(name, sample(name))[index]


def test_metres_of_a_projection_become_degrees_of_cgcs2000() -> None:
    place = _message("city_management", 1).place
    assert place is not None
    # 105 km east of the meridian 123, on a parallel as long as the cosine says: a sphere's answer.
    lat = 4_801_000 / 111_132 + 0.14
    lon = 123 + 105_000 / (111_320 * math.cos(math.radians(lat)))
    assert distance_m(Place(place.lon, place.lat), Place(lon, lat)) < 1500


def test_an_unknown_class_is_left_to_a_person_with_its_words() -> None:
    message = _message("hotline", 2)
    assert message.category is None
    assert "没见过的类别" in message.text


def test_the_same_component_and_number_updated_or_withdrawn_keep_their_thread() -> None:
    first, _, last = messages("city_management", sample("city_management"))
    assert first.key == last.key
    assert (first.sequence, last.sequence) == (0, 3)
    assert last.kind is ReportKind.WITHDRAWN
    assert first.report_id != last.report_id


def test_an_excel_workbook_is_read_like_the_csv() -> None:
    lines = sample("table").decode("gb18030").splitlines()
    book = Workbook()
    for line in lines:
        book.active.append(line.split(","))  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    strip = {"received_at"}
    excel = [m.model_dump(exclude=strip) for m in messages("table", out.getvalue())]
    assert excel == [m.model_dump(exclude=strip) for m in messages("table", sample("table"))]


ALARM = sample("gb28181").decode("gb18030").replace("GB2312", "UTF-8")
ALARMS = {
    "AlarmType": (ALARM.replace("<AlarmType>6<", "<AlarmType>8<"), "identity_refused"),
    "AlarmType 2": (ALARM.replace("<AlarmType>6<", "<AlarmType>12<"), "identity_refused"),
    "AlarmMethod": (ALARM.replace("<AlarmType>6<", "<AlarmType>11<"), "device_fault"),
    "AlarmMethod 2": (ALARM.replace("Method>5<", "Method>6<"), "device_fault"),
    "DeviceID": (ALARM.replace("22032300001320000011", "123"), "invalid"),
    "AlarmTime": (ALARM.replace("2026-11-23T09:41:05", "yesterday"), "invalid"),
    "CmdType": (ALARM.replace("Alarm</CmdType>", "Keepalive</CmdType>"), "invalid"),
    "FaceID": (ALARM.replace("</Info>", "</Info><FaceID>7</FaceID>"), "identity_refused"),
    " dtd": ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + ALARM.split("?>")[1], "not_xml"),
    " bomb": ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><Notify/>", "not_xml"),
    " none": ("<Notify>", "not_xml"),
    " empty": ("<Response/>", "empty"),
}


@pytest.mark.parametrize("field", ALARMS)
def test_alarms_that_are_not_taken_say_why(field: str) -> None:
    body, code = ALARMS[field]
    wrong = refusal("gb28181", body.encode())
    assert wrong is not None
    assert (wrong.code, wrong.field) == (code, field.split(" ")[0])


def test_registers_of_people_are_refused() -> None:
    for module in ("特殊人群", "实有人口", "specialGroups", "重点青少年"):
        item = {"issueId": "1", "moduleCode": module, "subject": "x", "occurLocation": "y"}
        wrong = refusal("security_governance", json.dumps(item).encode())
        assert wrong is not None
        assert (wrong.code, wrong.field) == ("people_refused", "moduleCode")


def test_a_camera_alarm_never_becomes_key_population() -> None:
    wrong = refusal("table", "编号,类别,内容,地址\r\n1,kp_nothing.here,x,y".encode())
    assert wrong is not None
    assert wrong.field == "类别"
    assert (
        read_one("gb28181", ADAPTERS["gb28181"].split(ALARM.encode())[0]).report.source
        == "camera_ai"
    )
