"""The keeper with a real fleet, reporter, spool and cache: cameras come, change and go."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
import pytest

from yitong_command.bus.camera_messages import CameraMessage, IngestStateMessage
from yitong_command.bus.compacted import Content, Entry
from yitong_command.bus.messages import CameraStateMessage, IncidentMessage, Tombstone
from yitong_command.bus.spool import Spool
from yitong_command.bus.wire import decode, encode
from yitong_command.domain.camera import MAIN_VIEW, Camera
from yitong_command.domain.incident import Change
from yitong_command.errors import BrokerDown
from yitong_command.ingest.camera_book import CameraBook
from yitong_command.ingest.definitions import DefinitionReader
from yitong_command.ingest.eyes import DetectorPair, Eyes
from yitong_command.ingest.fleet import Fleet
from yitong_command.ingest.health import Health
from yitong_command.ingest.keeper import CameraKeeper
from yitong_command.ingest.local_cache import LocalCache
from yitong_command.ingest.pipeline import Pipeline
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.scheduler import LookScheduler
from yitong_command.ingest.state_log import StateLog
from yitong_command.settings.environment import load_settings
from yitong_command.settings.rules import load_rule_book
from yitong_command.settings.secrets import make_vault
from yitong_command.settings.taxonomy import load_taxonomy
from yitong_command.sources.decoder import DecoderPool
from yitong_command.sources.rtsp.receiver import RtspReceiver
from yitong_command.storage.evidence import EvidenceStore

SETTINGS = load_settings({})
RULES = load_rule_book(SETTINGS)
AT = datetime(2026, 11, 23, tzinfo=UTC)
TAXONOMY = load_taxonomy(SETTINGS.config_dir / "taxonomy.yaml")


@dataclass
class Broker:
    """Keeps what it is sent; can be down."""

    got: list[tuple[Any, Any, Any]] = field(default_factory=list)
    down: bool = False

    async def send_all(self, batch: list[tuple[Any, Any, Any]]) -> None:
        if self.down:
            raise BrokerDown("no broker")
        self.got += batch

    async def close(self) -> None:
        pass

    def states(self) -> dict[str, IngestStateMessage | Tombstone]:
        return {item.key: item for topic, item, _ in self.got if topic.name == "ingest-states"}


class Group:
    """Stands for the group: there is no broker, until it says so."""

    silent = False

    async def run(self, keeper: Any) -> None:
        if self.silent:
            await asyncio.Event().wait()
        raise BrokerDown("no broker")

    async def leave(self, keeper: Any) -> None:
        pass


@dataclass
class Site:
    """One worker's parts, fed by hand."""

    keeper: CameraKeeper
    fleet: Fleet
    pipeline: Pipeline
    states: StateLog
    broker: Broker
    spool: Spool
    cache: LocalCache
    told: list[CameraStateMessage]
    kit: ModuleType
    offset: int = 0

    def entries(self, *items: Camera | tuple[str, bytes | None]) -> list[Entry]:
        made = []
        for item in items:
            self.offset += 1
            key, value = item if isinstance(item, tuple) else (item.camera_id, message(item))
            made.append(Entry(key, value, 3, self.offset))
        return made

    async def take(self, *items: Any, states: Iterable[IngestStateMessage] = ()) -> None:
        held = [Entry(s.camera_id, encode(s), 3, n) for n, s in enumerate(states)]
        await self.keeper.take(
            Content(tuple(self.entries(*items)), {3: self.offset}), Content(tuple(held), {3: 9})
        )
        await self.keeper.settled(frozenset({3}), 1)

    async def follow(self, *items: Any) -> None:
        await self.keeper.follow(self.entries(*items))

    async def park(self, seconds: range, camera_id: str = "cam-1") -> None:
        for second in seconds:
            pixels = self.kit.street(second + 100)
            self.kit.paint(pixels, self.kit.CAR, self.kit.CAR_BGR)
            await self.pipeline.look(self.kit.encode(pixels, self.kit.at(second), camera_id))

    def incidents(self) -> list[IncidentMessage]:
        sent = [m for _, m, _ in self.broker.got if isinstance(m, IncidentMessage)]
        waiting = [decode(IncidentMessage, record.payload) for record in self.spool.peek(99)]
        return list({(m.incident_id, m.change): m for m in [*sent, *waiting]}.values())

    def check(self, name: str) -> dict[str, Any]:
        checks: Any = self.pipeline.health.report()[1]["checks"]
        return dict(checks[name])

    def folded(self, zone_id: str) -> Any:
        zones = self.pipeline.memories["cam-1", MAIN_VIEW].zones
        return next(watch.folded.state for watch in zones if watch.zone.zone_id == zone_id)


