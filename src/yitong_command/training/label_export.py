"""`yitong labels export`: operators' judgements as data sets that Ultralytics reads."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import yaml

from yitong_command.domain.clock import CHINA
from yitong_command.domain.geometry import Box, Polygon, bounds
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.precision import Verdict
from yitong_command.domain.taxonomy import Reason
from yitong_command.errors import ConfigError, NotFound
from yitong_command.storage.evidence import EvidenceAltered, EvidenceStore
from yitong_command.storage.labels import LabelView
from yitong_command.training.data_file import IMAGES, LABELS

COVERS = ("manhole_ok", "manhole_broken", "manhole_missing", "manhole_displaced")
VEHICLE = "vehicle"
CSV_NAME, DATA_NAME = "labels.csv", "data.yaml"
COLUMNS = (
    "incident_id", "case_id", "kind", "camera_id", "view_id", "zone_id", "state", "verdict",
    "reason_code", "reason_zh", "reason_en", "at", "hour", "score", "evidence", "image", "left_out",
)  # fmt: skip

_VAL_SHARE = 0.2


@dataclass(slots=True)
class Report:
    """What an export wrote.

    Attributes:
        pictures: Pictures by ``kind/split``.
        left_out: Incident id and why, in both languages, of every label without a picture.
    """

    pictures: dict[str, int] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def export_labels(
    labels: Sequence[LabelView],
    store: EvidenceStore,
    out: Path,
    zones: Mapping[str, Polygon],
    reasons: Mapping[int, Reason],
) -> Report:
    """Write one data set per kind, and one table of all labels.

    True labels become boxes, false ones background. A picture with a judgement that is neither
    (a duplicate, gone by itself, …) is left out: what it shows is not known. All pictures of a
    camera's day are in one split, and stay in it in later exports.

    Args:
        labels: What to write.
        store: Where the pictures are, blurred; each is checked against its hash.
        out: New or empty folder.
        zones: Polygon by ``camera/view/zone``, for incidents that are about a whole zone.
        reasons: The reasons' words.

    Raises:
        ConfigError: If ``out`` is in use.
        OSError: If it can't be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(str(out), "", "目录不为空 / is not an empty folder")
    out.mkdir(parents=True, exist_ok=True)
    report = Report()
    images: dict[str, str] = {}
    why: dict[str, str] = {}
    for kind, evidence, group in _by_picture(labels):
        try:
            name = _write_picture(group, store, out / kind, evidence, zones)
        except _LeftOut as exc:
            why |= {label.incident_id: str(exc) for label in group}
            continue
        images |= {label.incident_id: f"{kind}/{IMAGES}/{name}" for label in group}
        split = f"{kind}/{Path(name).parts[0]}"
        report.pictures[split] = report.pictures.get(split, 0) + 1
    report.left_out = [(label.incident_id, why[label.incident_id]) for label in labels
                       if label.incident_id in why]  # fmt: skip
    _write_table(out / CSV_NAME, labels, reasons, images, why)
    for kind in sorted({label.kind for label in labels}):
        _write_data_file(out / kind)
    return report


class _LeftOut(Exception):
    """Why a picture is no part of the data set."""


def _by_picture(
    labels: Iterable[LabelView],
) -> list[tuple[str, str | None, list[LabelView]]]:
    """Labels that share a picture belong together: it has all of their boxes."""
    groups: dict[tuple[str, str], list[LabelView]] = {}
    for label in labels:
        groups.setdefault((label.kind, label.evidence or label.incident_id), []).append(label)
    return [(kind, group[0].evidence, group) for (kind, _), group in groups.items()]


