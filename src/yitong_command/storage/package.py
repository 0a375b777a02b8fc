"""Evidence packages: a case with its pictures and its manifest in one ZIP, verified offline.

Verifying needs nothing but the file, and nothing but Python's own library.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from yitong_command.domain.manifest import FIRST, Entry, Fault, chain_faults

FORMAT = 1
MANIFEST, CASE, ABOUT = "manifest.json", "case.json", "README.txt"
PICTURES = "pictures/"
MAX_MEMBER = 64 * 1024 * 1024
_TOMBSTONES = frozenset({"purged", "unlinked"})
_TEXT = """本压缩包是一个案件的证据包: case.json 为案件经过, manifest.json 为证据清单(哈希链),
pictures/ 为打码后的图片, 文件名即其 SHA-256。核验: yitong evidence verify 本文件。
清单首尾哈希已记入审计日志; 清单末尾若被截短, 以审计日志为准。

This is the evidence of one case: case.json tells what happened, manifest.json is the chained list
of evidence, pictures/ holds the blurred pictures, each named by its SHA-256. To verify it:
yitong evidence verify FILE. The audit log keeps the head of the manifest of every export; compare
it to see whether the end of the list was cut off.
"""


def write_package(
    path: Path, case: Mapping[str, Any], entries: tuple[Entry, ...], pictures: Mapping[str, bytes]
) -> None:
    """Write a package.

    Args:
        path: The ZIP file to make; must not exist yet.
        case: The case as JSON values, with ``case_id``.
        entries: Its manifest.
        pictures: JPEG by SHA-256.

    Raises:
        FileExistsError: If there is such a file.
    """
    told = json.dumps(case, ensure_ascii=False, indent=1, sort_keys=True).encode()
    listed = {
        "format": FORMAT,
        "case_id": case["case_id"],
        "case_sha256": hashlib.sha256(told).hexdigest(),
        "head": entries[-1].hash if entries else FIRST,
        "entries": [_json(entry) for entry in entries],
    }
    part = path.with_name(f"{path.name}.part")
    with path.open("xb"), zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(ABOUT, _TEXT)
        package.writestr(CASE, told)
        package.writestr(MANIFEST, json.dumps(listed, ensure_ascii=False, indent=1))
        for sha256, jpeg in sorted(pictures.items()):
            package.writestr(f"{PICTURES}{sha256}.jpg", jpeg, zipfile.ZIP_STORED)
    part.replace(path)


def verify_package(path: Path) -> tuple[str, str, list[Fault]]:
    """Check a package.

    Returns:
        Case, head of the manifest, and every fault found, each naming its file or entry.

    Raises:
        ValueError: If it is no such package at all.
    """
    try:
        with zipfile.ZipFile(path) as package:
            return _verify(package)
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError) as exc:
        raise ValueError(f"不是证据包 / no evidence package: {path}: {exc}") from exc


def _verify(package: zipfile.ZipFile) -> tuple[str, str, list[Fault]]:
    faults: list[Fault] = []
    listed = _listed(package)
    case_id, head = str(listed["case_id"]), str(listed["head"])
    told = _read(package, CASE, faults)
    if told is not None and hashlib.sha256(told).hexdigest() != listed["case_sha256"]:
        faults.append(Fault(CASE, "内容被改动", "was altered"))
    entries = [_entry(item) for item in listed["entries"]]
    faults += chain_faults(case_id, entries)
    if head != (entries[-1].hash if entries else FIRST):
        faults.append(
            Fault(MANIFEST, "末尾与清单头不符", "its end is not the head: entries were cut off")
        )
    wanted = _wanted(entries)
    names = {item.filename for item in package.infolist()}
    for sha256 in sorted(wanted):
        _check_picture(package, sha256, names, faults)
    own = {MANIFEST, CASE, ABOUT} | {_name(sha256) for sha256 in wanted}
    faults += [
        Fault(name, "清单中没有此文件", "is not in the manifest") for name in sorted(names - own)
    ]
    return case_id, head, faults


def _wanted(entries: list[Entry]) -> set[str]:
    """Pictures that must be there: listed, and not taken out again."""
    wanted: set[str] = set()
    for entry in entries:
        if entry.sha256 is None:
            continue
        if entry.entry in _TOMBSTONES:
            wanted.discard(entry.sha256)
        elif entry.entry != "opinion":
            wanted.add(entry.sha256)
    return wanted


def _check_picture(
    package: zipfile.ZipFile, sha256: str, names: set[str], faults: list[Fault]
) -> None:
    name = _name(sha256)
    if name not in names:
        faults.append(Fault(name, "图片缺失", "the picture is missing"))
        return
    jpeg = _read(package, name, faults)
    if jpeg is not None and hashlib.sha256(jpeg).hexdigest() != sha256:
        faults.append(Fault(name, "图片被改动", "the picture was altered"))


def _read(package: zipfile.ZipFile, name: str, faults: list[Fault]) -> bytes | None:
    """A member's bytes; what can't be read is a fault of that member."""
    try:
        if package.getinfo(name).file_size > MAX_MEMBER:
            faults.append(Fault(name, "文件过大", "is too large"))
            return None
        return package.read(name)
    except (KeyError, zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as exc:
        faults.append(Fault(name, "无法读取或校验失败", f"can't be read: {exc}"))
    return None


def _listed(package: zipfile.ZipFile) -> dict[str, Any]:
    faults: list[Fault] = []
    text = _read(package, MANIFEST, faults)
    if text is None:
        raise ValueError(f"{MANIFEST}: {faults[0].zh} / {faults[0].en}")
    try:
        listed = json.loads(text)
    except ValueError as exc:
        raise ValueError(f"{MANIFEST}: 不是 JSON / is no JSON: {exc}") from exc
    keys = {"format", "case_id", "case_sha256", "head", "entries"}
    if not isinstance(listed, dict) or not keys <= set(listed) or listed["format"] != FORMAT:
        raise ValueError(f"{MANIFEST}: 不是证据清单 / is no manifest of this format")
    return listed


def _json(entry: Entry) -> dict[str, Any]:
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return asdict(entry) | {"at": at, "detail": dict(entry.detail)}


def _entry(item: Any) -> Entry:
    try:
        return Entry(**item | {"at": datetime.fromisoformat(item["at"])})
    except (TypeError, ValueError, KeyError) as exc:
        raise ValueError(f"{MANIFEST}: 清单条目有误 / a malformed entry: {exc}") from exc


def _name(sha256: str) -> str:
    return f"{PICTURES}{sha256}.jpg"
