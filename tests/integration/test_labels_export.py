"""`yitong labels export`, read back by the loader of `yitong evaluate`."""

from __future__ import annotations

import asyncio
import csv
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import structlog
import yaml
from sqlalchemy import select
from typer.testing import CliRunner

from tests.kit import AT, DESK, MANHOLE, county, incident
from yitong_command.cli.app import app
from yitong_command.domain.case import State
from yitong_command.domain.geometry import bounds
from yitong_command.domain.incident import EvidenceRef
from yitong_command.storage import tables as t
from yitong_command.storage.alerts import list_alerts
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import transition
from yitong_command.storage.evidence import EvidenceStore
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_sessions, transaction
from yitong_command.training.data_file import read_data_file
from yitong_command.vision.evaluate import Labelled, read_labels

COVER = next(
    zone for camera in county().cameras.values() for zone in camera.zones
    if zone.kind == "manhole_cover"
)  # fmt: skip
CONFIRM, FALSE_ALARM, DUPLICATE = None, 1, 4


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    handlers = logging.getLogger().handlers[:]
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers


class Desk:
    """An installation on disk with alerts that were decided."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.store = EvidenceStore(root / "evidence")
        self.url = f"sqlite+aiosqlite:///{root}/yitong.db"
        upgrade(self.url)
        self.pictures = 0
        self.decided_at: datetime | None = None

    def picture(self) -> str:
        self.pictures += 1
        pixels = np.full((36, 64, 3), self.pictures * 5 % 250, np.uint8)
        pixels[:, : self.pictures % 60] = 9
        return self.store.put(cv2.imencode(".png", pixels)[1].tobytes())

    def decide(
        self, reason: int | None, minutes: int, sha256: str | None = None, **fields: Any
    ) -> str:
        """One alert with one decision; the hash of its picture."""
        return asyncio.run(self._decide(reason, minutes, sha256 or self.picture(), fields))

    async def _decide(
        self, reason: int | None, minutes: int, sha256: str, fields: dict[str, Any]
    ) -> str:
        subject = fields.pop("subject", f"cam-001/main/z{minutes}")
        evidence = (EvidenceRef(sha256, "f" * 64, AT, 64, 36),)
        # Five times as far apart: nearer ones of a camera would be one case.
        what = incident(subject, minutes=5 * minutes, evidence=evidence, **fields)
        engine = make_engine(self.url)
        async with transaction(make_sessions(engine)) as session:
            await take_incidents(session, [what], county(), what.changed_at)
            (alert,) = await list_alerts(session, limit=1)
            request = TransitionRequest(
                case_id=alert.case_id, actor=DESK, at=self.decided_at or what.changed_at,
                to=State.FILED if reason is None else State.NOT_FILED, reason_code=reason,
            )  # fmt: skip
            await transition(session, request, county())
        await engine.dispose()
        return sha256

    def audit(self) -> list[Any]:
        async def read() -> list[Any]:
            engine = make_engine(self.url)
            async with transaction(make_sessions(engine)) as session:
                found = (await session.execute(select(t.audit))).mappings().all()
            await engine.dispose()
            return list(found)

        return asyncio.run(read())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("YITONG_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return Desk(tmp_path / "data")


def export(out: Path, *more: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["labels", "export", str(out), *more])
    assert result.exit_code == code, result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr


def read(folder: Path) -> dict[str, Labelled]:
    """Everything in both splits, as `yitong evaluate` reads it."""
    found = {}
    names = yaml.safe_load((folder / "data.yaml").read_text(encoding="utf-8"))["names"]
    for split in ("train", "val"):
        if not any((folder / "images" / split).iterdir()):
            continue
        data = read_data_file(folder / "data.yaml", split)
        assert data.classes == tuple(names.values())
        for sample in data.samples:
            found[sample.picture.stem] = read_labels(sample.labels, data.classes)
    return found


def table(out: Path) -> dict[str, dict[str, str]]:
    with (out / "labels.csv").open(encoding="utf-8", newline="") as file:
        return {row["evidence"]: row for row in csv.DictReader(file)}


def test_boxes_background_and_what_is_not_known(desk: Desk, tmp_path: Path) -> None:
    right = desk.decide(CONFIRM, 0)
    wrong = desk.decide(FALSE_ALARM, 60)
    unknown = desk.decide(DUPLICATE, 120)
    cover = desk.decide(
        CONFIRM, 180, subject=COVER.subject, category=MANHOLE, state="missing", box=None
    )
    out = tmp_path / "out"
    said = export(out)
    parking = read(out / "illegal_parking")
    assert set(parking) == {right, wrong}
    assert parking[right].labels == ("vehicle",)
    assert parking[right].boxes[0] == pytest.approx((0.1, 0.2, 0.3, 0.4), abs=1e-6)
    assert parking[wrong] == Labelled((), ())
    (found,) = read(out / "manhole_cover").values()
    assert found.labels == ("manhole_missing",)
    assert found.boxes[0] == pytest.approx(bounds(COVER.polygon), abs=1e-6)
    rows = table(out)
    assert set(rows) == {right, wrong, unknown, cover}
    assert (rows[wrong]["verdict"], rows[wrong]["reason_code"]) == ("false", "1")
    assert rows[wrong]["reason_en"] == "False alarm: it is not in the picture"
    assert (rows[unknown]["image"], rows[right]["left_out"]) == ("", "")
    assert (out / rows[right]["image"]).is_file()
    assert rows[unknown]["incident_id"] in said
    assert "desk" not in (out / "labels.csv").read_text(encoding="utf-8")
    stored = next((out / "illegal_parking/images").rglob(f"{right}.jpg")).read_bytes()
    assert stored == desk.store.get(right)
    (line,) = desk.audit()
    assert (line["action"], line["detail"]["labels"]) == ("labels_exported", 4)
    assert line["object"] == str(out)


def test_two_incidents_of_one_picture_are_one_picture_with_two_boxes(
    desk: Desk, tmp_path: Path
) -> None:
    sha256 = desk.decide(CONFIRM, 0)
    desk.decide(CONFIRM, 1, sha256, subject="cam-004/main/x")
    mixed = desk.decide(FALSE_ALARM, 200)
    desk.decide(CONFIRM, 260, mixed)
    export(tmp_path / "out")
    found = read(tmp_path / "out/illegal_parking")
    assert found[sha256].labels == ("vehicle", "vehicle")
    assert found[mixed].labels == ("vehicle",)


def test_bad_evidence_is_named_and_skipped(desk: Desk, tmp_path: Path) -> None:
    good = desk.decide(CONFIRM, 0)
    altered, missing = desk.decide(CONFIRM, 60), desk.decide(CONFIRM, 120)
    no_picture = desk.store.put(b"this is no picture")
    desk.decide(CONFIRM, 180, no_picture)
    files = {path.stem: path for path in (desk.root / "evidence").rglob("*.jpg")}
    files[altered].write_bytes(b"altered")
    files[missing].unlink()
    said = export(tmp_path / "out")
    assert set(read(tmp_path / "out/illegal_parking")) == {good}
    for sha256, word in ((altered, "altered"), (missing, "missing"), (no_picture, "no picture")):
        assert any(sha256 in line and word in line for line in said.splitlines()), word
        assert table(tmp_path / "out")[sha256]["image"] == ""


def test_a_folder_in_use_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.decide(CONFIRM, 0)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert "full" in export(tmp_path / "full", code=2)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]
    (tmp_path / "file").write_text("")
    export(tmp_path / "file", code=2)


def test_since_leaves_older_labels_out(desk: Desk, tmp_path: Path) -> None:
    desk.decided_at = datetime(2020, 1, 1, tzinfo=AT.tzinfo)
    desk.decide(CONFIRM, 0)
    export(tmp_path / "recent", "--since", "7")
    assert table(tmp_path / "recent") == {}
    export(tmp_path / "all")
    assert len(table(tmp_path / "all")) == 1


def test_a_cameras_day_is_in_one_split(desk: Desk, tmp_path: Path) -> None:
    for day in range(12):
        for number in range(2):
            desk.decide(FALSE_ALARM, day * 1440 + number * 30)
    export(tmp_path / "out")
    days: dict[str, set[str]] = {}
    for row in table(tmp_path / "out").values():
        days.setdefault(row["at"][:10], set()).add(row["image"].split("/")[2])
    assert len(days) == 12
    assert all(len(splits) == 1 for splits in days.values())
    assert {"train", "val"} == set().union(*days.values())
