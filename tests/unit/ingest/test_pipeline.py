"""The flow of looks: real keyframes, decoder, gate, tracker, rules, spool and evidence store."""

from __future__ import annotations

import asyncio
import contextlib
import errno
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import orjson
import pytest
import structlog

from tests.broken_model import broken_on_bright
from yitong_command.bus.camera_messages import IngestStateMessage
from yitong_command.bus.messages import CameraStateMessage, IncidentMessage
from yitong_command.bus.spool import Spool
from yitong_command.bus.wire import decode, encode
from yitong_command.domain.camera import MAIN_VIEW, Camera
from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.incident import Change, incident_id
from yitong_command.ingest.camera_book import CameraBook
from yitong_command.ingest.changelog import capture, ended, restore, telling, telling_of
from yitong_command.ingest.eyes import DetectorPair, Eyes
from yitong_command.ingest.health import Health
from yitong_command.ingest.http import look_json
from yitong_command.ingest.pipeline import Pipeline
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.scheduler import LookScheduler
from yitong_command.ingest.views import make_memories
from yitong_command.settings.rules import RuleBook
from yitong_command.sources.decoder import DecoderBusy, DecoderPool
from yitong_command.sources.keyframe import Keyframe, SourceState, SourceStatus
from yitong_command.storage.evidence import EvidenceStore

BOOK = RuleBook({}, Path("zones.yaml"))


class Nobody:
    """A broker that is never there."""

    async def send_all(self, batch: Any) -> None:
        raise AssertionError("not used")

    async def close(self) -> None:
        pass


@dataclass
class Bench:
    """A pipeline with one camera, fed by hand."""

    pipeline: Pipeline
    spool: Spool
    camera: Camera
    kit: ModuleType
    told: list[CameraStateMessage]
    seed: int = 0

    async def look(self, second: float, *things: tuple[Box, tuple[int, int, int]]) -> None:
        self.seed += 1
        pixels = self.kit.street(self.seed)
        for box, bgr in things:
            self.kit.paint(pixels, box, bgr)
        await self.see(pixels, second)

    async def see(self, pixels: Pixels, second: float) -> None:
        await self.pipeline.look(self.kit.encode(pixels, self.kit.at(second)))

    def incidents(self) -> list[IncidentMessage]:
        return [decode(IncidentMessage, record.payload) for record in self.spool.peek(100)]

    def state(self, second: float) -> str:
        source = SourceStatus(SourceState.LIVE, self.kit.at(0), "", "")
        for later_s in (0, 6):  # a state must hold before it is told
            self.pipeline.book.sweep(lambda _: source, self.kit.at(second + later_s))
        return self.told[-1].state.value

    def remembered(self) -> IngestStateMessage:
        message = capture(self.camera, self.views, "w1")
        assert message is not None
        return decode(IngestStateMessage, encode(message))

    @property
    def views(self) -> dict[str, Any]:
        return {MAIN_VIEW: self.memory}

    @property
    def memory(self) -> Any:
        return self.pipeline.memories["cam-1", MAIN_VIEW]


@contextlib.asynccontextmanager
async def bench(
    camera: Camera, kit: ModuleType, pair: DetectorPair, folder: Path
) -> AsyncIterator[Bench]:
    told: list[CameraStateMessage] = []
    spool, health = Spool(folder / "spool"), Health()
    decoder = DecoderPool(1)
    reporter = Reporter(spool, Nobody(), "w1", health)
    pipeline = Pipeline(
        source=None,  # type: ignore[arg-type]
        decoder=decoder,
        eyes=Eyes(lambda: pair),
        memories=make_memories((camera,), BOOK),
        patrols={},
        book=CameraBook((camera,), "w1", "http://here", told.append),
        reporter=reporter,
        evidence=EvidenceStore(folder / "evidence"),
        scheduler=LookScheduler({"cam-1": 1.0}, 0.0),
        health=health,
    )
    eyes = asyncio.create_task(pipeline.eyes.run())
    try:
        yield Bench(pipeline, spool, camera, kit, told)
    finally:
        eyes.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await eyes
        pipeline.eyes.close()
        decoder.close()
        spool.close()


@pytest.fixture
async def one(
    camera: Camera, kit: ModuleType, vehicles: Any, covers: Any, tmp_path: Path
) -> AsyncIterator[Bench]:
    async with bench(camera, kit, DetectorPair(vehicles, covers), tmp_path) as made:
        yield made


