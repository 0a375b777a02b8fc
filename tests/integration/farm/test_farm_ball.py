"""The ball camera, driven by a real ONVIF client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import onvif
import pytest
import zeep.exceptions
from onvif.client import ONVIFService

from yitong_command.demo.farm.farm import Farm
from yitong_command.demo.farm.faults import Fault

WSDL = Path(onvif.__file__).parent / "wsdl"
SERVICES = {
    "device": ("devicemgmt.wsdl", "{http://www.onvif.org/ver10/device/wsdl}DeviceBinding"),
    "media": ("media.wsdl", "{http://www.onvif.org/ver10/media/wsdl}MediaBinding"),
    "ptz": ("ptz.wsdl", "{http://www.onvif.org/ver20/ptz/wsdl}PTZBinding"),
}


class Client:
    """The three services of one camera."""

    def __init__(self, farm: Farm, user: str = "anybody", password: str = "") -> None:
        base = farm.onvif_url("ball-001").rpartition("/")[0]
        for name, (wsdl, binding) in SERVICES.items():
            address = f"{base}/{name}_service"
            service = ONVIFService(
                address, user, password, str(WSDL / wsdl), no_cache=True, binding_name=binding
            )
            setattr(self, name, service)

    async def __aenter__(self) -> Client:
        for name in SERVICES:
            await getattr(self, name).setup()
        return self

    async def __aexit__(self, *_: object) -> None:
        for name in SERVICES:
            await getattr(self, name).close()

    async def goto(self, preset: str) -> None:
        await self.ptz.GotoPreset({"ProfileToken": "main", "PresetToken": preset})

    async def moving(self) -> bool:
        status = await self.ptz.GetStatus({"ProfileToken": "main"})
        return status.MoveStatus.PanTilt == "MOVING"

    async def settled(self) -> None:
        for _ in range(100):
            if not await self.moving():
                return
            await asyncio.sleep(0.05)
        pytest.fail("it never arrives")


@pytest.fixture
async def client(farm: Farm) -> AsyncIterator[Client]:
    async with Client(farm) as client:
        yield client


async def test_a_real_client_finds_its_way(farm: Farm, client: Client, watch) -> None:
    services = await client.device.GetServices({"IncludeCapability": False})
    assert {service.Namespace.split("/")[-2] for service in services} == {"device", "media", "ptz"}
    capabilities = await client.device.GetCapabilities({"Category": "All"})
    assert capabilities.PTZ.XAddr == next(s.XAddr for s in services if "ptz" in s.Namespace)
    clock = (await client.device.GetSystemDateAndTime()).UTCDateTime
    assert clock.Date.Year == time.gmtime().tm_year
    assert (await client.device.GetDeviceInformation()).SerialNumber == "ball-001"
    (profile,) = await client.media.GetProfiles()
    assert profile.PTZConfiguration is not None
    setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
    uri = await client.media.GetStreamUri({"StreamSetup": setup, "ProfileToken": profile.token})
    assert uri.Uri == farm.rtsp_url("ball-001")
    assert 100 <= (await watch(uri.Uri, 3))[-1].counter < 110
    presets = await client.ptz.GetPresets({"ProfileToken": profile.token})
    assert [(preset.token, preset.Name) for preset in presets] == [
        ("left", "left"), ("centre", "centre"), ("right", "right"),
    ]  # fmt: skip


async def test_a_client_that_knows_only_host_and_port_finds_the_first_ball_camera(
    farm: Farm,
) -> None:
    camera = onvif.ONVIFCamera("127.0.0.1", farm.onvif_port, "a", "b", no_cache=True)
    try:
        await camera.update_xaddrs()
        ptz = await camera.create_ptz_service()
        assert len(await ptz.GetPresets({"ProfileToken": "main"})) == 3
    finally:
        await camera.close()


async def test_it_pans_to_the_preset_and_says_so_meanwhile(
    farm: Farm, client: Client, watch
) -> None:
    watching = asyncio.create_task(
        watch(farm.rtsp_url("ball-001"), 90, until=lambda p: p.counter == 125)
    )
    await asyncio.sleep(0.5)
    assert not await client.moving()
    await client.goto("centre")
    assert await client.moving()
    await client.settled()
    settled_at = time.time()
    numbers = [(picture.counter, picture.at) for picture in await watching]
    panning = [number for number, _ in numbers if number >= 200]
    assert panning == list(range(200, 210))
    arrived = next(at for number, at in numbers if 120 <= number < 130)
    assert settled_at == pytest.approx(arrived, abs=0.3)
    await client.goto("centre")
    assert not await client.moving()


async def test_what_happens_on_a_preset_is_there_when_one_looks(
    farm: Farm, client: Client, watch
) -> None:
    looked = await watch(farm.rtsp_url("ball-001"), 1)
    farm.play("ball-001")
    await asyncio.sleep(0.2)
    (fact,) = farm.ground_truth()
    assert (fact.view_id, fact.state, fact.ended_at) == ("centre", "missing", None)
    looked = await watch(farm.rtsp_url("ball-001"), 5)
    assert all(100 <= picture.counter < 110 for picture in looked)
    await client.goto("centre")
    await client.settled()
    assert 140 <= (await watch(farm.rtsp_url("ball-001"), 15))[-1].counter < 150
    farm.repair("ball-001")
    await asyncio.sleep(0.2)
    assert 120 <= (await watch(farm.rtsp_url("ball-001"), 15))[-1].counter < 130
    assert not await client.moving()
    (fact,) = farm.ground_truth()
    assert fact.ended_at is not None


async def test_a_preset_without_a_pan_clip_is_reached_by_a_cut(farm: Farm, client: Client) -> None:
    await client.goto("right")
    await client.settled()
    assert farm.ball("ball-001").preset == "right"


async def test_wrong_calls_are_answered_with_a_fault(farm: Farm, client: Client) -> None:
    with pytest.raises(zeep.exceptions.Fault, match="no preset"):
        await client.goto("moon")
    with pytest.raises(zeep.exceptions.Fault, match="no profile"):
        await client.ptz.GetPresets({"ProfileToken": "other"})
    with pytest.raises(zeep.exceptions.Fault, match="not supported"):
        await client.device.GetUsers()


async def test_credentials_are_checked(make_farm) -> None:
    farm = await make_farm(credentials={"ball-001": ("ptz", "turn it")})
    async with Client(farm, "ptz", "turn it") as right:
        assert len(await right.ptz.GetPresets({"ProfileToken": "main"})) == 3
    async with Client(farm, "ptz", "wrong") as wrong:
        assert (await wrong.device.GetSystemDateAndTime()).UTCDateTime is not None
        with pytest.raises(zeep.exceptions.Fault, match="not authorized"):
            await wrong.ptz.GetPresets({"ProfileToken": "main"})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff\xfe\x00", id="binary"),
        pytest.param(b"<a/>", id="no-envelope"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', id="entities"),
    ],
)
async def test_what_is_no_soap_is_answered_400(farm: Farm, body: bytes) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.post(farm.onvif_url("ball-001"), data=body) as answer,
    ):
        assert answer.status == 400
        assert "Fault" in await answer.text()


async def test_only_ball_cameras_answer_and_a_dropped_one_does_not(farm: Farm) -> None:
    url = farm.onvif_url("cam-001")
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=b"<a/>") as answer:
            assert answer.status == 404
        farm.camera("ball-001").set_fault(Fault.DROP, None)
        with pytest.raises(aiohttp.ClientError):
            await session.post(farm.onvif_url("ball-001"), data=b"<a/>")
