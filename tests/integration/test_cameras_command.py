"""`yitong cameras` from the table to the topic, and against real cameras."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from streams.relay import Relay
from streams.seeding import seed_from_files
from tests.integration.sources.conftest import LOGIN, RunningFarm
from tests.kit import county
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.camera_messages import CameraMessage
from yitong_command.bus.producer import Producer
from yitong_command.bus.wire import decode
from yitong_command.cli.app import app
from yitong_command.settings.environment import CHECKOUT, Settings, load_settings
from yitong_command.settings.secrets import find_vault
from yitong_command.storage.session import make_engine, make_readers, make_sessions

SECRET = "hunter2-口令"
HEAD = "编号,名称,取流地址,经度,纬度,坐标系,用户名,密码\r\n"


@pytest.fixture(scope="module")
def farm() -> Iterator[RunningFarm]:
    running = RunningFarm()
    yield running
    running.stop()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in {
        "YITONG_DATA": tmp_path / "data",
        "YITONG_CONFIG": CHECKOUT / "config",
        "YITONG_MODELS": CHECKOUT / "models",
        "COLUMNS": 200,
        "CAMERA_PASSWORD": LOGIN[1],
    }.items():
        monkeypatch.setenv(name, str(value))
    return load_settings()


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, ["cameras", *arguments])
    assert result.exit_code == code, result.output
    return result


def table(tmp_path: Path, *rows: str, codec: str = "gb18030") -> str:
    path = tmp_path / "cameras.csv"
    path.write_bytes((HEAD + "".join(f"{row}\r\n" for row in rows)).encode(codec))
    return str(path)


def stored(settings: Settings) -> bytes:
    """Everything the database has on the disk."""
    with sqlite3.connect(settings.data_dir / "yitong.db") as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (settings.data_dir / "yitong.db").read_bytes()


async def relayed(settings: Settings, kafka: str, prefix: str) -> list[tuple[str, bytes | None]]:
    """What the topic holds after the outbox was relayed."""
    await ensure_topics(kafka, prefix)
    engine = make_engine(settings.database_url)
    producer = Producer(kafka, prefix, "/test")
    relay = Relay(make_sessions(engine), make_readers(engine), producer, "w")
    count = await relay.send_once()
    await producer.close()
    await engine.dispose()
    consumer = AIOKafkaConsumer(
        f"{prefix}.cameras", bootstrap_servers=kafka, auto_offset_reset="earliest"
    )
    await consumer.start()
    found: list[tuple[str, bytes | None]] = []
    try:
        while len(found) < count:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                found += [(record.key.decode(), record.value) for record in records]
    finally:
        await consumer.stop()
    return found


@pytest.mark.broker
def test_a_table_becomes_cameras_and_messages_without_a_readable_password(
    settings: Settings, tmp_path: Path, kafka: str
) -> None:
    good = f"cam-201,示例桥,rtsp://192.0.2.7/1,125.3012,43.3461,CGCS2000,admin,{SECRET}"
    inside = f"cam-202,示例井,rtsp://admin:{SECRET}@192.0.2.8/1,125.30,43.34,WGS84,,"
    wrong = f"cam-203,坏,rtsp://192.0.2.9/1,125.3,43.3,GCJ-02,admin,{SECRET}"
    file = table(tmp_path, good, inside, wrong)
    with capture_logs() as logs:
        preview = run("import", file, code=1)
        assert "新增 new 2" in preview.output
        assert "加偏坐标" in preview.output
        assert run("list").output.count("cam-20") == 0, "a preview writes nothing"
        written = run("import", file, "--apply", code=1)
        again = run("import", file, "--apply", code=1)
        assert "不变 same 2" in again.output
        listed = run("list", "--json")
        removed = run("remove", "cam-202")
    cameras = [json.loads(line) for line in listed.output.splitlines()]
    assert [(c["camera_id"], c["login"], c["url"]) for c in cameras] == [
        ("cam-201", True, "rtsp://192.0.2.7/1"), ("cam-202", True, "rtsp://192.0.2.8/1"),
    ]  # fmt: skip
    prefix = f"t{tmp_path.name.replace('_', '-')}"
    records = asyncio.run(relayed(settings, kafka, prefix))
    assert sorted(key for key, _ in records) == ["cam-201", "cam-202", "cam-202"]
    assert [value for key, value in records if key == "cam-202"][1] is None, "a tombstone"
    message = decode(CameraMessage, next(value for key, value in records if key == "cam-201"))
    assert message.login is not None
    assert find_vault(settings.key_file).open_login(message.login) == ("admin", SECRET)
    outputs = [preview, written, again, listed, removed]
    texts = [item.output + (item.stderr or "") for item in outputs] + [str(logs), str(records)]
    for part in (SECRET, "hunter2"):
        assert part.encode() not in stored(settings)
        assert [text for text in texts if part in text] == []


def test_a_camera_that_people_imported_outlives_a_seeding(
    settings: Settings, tmp_path: Path
) -> None:
    run(
        "import", table(tmp_path, "cam-201,桥,rtsp://192.0.2.7/1,125.3,43.34,CGCS2000,,"), "--apply"
    )
    changed = asyncio.run(seed_from_files(settings, county()))
    assert len(changed) == len(county().cameras)
    listed = run("list", "--json").output.splitlines()
    assert len(listed) == len(county().cameras) + 1
    assert asyncio.run(seed_from_files(settings, county())) == ()


def test_what_is_asked_wrongly_is_said(settings: Settings, tmp_path: Path) -> None:
    for arguments, says in (
        (["import"], "--onvif"),
        (["import", "x.csv", "--onvif", "192.0.2.1"], "--onvif"),
        (["import", str(tmp_path / "none.csv")], "none.csv"),
        (["import", "--onvif", "192.0.2.20-10"], "起止颠倒"),
        (["import", "--onvif", "http://u:p@192.0.2.1/"], "不带登录"),
        (["import", "--onvif", "camera"], "--onvif"),
        (["import", "--onvif", "192.0.2.1", "--stream", "best"], "main | sub"),
        (["import", "x.csv", "--user", "u", "--password-env", "NOT_SET"], "NOT_SET"),
        (["check", "cam-404"], "cam-404"),
        (["remove", "cam-404"], "cam-404"),
    ):
        result = run(*arguments, code=2)
        assert says in result.output + (result.stderr or ""), arguments


def farm_url(farm: RunningFarm, camera_id: str) -> str:
    return str(farm.farm.rtsp_url(camera_id, "127.0.0.1"))


def test_checking_tells_good_from_bad_and_masks_the_sheet(
    settings: Settings, tmp_path: Path, farm: RunningFarm
) -> None:
    place = "125.3,43.34,CGCS2000"
    quoted = LOGIN[1].replace('"', '""')
    rows = [f"good,好,{farm_url(farm, 'cam-001')},{place},,",
            f"login,要登录,{farm_url(farm, 'cam-002')},{place},{LOGIN[0]},\"{quoted}\"",
            f"wrong,密码错,{farm_url(farm, 'cam-002')},{place},viewer,{SECRET}",
            f"nobody,不通,rtsp://127.0.0.1:9/x,{place},,"]  # fmt: skip
    run("import", table(tmp_path, *rows, codec="utf-8"), "--apply")
    sheet = tmp_path / "sheet.jpg"
    result = run("check", "--json", "--for", "8", "--sheet", str(sheet), code=1)
    lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    found: dict[str, dict[str, Any]] = {line["camera_id"]: line for line in lines}
    assert {key: item["level"] for key, item in found.items()} == {
        "good": "good", "login": "good", "wrong": "bad", "nobody": "bad",
    }  # fmt: skip
    good = found["good"]
    assert (good["codec"], good["width"], good["height"]) == ("h264", 960, 540)
    assert good["fps"] == pytest.approx(6, abs=0.1)
    assert good["keyframe_interval_s"] == pytest.approx(1, abs=0.2)
    assert abs(good["clock_offset_s"]) < 1
    assert found["wrong"]["advice"][0]["zh"]
    assert SECRET not in result.output
    assert sheet.read_bytes().startswith(b"\xff\xd8")
    shown = run("check", "nobody", "--for", "3", code=1)
    assert "看不到 unreachable 1" in shown.output


def test_cameras_that_speak_onvif_are_found(
    settings: Settings, tmp_path: Path, farm: RunningFarm
) -> None:
    url = farm.farm.onvif_url("ball-001")
    found = run(
        "import", "--onvif", f"{url},127.0.0.1:9", "--user", LOGIN[0], "--password-env",
        "CAMERA_PASSWORD", "--place", "125.302,43.343,CGCS2000", "--apply",
    )  # fmt: skip
    assert "Yitong Virtual Ball Camera" in found.output
    assert "连不上" in found.output
    assert "新增 new 1" in found.output
    [camera] = [json.loads(line) for line in run("list", "--json").output.splitlines()]
    assert (camera["kind"], camera["login"]) == ("ball", True)
    assert camera["url"] == farm_url(farm, "ball-001")
    assert "@" not in camera["url"]
    assert LOGIN[1].encode() not in stored(settings)
    save = tmp_path / "found.csv"
    run(
        "import", "--onvif", url, "--user", LOGIN[0], "--password-env", "CAMERA_PASSWORD",
        "--save", str(save),
    )  # fmt: skip
    assert "left=left" in save.read_text("utf-8-sig")
    assert LOGIN[1] not in save.read_text("utf-8-sig")
    refused = run(
        "import", "--onvif", url, "--user", "viewer", "--password-env", "CAMERA_WRONG", code=2
    )
    assert "CAMERA_WRONG" in refused.output + (refused.stderr or "")
