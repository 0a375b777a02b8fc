"""Cameras in the database: versions, history, and what the outbox tells the workers."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from streams.relay import message_of
from tests.kit import AT, county
from yitong_command.bus.camera_messages import CameraMessage, CameraModel
from yitong_command.bus.messages import Tombstone
from yitong_command.bus.wire import headers, value_of
from yitong_command.domain.ban import Ban, Permit
from yitong_command.domain.camera import Camera
from yitong_command.domain.terms import Terms
from yitong_command.errors import NotFound, StaleVersion
from yitong_command.storage import camera_records as store
from yitong_command.storage import outbox
from yitong_command.storage import tables as t
from yitong_command.storage.camera_json import camera_json, camera_of
from yitong_command.storage.migrate import downgrade, upgrade
from yitong_command.storage.session import Sessions, transaction


def camera(camera_id: str = "cam-001") -> Camera:
    """A camera of the county whose first zone says everything a zone can say."""
    found = county().cameras[camera_id]
    first, *others = found.zones
    permit = Permit(AT, AT + timedelta(hours=2), "搬家")
    terms = Terms(frozenset({"truck", "car"}), Ban(((420, 570), (1860, 2010)), (permit,)))
    return replace(found, zones=(replace(first, terms=terms), *others), site="东口", switch="sw-1")


@pytest.mark.parametrize("camera_id", sorted(county().cameras))
def test_the_stores_json_is_the_wires(camera_id: str) -> None:
    one = county().cameras[camera_id]
    one = camera(camera_id) if one.zones else one
    written = camera_json(one)
    assert camera_of(json.loads(json.dumps(written))) == one
    wire = CameraModel.of(one)
    assert set(written) == set(CameraModel.model_fields)
    assert CameraModel.model_validate(written) == wire
    assert CameraModel.model_validate(written).to_domain() == one


async def test_every_change_is_a_version_and_a_message(sessions: Sessions) -> None:
    one = camera()
    async with transaction(sessions) as session:
        assert await store.mark(session) == (0, 0)
        made = await store.put_camera(session, one, AT, "desk", login="sealed")
        assert made.version == 1
        assert await store.put_camera(session, one, AT, "other") == made
    moved = replace(one, look_interval_s=4.0)
    async with transaction(sessions) as session:
        assert (await store.put_camera(session, moved, AT, "desk")).version == 2
        third = await store.put_camera(session, moved, AT, "desk", login=None)
        assert (third.version, third.login) == (3, None)
        fewer = await store.put_zones(session, "cam-001", (), AT, "anna", 3)
        assert (fewer.version, fewer.author, fewer.camera.zones) == (4, "anna", ())
        assert await store.put_zones(session, "cam-001", (), AT, "bert", 4) == fewer
        gone = await store.remove_camera(session, "cam-001", AT, "admin")
        assert (gone.version, gone.removed) == (5, True)
        assert await store.list_cameras(session) == ()
        assert [r.version for r in await store.list_cameras(session, with_removed=True)] == [5]
        back = await store.put_camera(session, one, AT, "desk")
        assert (back.version, back.removed, back.login) == (6, False, None)
    async with transaction(sessions) as session:
        versions = await store.history(session, "cam-001")
        assert [(v.version, v.change.value, v.author) for v in versions] == [
            (6, "camera", "desk"), (5, "removed", "admin"), (4, "zones", "anna"),
            (3, "login", "desk"), (2, "camera", "desk"), (1, "camera", "desk"),
        ]  # fmt: skip
        assert versions[-1].camera == one
        assert [v.version for v in await store.history(session, "cam-001", 2)] == [6, 5]
        assert (await store.mark(session))[1] == 6
        rows = await outbox.waiting(session, 100)
    assert {row.topic for row in rows} == {"cameras"}
    messages = [message_of(row)[1] for row in rows]
    withdrawn = messages.pop(4)
    assert isinstance(withdrawn, Tombstone)
    assert (withdrawn.key, value_of(withdrawn)) == ("cam-001", None)
    assert dict(headers(withdrawn, AT, "/x"))["ce_type"] == b"yitong.camera.v1"
    assert [m.version for m in messages if isinstance(m, CameraMessage)] == [1, 2, 3, 4, 6]
    for row in rows:
        assert row.payload is None or set(row.payload) == set(CameraMessage.model_fields)
    newest = messages[-1]
    assert isinstance(newest, CameraMessage)
    assert newest.to_camera() == one
    assert newest == CameraMessage.of(one, None, 6, "desk", AT)


async def test_who_comes_second_is_told_who_was_first(sessions: Sessions) -> None:
    async with transaction(sessions) as session:
        await store.put_camera(session, camera(), AT, "file")

    async def save(author: str) -> bool:
        try:
            async with transaction(sessions) as session:
                await store.put_zones(session, "cam-001", (), AT, author, 1)
        except StaleVersion as exc:
            assert "第 2 版" in exc.zh
            return False
        return True

    saved = await asyncio.gather(*(save(f"person-{n}") for n in range(5)))
    assert sum(saved) == 1
    async with transaction(sessions) as session:
        record = await store.get_camera(session, "cam-001")
        with pytest.raises(StaleVersion, match=record.author):
            await store.put_zones(session, "cam-001", (), AT, "late", 1)
        for camera_id in ("none", "cam-404"):
            with pytest.raises(NotFound):
                await store.put_zones(session, camera_id, (), AT, "x", 1)
            with pytest.raises(NotFound):
                await store.remove_camera(session, camera_id, AT, "x")


async def test_a_change_undone_tells_nobody(sessions: Sessions) -> None:
    with pytest.raises(RuntimeError):
        async with transaction(sessions) as session:
            await store.put_camera(session, camera(), AT, "desk")
            raise RuntimeError
    async with transaction(sessions) as session:
        assert await store.find_camera(session, "cam-001") is None
        assert (await session.execute(select(t.outbox))).all() == []


def test_the_migration_keeps_the_outbox_both_ways(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/yitong.db"
    upgrade(url, "0002")
    columns = "change_id, topic, key, payload, at"
    with sqlite3.connect(tmp_path / "yitong.db") as db:
        db.execute(f"INSERT INTO outbox ({columns}) VALUES ('a', 'cases', 'k', '{{}}', '2026')")
    upgrade(url)
    with sqlite3.connect(tmp_path / "yitong.db") as db:
        db.execute(f"INSERT INTO outbox ({columns}) VALUES ('b', 'cameras', 'k', NULL, '2026')")
        [index] = db.execute("SELECT sql FROM sqlite_master WHERE name = 'ix_outbox_waiting'")
        assert "WHERE relayed_at IS NULL" in index[0]
    downgrade(url, "0002")
    with sqlite3.connect(tmp_path / "yitong.db") as db:
        assert db.execute("SELECT id, change_id FROM outbox").fetchall() == [(1, "a")]
        [table] = db.execute("SELECT sql FROM sqlite_master WHERE name = 'outbox'")
        assert "AUTOINCREMENT" in table[0]
