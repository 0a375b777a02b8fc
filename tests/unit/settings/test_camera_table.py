"""Tables of cameras: what is understood, what is refused, and that nothing brings it down."""

from __future__ import annotations

import string
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from tests.kit import county
from yitong_command.bus.camera_messages import CameraModel
from yitong_command.domain.camera import Camera, CameraKind
from yitong_command.errors import ConfigError
from yitong_command.settings.camera_rows import RowCamera, Wrong, camera_of_row, split_login
from yitong_command.settings.camera_table import COLUMNS, TableRow, read_table, write_table

GOOD = {
    "id": "cam-101", "name_zh": "示例桥", "url": "rtsp://192.0.2.7:554/ch1", "lon": "125.3012",
    "lat": "43.3461", "crs": "CGCS2000",
}  # fmt: skip


def row(before: Camera | None = None, **cells: str | None) -> tuple[RowCamera | None, list[Wrong]]:
    given = {k: v for k, v in {**({} if before else GOOD), **cells}.items() if v is not None}
    return camera_of_row(TableRow(2, given), before)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_excel_writes_is_read(tmp_path: Path, codec: str, delimiter: str) -> None:
    head = ["编号", " 名称 ", "取流地址（RTSP）", "Longitude", "纬度", "坐标系*", "备注"]
    line = ["cam-101", "示例桥", GOOD["url"], "125.3012", "43.3461", "WGS-84", "看不懂的列"]
    text = "\r\n".join(delimiter.join(cells) for cells in (head, line, [""] * 7)) + "\r\n"
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(codec))
    table = read_table(path)
    assert table.ignored == ("备注",)
    [found] = table.rows
    assert (found.line, found.cells["name_zh"]) == (2, "示例桥")
    made, wrong = camera_of_row(found, None)
    assert wrong == []
    assert made is not None
    assert (made.camera.url, made.camera.place.crs) == (GOOD["url"], "WGS84")
    assert CameraModel.of(made.camera).to_domain() == made.camera


def test_a_workbook_is_read_and_a_written_table_comes_back(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["编号", "名称", "经度", "纬度", "查看间隔"])
    book.active.append(["cam-7", "桥", 125.3, 43.0, 5])
    book.save(tmp_path / "t.xlsx")
    [found] = read_table(tmp_path / "t.xlsx").rows
    assert found.cells == {
        "id": "cam-7", "name_zh": "桥", "lon": "125.3", "lat": "43", "look_interval_s": "5",
    }  # fmt: skip
    write_table(tmp_path / "out.csv", [GOOD])
    [again] = read_table(tmp_path / "out.csv").rows
    assert again.cells == GOOD


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.csv", None, "can't be read"),
        ("t.csv", b"", "没有表头"),
        ("t.csv", b"\xff\xfe\x00\xd8", "UTF-8"),
        ("t.csv", b"a\x00b,c\n", "UTF-8"),
        ("t.csv", "名称,地址\na,b\n".encode(), "编号"),
        ("t.csv", b"id,camera_id\na,b\n", "两列"),
        ("t.xlsx", b"PK\x03\x04 no zip", "Excel"),
        ("t.xlsx", b"", "Excel"),
    ],
)
def test_what_is_no_table_is_said(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=says):
        read_table(tmp_path / name)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"id": "cam 1"}, "id"), ({"id": None}, "id"), ({"id": "x" * 65}, "id"),
        ({"name_zh": None}, "name_zh"), ({"url": None}, "url"), ({"url": "http://x/"}, "url"),
        ({"url": "rtsp://"}, "url"), ({"url": "rtsp://u:p@[::1/x"}, "url"),
        ({"url": "rtsp://h:99999/x"}, "url"), ({"url": "rtsp://h/a b"}, "url"),
        ({"crs": None}, "crs"), ({"crs": "GCJ-02"}, "crs"), ({"crs": "北京54"}, "crs"),
        ({"lon": "43.3", "lat": "125.3"}, "lat"), ({"lon": "0"}, "lon"), ({"lon": "abc"}, "lon"),
        ({"lat": "nan"}, "lat"), ({"lon": None}, "lon"),
        ({"kind": "半球"}, "kind"), ({"kind": "球机"}, "presets"), ({"presets": "1=左"}, "presets"),
        ({"kind": "球机", "presets": "1=左"}, "onvif_url"),
        ({"username": "u"}, "password"), ({"password": "p"}, "username"),
        ({"look_interval_s": "0"}, "look_interval_s"), ({"heading_deg": "360"}, "heading_deg"),
    ],
)  # fmt: skip
def test_every_wrong_cell_is_named(cells: dict[str, str | None], column: str) -> None:
    made, wrong = row(**cells)
    assert made is None
    assert column in {item.column for item in wrong}
    assert all(item.zh and item.en for item in wrong)


