"""Tables as people keep them, as lines of cells: CSV in any usual encoding, or Excel."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from yitong_command.errors import ConfigError

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED = 200 * 1024 * 1024
MAX_COLUMNS = 100


class TooLong(ConfigError):
    """The table has more rows than may be taken."""


def is_workbook(raw: bytes) -> bool:
    """Whether it begins as an Excel workbook does."""
    return raw[:4] == b"PK\x03\x04"


def read_lines(
    raw: bytes, most: int, name: str = "", workbook: bool | None = None
) -> list[list[str]]:
    """The lines of a table, the header first.

    Args:
        raw: The file.
        most: Lines below the header that may be there.
        name: The file's name, for messages.
        workbook: Whether it is to be Excel; None to see by itself.

    Raises:
        TooLong: If there are more lines.
        ConfigError: If it is no table.
    """
    excel = is_workbook(raw) if workbook is None else workbook
    lines = _workbook(name, raw, most) if excel else _csv(name, raw)
    if len(lines) > most + 1:
        raise TooLong(name, "", f"超过{most}行 / more than {most} rows")
    return lines


def _csv(name: str, raw: bytes) -> list[list[str]]:
    text = _text(name, raw)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t，", key=head.count)
    try:
        return [
            [cell.strip() for cell in line]
            for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except csv.Error as exc:
        raise ConfigError(name, "", f"不是CSV / not a CSV: {exc}") from exc


def _text(name: str, raw: bytes) -> str:
    codecs = ("utf-16",) if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030")
    for codec in codecs:
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise ConfigError(
        name, "", "不是UTF-8、UTF-16或GB18030文本 / not text in UTF-8, UTF-16 or GB18030"
    )


def _workbook(name: str, raw: bytes, most: int) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise TooLong(name, "", "展开后过大 / too large when unpacked")
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            rows = sheet.iter_rows(values_only=True, max_row=most + 2, max_col=MAX_COLUMNS)
            return [[_cell(value) for value in row] for row in rows]
        finally:
            book.close()
    except (
        InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, TypeError,
        IndexError, AttributeError, OSError, EOFError, RuntimeError, zlib.error,
    ) as exc:  # fmt: skip
        raise ConfigError(
            name, "", f"不是Excel工作簿 / not an Excel workbook: {type(exc).__name__}"
        ) from exc


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