def message(camera: Camera, login: str | None = None) -> bytes:
    return encode(CameraMessage.of(camera, login, 1, "file", AT))


@contextlib.asynccontextmanager
async def worker(kit: ModuleType, pair: DetectorPair, folder: Path) -> AsyncIterator[Site]:
    told: list[CameraStateMessage] = []
    spool, health, broker = Spool(folder / "spool"), Health(), Broker()
    reporter = Reporter(spool, broker, "w1", health)
    receiver = RtspReceiver(lambda: kit.at(500))
    decoder = DecoderPool(1)
    pipeline = Pipeline(
        source=receiver, decoder=decoder, eyes=Eyes(lambda: pair), memories={}, patrols={},
        book=CameraBook((), "w1", "http://here", told.append), reporter=reporter,
        evidence=EvidenceStore(folder / "evidence"), scheduler=LookScheduler({}, 0.0),
        health=health,
    )  # fmt: skip
    fleet = Fleet(pipeline, receiver, RULES, "w1", lambda: kit.at(500))
    states = StateLog(fleet, reporter, broker, lambda: kit.at(500))
    cache = LocalCache(folder)
    reader = DefinitionReader(TAXONOMY, RULES, folder / "secret.key")
    keeper = CameraKeeper(Group(), reader, fleet, states, reporter, cache, health)  # type: ignore[arg-type]
    keeper.recall()
    loops = [asyncio.create_task(run()) for run in (pipeline.eyes.run, reporter.run)]
    receiver.start()
    try:
        yield Site(keeper, fleet, pipeline, states, broker, spool, cache, told, kit)
    finally:
        await fleet.drop(list(fleet.watched))
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        receiver.stop()
        pipeline.eyes.close()
        decoder.close()
        spool.close()


@pytest.fixture
async def site(kit: ModuleType, vehicles: Any, covers: Any, tmp_path: Path) -> AsyncIterator[Site]:
    async with worker(kit, DetectorPair(vehicles, covers), tmp_path) as made:
        yield made


async def test_a_change_keeps_what_untouched_zones_know(site: Site, camera: Camera) -> None:
    await site.take(camera)
    await site.park(range(5))
    began = site.folded("road").cars[0].began_at
    road, cover = camera.zones
    other = replace(
        camera, name_zh="新名", look_interval_s=0.5, url="rtsp://127.0.0.1:1/b",
        zones=(road, replace(cover, name_zh="井")),
    )  # fmt: skip
    await site.follow(other)
    assert site.folded("road").cars[0].began_at == began
    await site.park(range(5, 9))
    [opened] = site.incidents()
    assert (opened.change, opened.began_at) == (Change.OPENED, began)
    assert site.fleet.watched["cam-1"].camera == other


@pytest.mark.parametrize("how", ["removed", "drawn anew", "whole camera"])
async def test_what_is_open_in_a_zone_that_goes_is_cleared_with_the_reason(
    site: Site, camera: Camera, how: str
) -> None:
    await site.take(camera)
    await site.park(range(9))
    road, cover = camera.zones
    turned = replace(road, polygon=(*road.polygon[1:], road.polygon[0]))
    if how == "whole camera":
        await site.follow(("cam-1", None))
    else:
        zones = (cover,) if how == "removed" else (turned, cover)
        await site.follow(replace(camera, zones=zones))
    async with asyncio.timeout(5):
        while site.pipeline.reporter.pending("cam-1"):  # noqa: ASYNC110 - as the worker does
            await asyncio.sleep(0.01)
    opened, cleared = site.incidents()
    assert (cleared.change, cleared.incident_id) == (Change.CLEARED, opened.incident_id)
    said = "the camera was removed" if how == "whole camera" else "the zone was removed"
    assert said in cleared.reason_en
    assert cleared.changed_at > opened.changed_at
    assert ("cam-1" in site.fleet.watched) is (how != "whole camera")
    if how == "whole camera":
        await site.states.flush([], 1.0)
        assert isinstance(site.broker.states()["cam-1"], Tombstone)
        assert site.pipeline.book.state("cam-1") is None
        assert site.pipeline.memories == {}
    else:
        assert len(site.folded("cover").run) == 1