async def test_a_parked_car_becomes_one_incident_with_a_masked_picture_and_is_cleared(
    one: Bench, kit: ModuleType
) -> None:
    for second in range(12):
        await one.look(second, *([(kit.CAR, kit.CAR_BGR)] if second >= 2 else []))
    for second in range(12, 20):
        await one.look(second)
    opened, cleared = one.incidents()
    assert (opened.change, opened.began_at) == (Change.OPENED, kit.at(2))
    assert opened.changed_at == kit.at(8)
    assert (cleared.change, cleared.incident_id) == (Change.CLEARED, opened.incident_id)
    assert opened.subject == "cam-1/main/road"
    [evidence] = opened.evidence
    jpeg = one.pipeline.evidence.get(evidence.sha256)
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[:2] == (evidence.height, evidence.width) == (180, 320)
    assert len(evidence.source_sha256) == 64


async def test_the_detector_rests_while_nothing_changes_and_looks_still_count(
    one: Bench, kit: ModuleType, vehicles: Any
) -> None:
    for second in range(20):
        await one.look(second, (kit.CAR, kit.CAR_BGR))
    assert len(vehicles.batches) == 1
    assert [message.change for message in one.incidents()] == [Change.OPENED]
    assert one.incidents()[0].changed_at == kit.at(6)


async def test_an_unchanged_picture_is_analysed_again_less_and_less_often(
    one: Bench, vehicles: Any
) -> None:
    seen = []
    for second in range(0, 700, 10):
        before = len(vehicles.batches)
        await one.look(second)
        seen += [second] * (len(vehicles.batches) - before)
    gaps = [later - earlier for earlier, later in pairwise(seen)]
    for gap, longest in zip(gaps, (60, 120, 240, 240), strict=True):
        assert 0.75 * longest <= gap <= longest + 10


async def test_where_something_is_open_it_is_analysed_every_minute(
    one: Bench, kit: ModuleType, vehicles: Any
) -> None:
    for second in range(0, 600, 5):
        await one.look(second, (kit.CAR, kit.CAR_BGR))
    assert one.memory.watching
    assert 10 <= len(vehicles.batches) <= 15


async def test_a_missing_cover_opens_once_and_a_car_over_it_is_not_judged(
    one: Bench, kit: ModuleType
) -> None:
    hole = (Box(0.12, 0.64, 0.23, 0.76), kit.HOLE_BGR)
    for second in range(4):
        await one.look(second)
    assert one.memory.last.sight.covers["cover"].state == "ok"
    await one.look(4, (Box(0.1, 0.5, 0.3, 0.9), kit.CAR_BGR))
    assert one.memory.last.sight.covers["cover"].hidden
    assert look_json(one.memory, one.memory.last)["covers"] == [
        {"zone_id": "cover", "state": None,
         "reason": "被车辆或行人遮挡 / a vehicle or person stands over it"}
    ]  # fmt: skip
    for second in range(5, 12):
        await one.look(second, hole)
    [incident] = one.incidents()
    assert (incident.state, incident.began_at) == ("missing", kit.at(5))
    shown = look_json(one.memory, one.memory.last)
    assert shown["covers"] == [{"zone_id": "cover", "state": "missing", "reason": ""}]
    assert shown["judged"] is True


async def test_a_cover_too_small_in_the_picture_is_neither_sound_nor_missing(
    camera: Camera, kit: ModuleType, vehicles: Any, covers: Any, tmp_path: Path
) -> None:
    """48 px wide, at least 60 by default; the log says it once, the look and the state always."""
    zones = tuple(
        replace(zone, settings={"agree_looks": 3, "agree_s": 2})
        if zone.zone_id == "cover"
        else zone
        for zone in camera.zones
    )
    pair = DetectorPair(vehicles, covers)
    hole = (Box(0.12, 0.64, 0.23, 0.76), kit.HOLE_BGR)
    with structlog.testing.capture_logs() as logged:
        async with bench(replace(camera, zones=zones), kit, pair, tmp_path) as one:
            for second in range(10):
                await one.look(second, *([hole] if second >= 5 else []))
            assert (one.incidents(), covers.batches) == ([], [])
            assert one.memory.last.sight.covers["cover"].state is None
            [cover] = look_json(one.memory, one.memory.last)["covers"]
            assert one.state(10) == "live"
            told = one.told[-1]
    assert cover["state"] is None
    assert "48像素（至少60），不作判断" in cover["reason"]
    assert "only 48 px in the picture (at least 60): not judged" in cover["reason"]
    assert (told.reason_zh, told.reason_en) == tuple(cover["reason"].split(" / "))
    warned = [line for line in logged if line["event"] == "cover_too_small"]
    assert [(line["camera_id"], line["log_level"]) for line in warned] == [("cam-1", "warning")]


