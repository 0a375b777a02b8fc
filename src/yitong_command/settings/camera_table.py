"""Tables of cameras as people keep them: CSV in any usual encoding, or an Excel workbook."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from yitong_command.errors import ConfigError
from yitong_command.settings.tables import MAX_BYTES, read_lines

MAX_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column a table may have.

    Attributes:
        name: How the program calls it.
        titles: What its header may say, Chinese first.
        needed: Whether a new camera can't do without it.
        about: What to write in it, Chinese and English.
    """

    name: str
    titles: tuple[str, ...]
    needed: bool
    about: tuple[str, str]


COLUMNS: tuple[Column, ...] = (
    Column("id", ("编号", "摄像头编号", "设备编号", "camera_id"), True,
           ("小写字母、数字、短横, 永不改变", "small letters, digits, dashes; never changes")),
    Column("name_zh", ("名称", "中文名称", "摄像头名称", "name"), True,
           ("中文名称", "Chinese name")),
    Column("name_en", ("英文名称",), False, ("英文名称", "English name")),
    Column("url", ("取流地址", "地址", "RTSP地址", "rtsp"), True,
           ("rtsp://主机/路径, 不带密码", "rtsp://host/path, without a password")),
    Column("lon", ("经度", "longitude"), True, ("度, 例 125.3012", "degrees, as 125.3012")),
    Column("lat", ("纬度", "latitude"), True, ("度, 例 43.3461", "degrees, as 43.3461")),
    Column("crs", ("坐标系",), True,
           ("CGCS2000 或 WGS84; GCJ-02 拒收", "CGCS2000 or WGS84; GCJ-02 is refused")),
    Column("kind", ("类型",), False, ("固定 或 球机", "fixed or ball")),
    Column("onvif_url", ("ONVIF地址", "onvif"), False,
           ("球机必填: http://主机/onvif/device_service", "a ball camera needs it")),
    Column("presets", ("预置位",), False,
           ("球机必填: 令牌=名称, 分号隔开", "a ball camera needs it: token=name; token=name")),
    Column("username", ("用户名", "账号", "user"), False, ("登录名", "login name")),
    Column("password", ("密码",), False, ("加密保存, 不显示", "stored sealed, never shown")),
    Column("look_interval_s", ("查看间隔", "间隔秒"), False,
           ("秒, 默认 2", "seconds, 2 by default")),
    Column("heading_deg", ("朝向", "方位角"), False, ("度, 正北为 0", "degrees from north")),
    Column("site", ("点位", "杆位"), False, ("同点位一起断", "what fails together")),
    Column("switch", ("交换机", "电源箱"), False, ("所接交换机", "its network switch")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TableRow:
    """One camera of a table.

    Attributes:
        line: Line of the file, the header being 1.
        cells: By column; empty cells are left out.
    """

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class CameraTable:
    """A table as it was read.

    Attributes:
        rows: In the order of the file, empty ones left out.
        ignored: Headers that mean nothing here.
    """

    rows: tuple[TableRow, ...]
    ignored: tuple[str, ...] = ()


def read_table(path: Path) -> CameraTable:
    """The cameras of a ``.csv`` or ``.xlsx`` file.

    CSV may be UTF-8, UTF-16 or GB18030 (what Excel writes in China), with commas, semicolons or
    tabs between the cells.

    Raises:
        ConfigError: If it can't be read as a table at all, or has none of the needed columns.
    """
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as exc:
        raise ConfigError(str(path), "", f"打不开 / can't be read: {exc.strerror}") from exc
    if size > MAX_BYTES:
        raise ConfigError(str(path), "", "超过20MB / larger than 20 MB")
    workbook = path.suffix.lower() in {".xlsx", ".xlsm"}
    return _table(path, read_lines(raw, MAX_ROWS, str(path), workbook))


def table_of(path: Path, lines: list[list[str]]) -> CameraTable:
    """The cameras of lines whose first is the header; see :func:`read_table`."""
    return _table(path, lines)


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    """A CSV with all columns under their Chinese titles, to be filled in; Excel opens it as it is.

    Raises:
        ConfigError: If it can't be written.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.titles[0] for column in COLUMNS])
    writer.writerows([[row.get(column.name, "") for column in COLUMNS] for row in rows])
    try:
        path.write_text(text.getvalue(), encoding="utf-8-sig", newline="")
    except OSError as exc:
        raise ConfigError(str(path), "", f"写不了 / can't be written: {exc.strerror}") from exc


def _table(path: Path, lines: list[list[str]]) -> CameraTable:
    if not lines or not any(lines[0]):
        raise ConfigError(str(path), "", "没有表头 / there is no header line")
    known = {_plain(title): c.name for c in COLUMNS for title in (c.name, *c.titles)}
    names = [known.get(_plain(title), "") for title in lines[0]]
    _check_header(path, names)
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = {name: cell for name, cell in zip(names, line, strict=False) if name and cell}
        if cells:
            rows.append(TableRow(number, cells))
    ignored = tuple(t for t, name in zip(lines[0], names, strict=True) if t and not name)
    return CameraTable(tuple(rows), ignored)


def _check_header(path: Path, names: list[str]) -> None:
    named = [name for name in names if name]
    if "id" not in named:
        titles = ", ".join(c.titles[0] for c in COLUMNS)
        raise ConfigError(
            str(path), "", f"表头没有“编号”列; 可用的列 / no column 编号 (id); columns: {titles}"
        )
    for name in named:
        if named.count(name) > 1:
            raise ConfigError(str(path), name, "两列同名 / two columns are this one")


def _plain(title: str) -> str:
    """A header without case, width, spaces and what stands in brackets."""
    text = unicodedata.normalize("NFKC", title).casefold()
    return re.sub(r"\(.*?\)|[\s_*\-:]", "", text)