async def test_memory_waits_for_its_incident_to_be_acknowledged(site: Site, camera: Camera) -> None:
    await site.take(camera)
    site.broker.down = True
    await site.park(range(9))
    assert site.pipeline.reporter.pending("cam-1") == 1
    assert not await site.states.flush(["cam-1"], 0.3)
    assert site.broker.states() == {}
    site.broker.down = False
    assert await site.states.flush(["cam-1"], 15.0)
    state = site.broker.states()["cam-1"]
    assert isinstance(state, IngestStateMessage)
    assert state.zones["main/road"].zone is not None
    beside = {"camera-states", "ledger"}
    order = [topic.name for topic, _, _ in site.broker.got if topic.name not in beside]
    assert order == ["incidents", "ingest-states"]


async def test_a_successor_restores_and_a_predecessor_tells_nothing_more(
    site: Site, camera: Camera, kit: ModuleType, vehicles: Any, covers: Any, tmp_path: Path
) -> None:
    await site.take(camera)
    await site.park(range(5))
    site.pipeline.book.sweep(lambda _: site.pipeline.source.status("cam-1"), kit.at(6))  # type: ignore[attr-defined]
    await site.keeper.let_go(frozenset({3}), hand_over=True)
    before = len(site.told)
    site.pipeline.book.sweep(lambda _: 1 / 0, kit.at(99))  # type: ignore[arg-type, return-value]
    assert (site.fleet.watched, site.pipeline.memories, len(site.told)) == ({}, {}, before)
    [state] = site.broker.states().values()
    assert isinstance(state, IngestStateMessage)
    assert state.since is not None
    async with worker(kit, DetectorPair(vehicles, covers), tmp_path / "b") as heir:
        await heir.take(camera, states=[state])
        assert heir.pipeline.book.since("cam-1") == state.since
        await heir.park(range(15, 22))
        [opened] = heir.incidents()
        assert opened.began_at == kit.at(0)


async def test_a_camera_removed_while_nobody_watched_is_cleared_by_whoever_comes(
    site: Site, camera: Camera, kit: ModuleType, vehicles: Any, covers: Any, tmp_path: Path
) -> None:
    await site.take(camera)
    await site.park(range(9))
    await site.keeper.let_go(frozenset({3}), hand_over=True)
    [state] = site.broker.states().values()
    async with worker(kit, DetectorPair(vehicles, covers), tmp_path / "b") as heir:
        await heir.take(("cam-1", None), states=[state])  # type: ignore[list-item]
        [cleared] = heir.incidents()
        assert cleared.change is Change.CLEARED
        assert cleared.place.lon == camera.place.lon
        assert heir.fleet.watched == {}


def spoilt(camera: Camera, **zone: Any) -> bytes:
    content = orjson.loads(message(camera))
    content["camera"]["zones"][0] |= zone
    return orjson.dumps(content)


async def test_a_record_that_must_not_be_is_refused_and_the_camera_goes_on_as_before(
    site: Site, camera: Camera
) -> None:
    await site.take(camera)
    await site.park(range(3))
    bad = {
        "garbage": b"\xff\x00",
        "kind": spoilt(camera, kind="face_recognition"),
        "category": spoilt(camera, category="kp_mental.wandering"),
        "settings": spoilt(camera, settings={"dwell_s": -1}),
    }
    for word, value in bad.items():
        await site.follow(("cam-1", value), ("cam-9", value))
        check = site.check("definitions")
        assert not check["ok"]
        assert "cam-1: " in check["detail"], word
        assert site.fleet.watched["cam-1"].camera == camera
        assert "cam-9" not in site.fleet.watched
        assert site.check("assignment")["ok"]
    assert site.folded("road").cars[0].looks == 3
    await site.follow(camera, ("cam-9", None))
    assert site.check("definitions")["ok"]