async def test_a_broken_detector_is_not_an_empty_street(
    one: Bench, kit: ModuleType, vehicles: Any
) -> None:
    for second in range(9):
        await one.look(second, (kit.CAR, kit.CAR_BGR))
    vehicles.broken = True
    for second in range(9, 40):
        await one.look(second)
    assert [message.change for message in one.incidents()] == [Change.OPENED]
    assert one.state(40) == "not_judged"
    well, report = one.pipeline.health.report()
    assert not well
    assert "it broke" in str(report)


async def test_a_real_model_that_breaks_while_it_runs_is_not_an_empty_street(
    camera: Camera, kit: ModuleType, covers: Any, tmp_path: Path
) -> None:
    """Its numbers become none on bright pictures; the car it saw is neither cleared nor doubled."""
    pair = DetectorPair(broken_on_bright(tmp_path), covers)
    async with bench(camera, kit, pair, tmp_path) as made:
        for second in range(9):
            await made.look(second)
        assert made.state(9) == "live"
        for second in range(9, 40):
            await made.look(second, (Box(0.05, 0.0, 0.45, 0.45), (250, 250, 250)))
        assert made.state(40) == "not_judged"
        well, report = made.pipeline.health.report()
        assert not well
        assert "vehicles: 模型输出不是有限数" in str(report)
        assert not made.memory.last.judged
        for second in range(46, 60):
            await made.look(second)
        assert made.state(60) == "live"
        assert [message.change for message in made.incidents()] == [Change.OPENED]


@pytest.mark.parametrize(
    ("picture", "state"), [("black", "covered"), ("same", "frozen"), ("noise", "live")]
)
async def test_what_a_camera_sends_decides_its_state(
    one: Bench, kit: ModuleType, picture: str, state: str
) -> None:
    for second in range(9):
        await one.look(second, (kit.CAR, kit.CAR_BGR))
    for second in range(9, 30):
        pixels = np.zeros((180, 320, 3), np.uint8) if picture == "black" else kit.street(second)
        await one.see(kit.street(7) if picture == "same" else pixels, second)
    assert one.state(30) == state
    cleared = [m for m in one.incidents() if m.change is Change.CLEARED]
    assert bool(cleared) is (picture == "noise")