def _write_picture(
    group: list[LabelView],
    store: EvidenceStore,
    folder: Path,
    evidence: str | None,
    zones: Mapping[str, Polygon],
) -> str:
    if any(label.verdict == Verdict.UNCOUNTED for label in group):
        raise _LeftOut(
            "判断理由与画面无关 / rejected for a reason that says nothing of the picture"
        )
    lines = [_line(label, zones) for label in group if label.verdict == Verdict.TRUE]
    jpeg = _picture(store, evidence)
    name = f"{_split(group[0])}/{evidence}.jpg"
    for part, suffix, content in (
        (IMAGES, ".jpg", jpeg),
        (LABELS, ".txt", "".join(lines).encode()),
    ):
        path = (folder / part / name).with_suffix(suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return name


def _picture(store: EvidenceStore, evidence: str | None) -> bytes:
    if evidence is None:
        raise _LeftOut("没有证据图片 / there is no evidence picture")
    try:
        jpeg = store.get(evidence)
    except NotFound as exc:
        raise _LeftOut(f"证据图片不存在 / the evidence picture is missing: {evidence}") from exc
    except EvidenceAltered as exc:
        raise _LeftOut(f"证据图片被改动 / the evidence picture was altered: {evidence}") from exc
    except OSError as exc:
        raise _LeftOut(f"证据图片读不出 / can't be read: {evidence}: {exc.strerror}") from exc
    if cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_8) is None:
        raise _LeftOut(f"证据不是图片 / the evidence is no picture: {evidence}")
    return jpeg


def _line(label: LabelView, zones: Mapping[str, Polygon]) -> str:
    """One line of a YOLO label file: class number, centre, width and height in [0, 1]."""
    box = _box(label, zones)
    names = _names(label.kind)
    name = f"manhole_{label.state}" if label.kind == IncidentKind.MANHOLE_COVER else VEHICLE
    if name not in names:
        raise _LeftOut(f"没有这个类别 / there is no such class: {name}")
    width, height = box.x1 - box.x0, box.y1 - box.y0
    if width <= 0 or height <= 0:
        raise _LeftOut("框没有面积 / the box has no area")
    centre = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
    numbers = " ".join(f"{number:.6f}" for number in (*centre, width, height))
    return f"{names.index(name)} {numbers}\n"


def _box(label: LabelView, zones: Mapping[str, Polygon]) -> Box:
    if label.box is not None:
        return Box(**label.box)
    polygon = zones.get(f"{label.camera_id}/{label.view_id}/{label.zone_id}")
    if polygon is None:
        raise _LeftOut("没有框, 区域已不在配置中 / no box, and its zone is no longer configured")
    return bounds(polygon)


def _split(label: LabelView) -> str:
    """The same for all pictures of a camera's day: neighbours look alike and would leak."""
    key = f"{label.camera_id}|{label.opened_at.astimezone(CHINA):%Y%m%d}"
    share = int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) / 0x1_0000_0000
    return "val" if share < _VAL_SHARE else "train"


def _names(kind: str) -> tuple[str, ...]:
    return COVERS if kind == IncidentKind.MANHOLE_COVER else (VEHICLE,)


def _write_data_file(folder: Path) -> None:
    for split in ("train", "val"):
        for part in (IMAGES, LABELS):
            (folder / part / split).mkdir(parents=True, exist_ok=True)
    data = {
        "path": ".",
        "train": f"{IMAGES}/train",
        "val": f"{IMAGES}/val",
        "names": dict(enumerate(_names(folder.name))),
    }
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
    (folder / DATA_NAME).write_text(text, encoding="utf-8")


def _write_table(
    file: Path,
    labels: Sequence[LabelView],
    reasons: Mapping[int, Reason],
    images: Mapping[str, str],
    why: Mapping[str, str],
) -> None:
    """All labels, those without a picture too; who judged is not written."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        for label in labels:
            reason = reasons.get(label.reason_code or 0)
            known = {name: getattr(label, name) for name in COLUMNS if hasattr(label, name)}
            writer.writerow(
                known
                | {
                    "at": label.at.isoformat(),
                    "reason_zh": reason.zh if reason else "",
                    "reason_en": reason.en if reason else "",
                    "image": images.get(label.incident_id, ""),
                    "left_out": why.get(label.incident_id, ""),
                }
            )