async def test_a_login_that_can_not_be_opened_is_said_and_never_shown(
    site: Site, camera: Camera, tmp_path: Path
) -> None:
    vault = make_vault(tmp_path / "another.key")
    sealed = vault.seal_login(("viewer", "hunter2"))
    await site.take(("cam-1", message(camera, sealed)))
    check = site.check("definitions")
    assert not check["ok"]
    assert "secret.key" in check["detail"] or "密钥" in check["detail"]
    make_vault(tmp_path / "secret.key")
    await site.follow(("cam-1", message(camera, sealed)))
    assert not site.check("definitions")["ok"]
    own = make_vault(tmp_path / "secret.key").seal_login(("viewer", "hunter2"))
    await site.follow(("cam-1", message(camera, own)))
    assert site.check("definitions")["ok"]
    assert site.fleet.watched["cam-1"].login == ("viewer", "hunter2")
    assert "hunter2" not in str(site.pipeline.health.report()) + repr(site.fleet.watched)


async def test_without_a_broker_the_last_assignment_is_watched_until_somebody_else_has_it(
    site: Site, camera: Camera, kit: ModuleType, vehicles: Any, covers: Any, tmp_path: Path
) -> None:
    other = replace(camera, camera_id="cam-2", zones=())
    await site.take(camera, other)
    await site.park(range(5))
    await site.keeper.save_now()
    site.spool.close()
    async with worker(kit, DetectorPair(vehicles, covers), tmp_path) as again:
        run = asyncio.create_task(again.keeper.run())
        async with asyncio.timeout(5):
            while len(again.fleet.watched) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert not again.check("assignment")["ok"]
        assert "2路" in again.check("assignment")["detail"]
        run.cancel()
        assert again.folded("road").cars[0].began_at == kit.at(0)
        await again.take(camera)  # the broker is back, and cam-2 is another worker's
        assert set(again.fleet.watched) == {"cam-1"}
        assert again.folded("road").cars[0].began_at == kit.at(0)


@pytest.mark.parametrize(("age_s", "watched"), [(0, 1), (30, 0), (None, 0)])
async def test_right_after_a_death_a_worker_does_not_wait_for_the_group(
    age_s: float | None, watched: int, site: Site, camera: Camera, kit: ModuleType, vehicles: Any,
    covers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    await site.take(camera)
    await site.park(range(5))
    await site.keeper.save_now()
    if age_s is None:
        site.cache.handed_over()
    else:
        then_s = time.time() - age_s
        os.utime(tmp_path / "ingest-states.json", (then_s, then_s))
    site.spool.close()
    monkeypatch.setattr(Group, "silent", True)
    async with worker(kit, DetectorPair(vehicles, covers), tmp_path) as again:
        run = asyncio.create_task(again.keeper.run())
        await asyncio.sleep(0.3)
        assert len(again.fleet.watched) == watched
        if watched:
            assert again.folded("road").cars[0].began_at == kit.at(0)
        run.cancel()


async def test_of_two_memories_the_newer_one_counts(
    site: Site, camera: Camera, kit: ModuleType, vehicles: Any, covers: Any, tmp_path: Path
) -> None:
    await site.take(camera)
    await site.park(range(5))
    old = site.fleet.remembered("cam-1")
    assert old is not None
    await site.keeper.save_now()
    await site.park(range(5, 12))
    new = site.fleet.remembered("cam-1")
    assert new is not None
    site.spool.close()
    async with worker(kit, DetectorPair(vehicles, covers), tmp_path) as again:
        await again.take(camera, states=[new])
        assert again.folded("road").cars[0].is_open
    async with worker(kit, DetectorPair(vehicles, covers), tmp_path) as again:
        stale = old.model_copy(update={"at": old.at - timedelta(seconds=60), "zones": {}})
        await again.take(camera, states=[stale])
        assert again.folded("road").cars[0].seen == 5


async def test_the_disk_keeps_no_scenes_and_those_of_the_topic_are_used(
    site: Site, camera: Camera, kit: ModuleType, vehicles: Any, covers: Any, tmp_path: Path
) -> None:
    await site.take(camera)
    await site.park(range(30))
    known = site.fleet.remembered("cam-1")
    assert known is not None
    assert known.scenes[MAIN_VIEW]["references"]
    await site.keeper.save_now()
    assert site.cache.states()["cam-1"].scenes == {}
    older = known.model_copy(update={"at": known.at - timedelta(seconds=9), "zones": {}})
    site.spool.close()
    async with worker(kit, DetectorPair(vehicles, covers), tmp_path) as again:
        await again.take(camera, states=[older])
        assert again.folded("road").cars[0].is_open
        assert (
            again.pipeline.memories["cam-1", MAIN_VIEW].scene.to_json() == known.scenes[MAIN_VIEW]
        )
