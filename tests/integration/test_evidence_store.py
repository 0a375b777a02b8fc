"""Evidence that stands: manifests, packages, tampering, legal holds, retention."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from tests.integration.test_case_life import FOUR, LEAD, NOW, Story, report
from tests.kit import DESK, county
from yitong_command.cli.app import app
from yitong_command.domain.case import State
from yitong_command.domain.manifest import Fault
from yitong_command.errors import IllegalTransition, NotAllowed
from yitong_command.storage import tables as t
from yitong_command.storage.evidence import EvidenceStore
from yitong_command.storage.exporting import case_faults, take_out
from yitong_command.storage.package import verify_package, write_package
from yitong_command.storage.retaining import due_cases, leftovers, purge_case, set_hold
from yitong_command.storage.session import Sessions, transaction

POLICY = county().evidence
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def store(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


@pytest.fixture
async def story(sessions: Sessions, store: EvidenceStore) -> Story:
    """A closed case with a camera's picture and an after-photo that are really there."""
    story = Story(sessions, await report(sessions))
    await story.arrived()
    sha256 = store.put(b"\xff\xd8 after")
    await story.move(State.HANDLED, FOUR, evidence_sha256=sha256)
    await story.move(State.CHECKED, DESK)
    await story.move(State.CLOSED, DESK)
    return story


async def package(story: Story, store: EvidenceStore, path: Path) -> Path:
    async with transaction(story.sessions) as session:
        case, entries = await take_out(session, story.case_id, "desk", story.at)
    pictures = {item["sha256"]: store.get(item["sha256"]) for item in case["evidence_items"]}
    assert pictures
    write_package(path, case, entries, pictures)
    return path


def changed(path: Path, name: str, change: Any) -> Path:
    """A copy of a package with one member changed; None leaves it out."""
    target = path.with_name(f"changed-{name.replace('/', '-')}.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w") as new:
        for item in old.infolist():
            data: bytes | None = old.read(item.filename)
            if item.filename == name:
                data = change(data)
            if data is not None:
                new.writestr(item.filename, data)
    return target


async def test_a_package_is_verified_offline(
    story: Story, store: EvidenceStore, tmp_path: Path
) -> None:
    path = await package(story, store, tmp_path / "case.zip")
    case_id, head, faults = verify_package(path)
    assert (case_id, faults) == (story.case_id, [])
    async with transaction(story.sessions) as session:
        query = select(t.audit.c.detail).where(t.audit.c.action == "evidence_exported")
        (told,) = await session.scalars(query)
    assert told["head"] == head
    done = CliRunner().invoke(app, ["evidence", "verify", str(path), "--head", head])
    assert done.exit_code == 0, done.output
    cut = CliRunner().invoke(app, ["evidence", "verify", str(path), "--head", "0" * 64])
    assert cut.exit_code == 1
    with pytest.raises(FileExistsError):
        write_package(path, {"case_id": "x"}, (), {})


async def test_one_byte_of_a_picture_is_found_and_named(
    story: Story, store: EvidenceStore, tmp_path: Path
) -> None:
    path = await package(story, store, tmp_path / "case.zip")
    with zipfile.ZipFile(path) as whole:
        (name,) = [n for n in whole.namelist() if n.startswith("pictures/")]
        size = whole.getinfo(name).file_size
    for place in range(size):
        bent = changed(path, name, lambda d, p=place: d[:p] + bytes([d[p] ^ 1]) + d[p + 1 :])
        assert [fault.where for fault in verify_package(bent)[2]] == [name]
    assert [f.where for f in verify_package(changed(path, name, lambda _d: None))[2]] == [name]
    raw = path.read_bytes()
    at = raw.index(b"\xff\xd8 after")
    path.write_bytes(raw[:at] + b"\xfe" + raw[at + 1 :])
    assert [fault.where for fault in verify_package(path)[2]] == [name]


