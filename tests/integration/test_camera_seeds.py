"""The configuration files as seeds: what they change, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from tests.kit import AT, county
from yitong_command.domain.camera import Camera
from yitong_command.settings.secrets import Vault, make_vault
from yitong_command.storage import camera_records as store
from yitong_command.storage.camera_seeds import SeedFiles, seed_cameras
from yitong_command.storage.known_cameras import KnownCameras
from yitong_command.storage.session import Sessions, make_readers, transaction

LATER = AT + timedelta(hours=1)


def files(*cameras: Camera, password: str | None = "s3cret-口令") -> SeedFiles:
    names = {c.camera_id for c in cameras} & {"cam-002"}
    return SeedFiles(
        cameras=cameras,
        usernames=dict.fromkeys(names, "viewer"),
        logins={name: ("viewer", password) for name in names if password},
    )


async def seeded(sessions: Sessions, vault: Vault, given: SeedFiles) -> tuple[str, ...]:
    async with transaction(sessions) as session:
        return await seed_cameras(session, given, vault, LATER)


async def record(sessions: Sessions, camera_id: str) -> store.CameraRecord:
    async with transaction(sessions) as session:
        found = await store.find_camera(session, camera_id)
    assert found is not None
    return found


async def test_only_changed_entries_become_versions(sessions: Sessions, tmp_path: Path) -> None:
    vault = make_vault(tmp_path / "key")
    one, two, three = list(county().cameras.values())[:3]
    assert await seeded(sessions, vault, files(one, two, three)) == (
        "cam-001",
        "cam-002",
        "cam-003",
    )
    assert await seeded(sessions, vault, files(one, two, three)) == ()
    made = await record(sessions, "cam-002")
    assert made.author == "file"
    assert vault.open_login(made.login or "") == ("viewer", "s3cret-口令")

    async with transaction(sessions) as session:
        edited = (await store.put_zones(session, "cam-001", (), LATER, "anna", 1)).camera
        await store.remove_camera(session, "cam-003", LATER, "admin")
    assert await seeded(sessions, vault, files(one, two, three)) == ()
    assert (await record(sessions, "cam-001")).camera == edited
    assert (await record(sessions, "cam-003")).removed

    moved = replace(one, url=one.url + "/sub", look_interval_s=9.0)
    assert await seeded(sessions, vault, files(moved, two, three)) == ("cam-001",)
    after = (await record(sessions, "cam-001")).camera
    assert (after.look_interval_s, after.zones) == (9.0, ())

    renamed = replace(one.zones[0], name_zh="新名")
    assert await seeded(sessions, vault, files(replace(moved, zones=(renamed,)), two)) == (
        "cam-001",
    )
    assert (await record(sessions, "cam-001")).camera.zones == (renamed,)
    assert await seeded(sessions, vault, files(replace(moved, zones=(renamed,)), two, three)) == ()


async def test_logins_follow_the_variable_and_the_key(sessions: Sessions, tmp_path: Path) -> None:
    vault, other = make_vault(tmp_path / "key"), make_vault(tmp_path / "other")
    two = county().cameras["cam-002"]
    await seeded(sessions, vault, files(two))
    assert await seeded(sessions, vault, files(two, password=None)) == ()
    assert (await record(sessions, "cam-002")).login is not None
    assert await seeded(sessions, vault, files(two, password="new")) == ("cam-002",)
    assert vault.open_login((await record(sessions, "cam-002")).login or "") == ("viewer", "new")
    assert await seeded(sessions, other, files(two, password="new")) == ("cam-002",)
    assert other.open_login((await record(sessions, "cam-002")).login or "") == ("viewer", "new")
    without = SeedFiles(cameras=(two,), usernames={}, logins={})
    assert await seeded(sessions, other, without) == ("cam-002",)
    assert (await record(sessions, "cam-002")).login is None


async def test_who_leaves_the_file_is_removed_unless_someone_shaped_it(
    sessions: Sessions, tmp_path: Path
) -> None:
    vault = make_vault(tmp_path / "key")
    one, _, three = list(county().cameras.values())[:3]
    await seeded(sessions, vault, files(one, three))
    async with transaction(sessions) as session:
        await store.put_zones(session, "cam-001", (), LATER, "anna", 1)
        imported = replace(three, camera_id="cam-900", zones=())
        await store.put_camera(session, imported, LATER, "admin")
    assert await seeded(sessions, vault, files()) == ("cam-003",)
    async with transaction(sessions) as session:
        left = [r.camera.camera_id for r in await store.list_cameras(session)]
    assert left == ["cam-001", "cam-900"]
    assert await seeded(sessions, vault, files(three)) == ("cam-003",)


async def test_what_is_at_hand_follows_the_database(sessions: Sessions) -> None:
    one, two, *_ = county().cameras.values()
    engine = sessions.kw["bind"]
    known = KnownCameras(make_readers(engine), {"cam-001": one})
    assert not await known.refresh(0)
    assert known.cameras == {"cam-001": one}
    async with transaction(sessions) as session:
        await store.put_camera(session, two, AT, "x")
    assert not await known.refresh(60)
    assert await known.refresh(0)
    assert known.cameras == {"cam-002": two}
    assert not await known.refresh(0)
    async with transaction(sessions) as session:
        await store.remove_camera(session, "cam-002", AT, "x")
    assert await known.refresh(0)
    assert known.cameras == {}
