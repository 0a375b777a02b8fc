"""Programme, faults and ground truth: what is said is what a client sees."""

from __future__ import annotations

import asyncio
from datetime import datetime

import aiohttp
import pytest

from yitong_command.demo.farm.farm import Farm


class Control:
    """A client of the control server."""

    def __init__(self, session: aiohttp.ClientSession, farm: Farm) -> None:
        self._session = session
        self._base = f"http://127.0.0.1:{farm.control_port}"

    async def get(self, path: str, status: int = 200):
        async with self._session.get(self._base + path) as answer:
            assert answer.status == status
            return await answer.json(content_type=None)

    async def post(self, path: str, body: object = None, status: int = 200):
        async with self._session.post(self._base + path, json=body) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json(content_type=None)

    async def truth(self) -> list[dict]:
        return await self.get("/ground-truth")


@pytest.fixture
async def control(farm: Farm):
    async with aiohttp.ClientSession() as session:
        yield Control(session, farm)


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


async def test_the_event_and_the_ground_truth_line_up_with_the_picture(
    farm: Farm, control: Control, watch
) -> None:
    watching = asyncio.create_task(
        watch(farm.rtsp_url("cam-003"), 90, until=lambda p: p.counter == 35)
    )
    await asyncio.sleep(0.5)
    assert await control.truth() == []
    await control.post("/cameras/cam-003/play")
    assert await control.truth() == []  # the hole is open one second later
    seen = await watching
    numbers = [picture.counter for picture in seen]
    event = numbers.index(10)
    assert set(numbers[:event]) <= set(range(10))
    assert numbers[event:] == list(range(10, 36))
    (fact,) = await control.truth()
    assert fact["kind"] == "manhole_cover"
    assert (fact["camera_id"], fact["view_id"], fact["state"]) == ("cam-003", "main", "missing")
    assert fact["ended_at"] is None
    shown_at = next(picture.at for picture in seen if picture.counter == 20)
    assert seconds(fact["began_at"]) == pytest.approx(shown_at, abs=0.25)


async def test_after_the_event_its_end_repeats_until_it_is_repaired(
    farm: Farm, control: Control, watch
) -> None:
    await control.post("/cameras/cam-003/play")
    seen = await watch(farm.rtsp_url("cam-003"), 60)
    after = [picture.counter for picture in seen]
    after = after[after.index(39) + 1 :]
    assert after[:12] == [*range(30, 40), 30, 31]
    refused = await control.post("/cameras/cam-003/play", status=409)
    assert refused["code"] == "illegal_transition"
    await control.post("/cameras/cam-003/repair")
    seen = await watch(farm.rtsp_url("cam-003"), 20)
    assert {picture.counter for picture in seen[-10:]} == set(range(10))
    (fact,) = await control.truth()
    assert fact["ended_at"] is not None
    # It may happen again after a repair, as another fact.
    await control.post("/cameras/cam-003/play")
    await asyncio.sleep(1.2)
    assert len({item["fact_id"] for item in await control.truth()}) == 2


async def test_a_repair_in_time_prevents_the_fact(farm: Farm, control: Control) -> None:
    await control.post("/cameras/cam-003/play")
    await control.post("/cameras/cam-003/repair")
    await asyncio.sleep(1.2)
    assert await control.truth() == []


async def test_a_stopped_car_that_leaves_ends_its_own_fact(
    farm: Farm, control: Control, watch
) -> None:
    await control.post("/cameras/cam-002/play")
    await watch(farm.rtsp_url("cam-002"), 60, until=lambda p: p.counter == 18)
    (fact,) = await control.truth()
    assert (fact["kind"], fact["ended_at"]) == ("illegal_parking", None)
    await asyncio.sleep(1.1)
    (fact,) = await control.truth()
    assert seconds(fact["ended_at"]) - seconds(fact["began_at"]) == pytest.approx(1.0, abs=0.01)