async def test_every_field_of_every_entry_is_held_by_the_chain(
    story: Story, store: EvidenceStore, tmp_path: Path
) -> None:
    path = await package(story, store, tmp_path / "case.zip")
    with zipfile.ZipFile(path) as whole:
        listed = json.loads(whole.read("manifest.json"))
    tried = 0
    for number, entry in enumerate(listed["entries"]):
        for name, value in entry.items():
            bent = json.loads(json.dumps(listed))
            wrong = {"seq": 9, "detail": {"x": 1}, "at": "2020-01-01T00:00:00+00:00"}
            bent["entries"][number][name] = wrong.get(name, f"{value}"[:-1] + "~")
            other = changed(path, "manifest.json", lambda _d, b=bent: json.dumps(b).encode())
            assert verify_package(other)[2], (number, name)
            tried += 1
    assert tried >= 18
    for mend in (
        lambda b: b["entries"].pop(),
        lambda b: b["entries"].pop(0),
        lambda b: b["entries"].reverse(),
        lambda b: b.update(case_sha256="0" * 64),
    ):
        bent = json.loads(json.dumps(listed))
        mend(bent)
        other = changed(path, "manifest.json", lambda _d, b=bent: json.dumps(b).encode())
        assert verify_package(other)[2]
    case = changed(path, "case.json", lambda d: d.replace(b"worker4", b"worker1"))
    assert [fault.where for fault in verify_package(case)[2]] == ["case.json"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no", b"{}"])
def test_what_is_no_package_is_said_to_be_none(
    content: bytes, tmp_path: Path, database_url: str
) -> None:
    assert database_url
    path = tmp_path / "x.zip"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="no evidence package"):
        verify_package(path)
    for member in (b"[]", b"{", b'{"format": 1}'):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as out:
            out.writestr("manifest.json", member)
        path.write_bytes(held.getvalue())
        with pytest.raises(ValueError, match=r"manifest\.json"):
            verify_package(path)
    assert CliRunner().invoke(app, ["evidence", "verify", str(path)]).exit_code == 2


async def test_tampering_in_place_is_found_and_named(story: Story, store: EvidenceStore) -> None:
    sessions, case_id = story.sessions, story.case_id
    (item,) = (await story.read()).evidence_items

    async def faults() -> list[Fault]:
        async with transaction(sessions) as session:
            return await case_faults(session, case_id, store)

    async def set_to(**values: Any) -> None:
        m = t.evidence_manifest
        async with transaction(sessions) as session:
            await session.execute(update(m).where(m.c.case_id == case_id).values(values))

    assert await faults() == []
    for wrong, right in (({"by": "worker1"}, {"by": "worker4"}), ({"sha256": "0" * 64},
                         {"sha256": item.sha256})):  # fmt: skip
        await set_to(**wrong)
        assert f"{case_id} manifest 1" in [fault.where for fault in await faults()]
        await set_to(**right)
        assert await faults() == []
    file = next(store._root.glob(f"*/{item.sha256}.jpg"))
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    (fault,) = await faults()
    assert item.sha256 in fault.where
    assert "altered" in fault.en
    file.unlink()
    assert "missing" in (await faults())[0].en


async def test_pictures_go_when_their_time_is_over_unless_held(
    story: Story, store: EvidenceStore
) -> None:
    sessions, case_id = story.sessions, story.case_id
    (item,) = (await story.read()).evidence_items
    soon = story.at + timedelta(days=729)
    late = story.at + timedelta(days=731)

    async def hold(actor: Any, *, held: bool) -> None:
        async with transaction(sessions) as session:
            await set_hold(session, case_id, actor, NOW, held=held, reason="诉讼")

    async def purge(at: Any) -> int:
        async with transaction(sessions) as session:
            return await purge_case(session, case_id, POLICY, at)

    with pytest.raises(NotAllowed):
        await hold(DESK, held=True)
    await hold(LEAD, held=True)
    with pytest.raises(IllegalTransition):
        await hold(LEAD, held=True)
    assert (await story.read()).life.hold == "诉讼"
    assert (await purge(soon), await purge(late)) == (0, 0)
    async with transaction(sessions) as session:
        assert await due_cases(session, POLICY, late) == []
    await hold(LEAD, held=False)
    async with transaction(sessions) as session:
        assert await due_cases(session, POLICY, soon) == []
        assert await due_cases(session, POLICY, late) == [case_id]
    assert (await purge(soon), await purge(late), await purge(late)) == (0, 1, 0)
    async with transaction(sessions) as session:
        gone = await leftovers(session)
        assert gone == [item.sha256]
        for sha256 in gone:
            store.remove(sha256)
        actions = list(await session.scalars(select(t.audit.c.action)))
        assert await case_faults(session, case_id, store) == []
    for action in ("evidence_held", "evidence_released", "evidence_purged"):
        assert action in actions


async def test_a_package_of_a_purged_case_says_so(
    story: Story, store: EvidenceStore, tmp_path: Path
) -> None:
    async with transaction(story.sessions) as session:
        await purge_case(session, story.case_id, POLICY, story.at + timedelta(days=800))
        case, entries = await take_out(session, story.case_id, "desk", story.at)
    path = tmp_path / "purged.zip"
    write_package(path, case, entries, {})
    assert [entry.entry for entry in entries] == ["captured", "purged", "exported"]
    assert verify_package(path)[2] == []