def test_everything_wrong_is_told_at_once_without_the_password() -> None:
    _, wrong = row(url="rtsp://admin:hunter2@", crs="百度", kind="?", password="hunter2")
    assert {item.column for item in wrong} == {"url", "crs", "kind", "username"}
    assert "hunter2" not in str(wrong)


def test_a_login_in_the_address_is_taken_out_of_it() -> None:
    made, _ = row(url="rtsp://admin:p%40ss@192.0.2.7/ch1?x=1")
    assert made is not None
    assert (made.camera.url, made.login) == ("rtsp://192.0.2.7/ch1?x=1", ("admin", "p@ss"))
    assert row(url="rtsp://a:b@192.0.2.7/", username="u", password="p")[0].login == ("u", "p")
    assert split_login("RTSP://[2001:db8::1]:8554/x") == ("rtsp://[2001:db8::1]:8554/x", None)


def test_an_empty_cell_leaves_what_the_camera_had() -> None:
    before = county().cameras["cam-001"]
    made, wrong = row(before, id="cam-001", switch="sw-7")
    assert wrong == []
    assert made is not None
    assert made.camera == replace(before, switch="sw-7")
    assert made.camera.zones


def test_a_ball_camera_keeps_the_zones_of_the_presets_it_keeps() -> None:
    before = county().cameras["ball-001"]
    assert before.zones
    made, wrong = row(before, id="ball-001", presets="left=左;路口=路口;Centre=中")
    assert wrong == []
    assert made is not None
    assert [view.view_id for view in made.camera.views] == ["left", "p-2", "centre"]
    assert [view.preset for view in made.camera.views] == ["left", "路口", "Centre"]
    assert made.camera.zones == before.zones
    assert made.camera.kind is CameraKind.BALL
    fewer, _ = row(before, id="ball-001", presets="left")
    assert fewer is not None
    assert fewer.camera.zones == ()


TEXT = st.text(
    alphabet=st.one_of(st.sampled_from(string.printable), st.characters(codec="gb18030")),
    max_size=30,
)
CELLS = {name: st.one_of(st.just(good), TEXT) for name, good in GOOD.items()} | {
    "kind": st.sampled_from(["固定", "球机", "?"]),
    "presets": TEXT,
    "onvif_url": st.one_of(st.just("http://192.0.2.7/onvif/device_service"), TEXT),
    "username": TEXT,
    "password": TEXT,
    "look_interval_s": TEXT,
    "heading_deg": TEXT,
    "site": TEXT,
}
outcomes: set[bool] = set()


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.fixed_dictionaries({}, optional=CELLS), st.booleans())
def test_a_row_of_garbage_is_a_camera_or_a_reason(cells: dict[str, str], known: bool) -> None:
    before = county().cameras["cam-001"] if known else None
    filled = {k: v for k, v in ({"id": "cam-001"} if known else GOOD | cells).items() if v}
    filled |= {k: v for k, v in cells.items() if v and not (known and k == "id")}
    made, wrong = camera_of_row(TableRow(2, filled), before)
    outcomes.add(made is not None)
    assert (made is None) == bool(wrong)
    if made is not None:
        assert CameraModel.of(made.camera).to_domain() == made.camera
        assert "@" not in made.camera.url.split("/")[2]


@settings(
    deadline=None,
    derandomize=True,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.binary(max_size=300), st.sampled_from([".csv", ".xlsx"]))
def test_a_file_of_garbage_is_a_table_or_a_reason(
    tmp_path: Path, content: bytes, suffix: str
) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_bytes("编号,名称\n".encode() + content)
    try:
        table = read_table(path)
    except ConfigError as exc:
        assert str(path) in str(exc)
        outcomes.add(False)
        return
    names = {column.name for column in COLUMNS}
    assert all(set(item.cells) <= names for item in table.rows)


def test_both_kinds_of_outcome_happened() -> None:
    assert outcomes == {True, False}