async def test_the_programme_plays_and_repairs_once_it_is_started(
    farm: Farm, control: Control
) -> None:
    await asyncio.sleep(0.4)
    assert await control.truth() == []
    first = await control.post("/start")
    again = await control.post("/start")
    assert first == again
    await asyncio.sleep(1.6)
    (fact,) = await control.truth()
    assert fact["camera_id"] == "cam-001"
    began = seconds(fact["began_at"]) - seconds(first["started_at"])
    assert began == pytest.approx(1.2, abs=0.3)  # 0.2 s programme, 1 s into the event
    await asyncio.sleep(1.8)
    (fact,) = await control.truth()
    ended = seconds(fact["ended_at"]) - seconds(first["started_at"])
    assert ended == pytest.approx(3.2, abs=0.3)


async def test_freeze_repeats_one_picture_and_passes(farm: Farm, control: Control, watch) -> None:
    watching = asyncio.create_task(watch(farm.rtsp_url("cam-003"), 30))
    await asyncio.sleep(0.8)
    await control.post("/cameras/cam-003/fault", {"fault": "freeze", "for_s": 1.6})
    numbers = [picture.counter for picture in await watching]
    still = [b for a, b in zip(numbers, numbers[1:], strict=False) if a == b]
    assert len(still) >= 2
    assert len(set(still)) == 1
    assert still[0] in (0, 5)
    alive = await watch(farm.rtsp_url("cam-003"), 12)
    assert len({picture.counter for picture in alive}) == 10
    (camera,) = [c for c in (await control.get("/cameras"))["items"] if c["camera_id"] == "cam-003"]
    assert camera["fault"] == "none"


async def test_black_is_black_and_passes(farm: Farm, control: Control, watch) -> None:
    await control.post("/cameras/cam-003/fault", {"fault": "black", "for_s": 1.0})
    seen = await watch(farm.rtsp_url("cam-003"), 30, until=lambda p: p.luma > 40)
    black = [picture for picture in seen if picture.luma < 20]
    assert len(black) >= 5
    assert seen[-1].luma > 40


async def test_corrupt_reaches_the_client_and_passes(farm: Farm, control: Control, watch) -> None:
    await control.post("/cameras/cam-003/fault", {"fault": "corrupt", "for_s": 1.5})
    bad = [picture.counter for picture in await watch(farm.rtsp_url("cam-003"), 25)]
    broken = sum((b - a) % 10 != 1 for a, b in zip(bad, bad[1:], strict=False))
    assert broken >= 3
    healed = [picture.counter for picture in await watch(farm.rtsp_url("cam-003"), 12)]
    assert all((b - a) % 10 == 1 for a, b in zip(healed, healed[1:], strict=False))


async def test_drop_closes_and_refuses_and_passes(
    farm: Farm, control: Control, connect, watch
) -> None:
    url = farm.rtsp_url("cam-003")
    playing, other = await connect(farm), await connect(farm)
    await playing.play(url)
    await other.play(farm.rtsp_url("cam-002"))
    await control.post("/cameras/cam-003/fault", {"fault": "drop", "for_s": 0.8})
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        while True:
            await playing.packet()
    late = await connect(farm)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await late.ask("DESCRIBE", url)
    for _ in range(10):
        await other.packet()
    await asyncio.sleep(0.9)
    assert len(await watch(url, 3)) == 3


async def test_what_control_refuses(farm: Farm, control: Control) -> None:
    assert (await control.post("/cameras/nobody/play", status=404))["code"] == "not_found"
    await control.post("/cameras/ball-001/fault", {"fault": "melt"}, status=422)
    await control.post("/cameras/ball-001/fault", {"fault": "black", "for_s": -1}, status=422)
    problem = await control.post("/cameras/ball-001/fault", ["x"], status=422)
    assert problem["detail_zh"]


async def test_health_cameras_and_metrics(farm: Farm, control: Control) -> None:
    assert (await control.get("/health/live"))["status"] == "ok"
    ready = await control.get("/health/ready")
    assert ready["checks"]["player"]["ok"]
    items = (await control.get("/cameras"))["items"]
    assert [item["camera_id"] for item in items] == ["cam-001", "cam-002", "cam-003", "ball-001"]
    assert items[-1]["presets"] == ["left", "centre", "right"]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{farm.control_port}/metrics") as answer,
    ):
        assert "yitong_farm_pictures_total" in await answer.text()