async def test_a_damaged_keyframe_is_not_judged(one: Bench, kit: ModuleType) -> None:
    whole = kit.encode(kit.street(), kit.at(1))
    await one.pipeline.look(replace(whole, annexb=whole.annexb[: len(whole.annexb) // 3]))
    assert one.state(2) == "not_judged"
    assert one.memory.last.judged is False


async def test_after_the_clock_was_set_back_nothing_is_called_judged(
    one: Bench, kit: ModuleType
) -> None:
    for second in range(100, 109):
        await one.look(second, (kit.CAR, kit.CAR_BGR))
    assert one.state(109) == "live"
    await one.look(50)
    assert one.state(51) == "not_judged"
    assert "clock was set back" in one.told[-1].reason_en
    assert one.memory.last.judged is False
    await one.look(110, (kit.CAR, kit.CAR_BGR))
    assert one.state(111) == "live"
    assert [message.change for message in one.incidents()] == [Change.OPENED]


async def test_decoders_with_too_much_to_do_are_no_empty_street_and_no_failure(
    one: Bench, kit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(keyframe: Keyframe, use: Any) -> None:
        raise DecoderBusy("busy")

    monkeypatch.setattr(one.pipeline.decoder, "apply", busy)
    await one.look(1)
    assert one.state(2) == "not_judged"
    assert "busy" in one.told[-1].reason_en
    assert one.memory.last.judged is False


async def test_without_room_for_the_picture_the_incident_goes_and_says_so(
    one: Bench, kit: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: EvidenceStore, jpeg: bytes) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(EvidenceStore, "put", full)
    for second in range(9):
        await one.look(second, (kit.CAR, kit.CAR_BGR))
    [incident] = one.incidents()
    assert incident.evidence == ()
    assert "No space left on device" in incident.reason_en
    assert "证据图片未能保存" in incident.reason_zh
    assert not one.pipeline.health.report()[0]


async def test_another_worker_goes_on_with_the_same_incident(
    camera: Camera, kit: ModuleType, vehicles: Any, covers: Any, tmp_path: Path
) -> None:
    pair = DetectorPair(vehicles, covers)
    async with bench(camera, kit, pair, tmp_path / "a") as first:
        for second in range(5):
            await first.look(second, (kit.CAR, kit.CAR_BGR))
        between = first.remembered()
    async with bench(camera, kit, pair, tmp_path / "b") as successor:
        restore(between, successor.views)
        for second in range(15, 30):
            await successor.look(second, (kit.CAR, kit.CAR_BGR))
        [incident] = successor.incidents()
        assert incident.began_at == kit.at(0)
        assert successor.memory.last.tracks[0].track_id == "t1"
        after = successor.remembered()
    async with bench(camera, kit, pair, tmp_path / "c") as third:
        restore(after, third.views)
        again = capture(camera, third.views, "w1")
        assert again == after
        for second in range(30, 45):
            await third.look(second, *([(kit.CAR, kit.CAR_BGR)] if second < 35 else []))
        assert [(m.change, m.incident_id) for m in third.incidents()] == [
            (Change.CLEARED, incident.incident_id)
        ]


async def test_what_of_a_memory_a_successor_must_know_at_once(one: Bench, kit: ModuleType) -> None:
    known = []
    for second in range(12):
        await one.look(second, *([(kit.CAR, kit.CAR_BGR)] if second >= 3 else []))
        known.append(telling(one.views, None))
        assert telling_of(one.remembered()) == known[-1]  # whatever way the message went
    news = [second for second in range(1, 12) if known[second] != known[second - 1]]
    # It came, the scene is known, it is a candidate, it is reported.
    assert news == [3, 6, 7, 9]
    assert known[-1].is_busy


async def test_a_memory_of_another_version_is_said_and_left_out(
    one: Bench, kit: ModuleType
) -> None:
    await one.look(0, (kit.CAR, kit.CAR_BGR))
    content = one.remembered().model_dump(mode="json")
    content["zones"]["main/road"]["state"] = {"cars": "many"}
    content["trails"]["main"] = 7
    damaged = decode(IngestStateMessage, orjson.dumps(content))
    views = {MAIN_VIEW: make_memories((one.camera,), BOOK)["cam-1", MAIN_VIEW]}
    with structlog.testing.capture_logs() as logged:
        restore(damaged, views)
    assert [line["event"] for line in logged] == ["state_unreadable"] * 2
    folded = {watch.zone.zone_id: watch.folded.state for watch in views[MAIN_VIEW].zones}
    assert folded["road"] is None
    assert folded["cover"] is not None


async def test_a_zone_drawn_anew_begins_anew_and_what_was_open_in_it_is_over(
    one: Bench, kit: ModuleType
) -> None:
    for second in range(9):
        await one.look(second, (kit.CAR, kit.CAR_BGR))
    [incident] = one.incidents()
    remembered = one.remembered()
    road, cover = one.camera.zones
    moved = replace(road, polygon=(*road.polygon[:3], road.polygon[3]._replace(x=0.01)))
    camera = replace(one.camera, zones=(moved, cover))
    views = {MAIN_VIEW: make_memories((camera,), BOOK)["cam-1", MAIN_VIEW]}
    restore(remembered, views)
    assert [watch.folded.state is None for watch in views[MAIN_VIEW].zones] == [True, False]
    assert ended(remembered, one.camera.zones, kit.at(9), ("没了", "gone")) == []
    for zones in (camera.zones, (cover,), ()):
        [over] = ended(remembered, zones, kit.at(9), ("没了", "gone"))
        change = over.change
        assert (change.change, change.at, change.reason[1]) == (Change.CLEARED, kit.at(9), "gone")
        assert incident_id(over.zone.kind, over.zone.subject, change.began_at) == (
            incident.incident_id
        )


async def test_where_something_is_open_looks_come_more_often(one: Bench, kit: ModuleType) -> None:
    scheduler = one.pipeline.scheduler
    await one.look(0)
    for second in range(1, 4):
        await one.look(second, (kit.CAR, kit.CAR_BGR))
    assert one.memory.watching
    scheduler.begin("cam-1", 1000.0)
    scheduler.end("cam-1")
    assert scheduler.due(1000.0 + one.camera.look_interval_s * 0.6, 1) == ["cam-1"]
