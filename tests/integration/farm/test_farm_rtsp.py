"""The RTSP server, seen by a real client and by a raw one."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import struct
from pathlib import Path

import av.error
import pytest

from yitong_command.demo.farm import viewers
from yitong_command.demo.farm.farm import Farm
from yitong_command.errors import ConfigError, CorruptMedia

QUIET = set(range(10))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_real_client_decodes_the_quiet_loop(farm: Farm, watch, transport: str) -> None:
    seen = await watch(farm.rtsp_url("cam-001"), 25, transport)
    numbers = [picture.counter for picture in seen]
    assert set(numbers) == QUIET
    # In order, over the seam of the loop too, and none missing.
    assert all((b - a) % 10 == 1 for a, b in zip(numbers, numbers[1:], strict=False))
    times = [picture.media_s for picture in seen if picture.media_s is not None]
    steps = [b - a for a, b in zip(times, times[1:], strict=False)]
    assert steps == pytest.approx([0.1] * len(steps), abs=0.002)


async def test_all_clients_of_a_camera_see_the_same_moment(farm: Farm, watch) -> None:
    both = await asyncio.gather(*(watch(farm.rtsp_url("cam-001"), 12) for _ in range(2)))
    ends = [(seen[-1].at * 10 - seen[-1].counter) % 10 for seen in both]
    apart = abs(ends[0] - ends[1]) % 10
    assert min(apart, 10 - apart) < 2.5


async def test_h265_is_served(make_farm, watch, clip_maker, tmp_path: Path) -> None:
    clip_maker(tmp_path / "hevc.mp4", 0, 20, codec="libx265")
    programme = tmp_path / "p.yaml"
    programme.write_text("cameras: [{id: cam-001, clip: hevc}]")
    farm = await make_farm(clips_dir=tmp_path, programme=programme)
    seen = await watch(farm.rtsp_url("cam-001"), 12)
    numbers = [picture.counter for picture in seen]
    assert all((b - a) % 20 == 1 for a, b in zip(numbers, numbers[1:], strict=False))


async def test_the_first_packet_is_the_one_rtp_info_announces(farm: Farm, connect) -> None:
    client = await connect(farm)
    await asyncio.sleep(0.3)
    headers = await client.play(farm.rtsp_url("cam-001"), "4-5")
    info = dict(part.split("=", 1) for part in headers["rtp-info"].split(";"))
    expected = int(info["seq"])
    channel, report = await client.packet()
    assert (channel, report[1]) == (5, 200)
    after_key = (int.from_bytes(report[16:20], "big") - int(info["rtptime"])) & 0xFFFF_FFFF
    assert after_key < 90_000
    for offset in range(30):
        channel, packet = await client.packet()
        assert channel == 4
        _, marker, sequence, timestamp, ssrc = struct.unpack(">BBHII", packet[:12])
        assert sequence == (expected + offset) & 0xFFFF
        if offset == 0:
            assert packet[12] & 0x1F == 24  # STAP-A with the parameter sets
            assert timestamp == int(info["rtptime"])


async def test_a_hundred_sessions_at_once_get_pictures(make_farm, connect) -> None:
    farm = await make_farm(copies=100)
    clients = [await connect(farm) for _ in range(100)]
    for index, client in enumerate(clients):
        await client.play(farm.rtsp_url(f"bench-{index + 1:04d}"))

    async def pictures(client) -> int:
        count = 0
        while count < 15:
            channel, packet = await client.packet()
            count += channel == 0 and packet[1] >> 7
        return count

    async with asyncio.timeout(20):
        counts = await asyncio.gather(*(pictures(client) for client in clients))
    assert counts == [15] * 100
    assert farm.rtsp.connections == 100


async def test_describe_and_options(farm: Farm, connect) -> None:
    client = await connect(farm)
    url = farm.rtsp_url("cam-001")
    status, headers, _ = await client.ask("OPTIONS", "*")
    assert (status, "DESCRIBE" in headers["public"]) == (200, True)
    status, headers, body = await client.ask("DESCRIBE", url)
    assert status == 200
    assert headers["content-base"] == url + "/"
    assert b"H264/90000" in body
    assert b"sprop-parameter-sets=" in body


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        pytest.param("DESCRIBE", "nobody", {}, 404, id="unknown-camera"),
        pytest.param("DESCRIBE", "cam-001", {"accept": "text/html"}, 406, id="not-sdp"),
        pytest.param("DESCRIBE", "cam-001", {"require": "x"}, 551, id="require"),
        pytest.param("SETUP", "cam-001", {}, 461, id="no-transport"),
        pytest.param("SETUP", "cam-001", {"transport": "RTP/AVP;multicast"}, 461, id="multicast"),
        pytest.param("SETUP", "cam-001", {"session": "x"}, 454, id="setup-in-no-session"),
        pytest.param("PLAY", "cam-001", {}, 455, id="play-before-setup"),
        pytest.param("PLAY", "cam-001", {"session": "x"}, 454, id="no-such-session"),
        pytest.param("RECORD", "cam-001", {}, 405, id="known-but-not-served"),
        pytest.param("BREW", "cam-001", {}, 501, id="unknown-method"),
    ],
)
async def test_refusals(farm: Farm, connect, method, path, headers, status) -> None:
    client = await connect(farm)
    answer, _, _ = await client.ask(method, farm.rtsp_url(path), **headers)
    assert answer == status
    assert (await client.ask("OPTIONS", "*"))[0] == 200


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param(b"\x00\x01\x02\xff" * 50, id="binary"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", id="http"),
        pytest.param(b"OPTIONS * RTSP/1.0\r\nContent-Length: -5\r\n\r\n", id="length"),
        pytest.param(b"OPTIONS * RTSP/1.0\r\nContent-Length: 999999999\r\n\r\n", id="huge"),
        pytest.param(b"OPTIONS * RTSP/1.0\r\nno colon here\r\n\r\n", id="header"),
        pytest.param(b"OPTIONS * RTSP/1.0\r\n\r\n", id="no-cseq"),
        pytest.param(b"OPTIONS rtsp://[ RTSP/1.0\r\nCSeq: x\r\n\r\n", id="cseq"),
        pytest.param(b"A" * 40_000, id="endless-head"),
    ],
)
async def test_garbage_is_answered_400_and_hurts_nobody(farm: Farm, connect, garbage) -> None:
    other = await connect(farm)
    await other.play(farm.rtsp_url("cam-001"))
    client = await connect(farm)
    client.writer.write(garbage)
    status, _, _ = await client.answer()
    assert status == 400
    for _ in range(10):
        await other.packet()


async def test_an_address_that_is_none_is_not_found(farm: Farm, connect) -> None:
    client = await connect(farm)
    assert (await client.ask("DESCRIBE", "rtsp://[bad/cam-001"))[0] == 404


async def test_digest_authentication(make_farm, connect, watch) -> None:
    farm = await make_farm(credentials={"cam-001": ("viewer", "s3cret: word")})
    url = farm.rtsp_url("cam-001")
    client = await connect(farm)
    status, headers, _ = await client.ask("DESCRIBE", url)
    assert status == 401
    fields = dict(part.strip().split("=") for part in headers["www-authenticate"][7:].split(","))
    nonce, realm = fields["nonce"].strip('"'), fields["realm"].strip('"')

    def authorization(password: str) -> str:
        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()

        proof = md5(f"{md5(f'viewer:{realm}:{password}')}:{nonce}:{md5(f'DESCRIBE:{url}')}")
        return (
            f'Digest username="viewer", realm="{realm}", nonce="{nonce}", uri="{url}", '
            f'response="{proof}"'
        )

    wrong = await client.ask("DESCRIBE", url, authorization=authorization("guess"))
    right = await client.ask("DESCRIBE", url, authorization=authorization("s3cret: word"))
    assert (wrong[0], right[0]) == (401, 200)
    with_password = url.replace("rtsp://", "rtsp://viewer:s3cret%3A%20word@")
    assert len(await watch(with_password, 3)) == 3
    with pytest.raises(av.error.HTTPUnauthorizedError):
        await watch(url, 3)


async def test_a_client_that_does_not_read_costs_bounded_memory(farm: Farm, connect) -> None:
    slow = await connect(farm)
    await slow.play(farm.rtsp_url("cam-001"))
    slow.writer.transport.pause_reading()
    camera = farm.camera("cam-001")
    dropped = viewers.DROPPED._value.get()
    waiting = []
    due = camera.next_at
    for _ in range(50_000):  # more than an hour of pictures in one go
        due += camera.tick(due, due)
        waiting.append(_waiting(farm))
    assert viewers.DROPPED._value.get() - dropped > 1000
    assert viewers.MAX_WAITING_BYTES < max(waiting) < 1.1 * viewers.MAX_WAITING_BYTES
    slow.writer.transport.resume_reading()
    # Once it reads again it gets what was waiting, and after that whole groups only.
    late = []
    while camera.viewers and len(late) < 400:
        channel, packet = await slow.packet()
        if channel == 0:
            late.append(packet)
        if len(late) % 50 == 0:
            due += camera.tick(due, due)
    gaps = [
        after
        for before, after in zip(late, late[1:], strict=False)
        if (_sequence(after) - _sequence(before)) & 0xFFFF != 1
    ]
    assert all(packet[12] & 0x1F == 24 for packet in gaps)


def _sequence(packet: bytes) -> int:
    return int.from_bytes(packet[2:4], "big")


def _waiting(farm: Farm) -> int:
    (session,) = (s for c in farm.rtsp._connections for s in c.sessions)
    return session.viewer._transport.get_write_buffer_size()


async def test_a_silent_client_is_closed_and_a_keep_alive_keeps_it(make_farm, connect) -> None:
    farm = await make_farm(session_timeout_s=0.4)
    silent, alive = await connect(farm), await connect(farm)
    await silent.play(farm.rtsp_url("cam-001"))
    headers = await alive.play(farm.rtsp_url("cam-001"))
    for _ in range(8):
        await asyncio.sleep(0.1)
        answer = await alive.ask(
            "GET_PARAMETER", farm.rtsp_url("cam-001"), session=headers["session"]
        )
        assert answer[0] == 200
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        while True:
            await silent.packet()


async def test_teardown_stops_the_packets(farm: Farm, connect) -> None:
    client = await connect(farm)
    url = farm.rtsp_url("cam-001")
    headers = await client.play(url)
    assert farm.camera("cam-001").viewers == 1
    assert (await client.ask("TEARDOWN", url, session=headers["session"]))[0] == 200
    assert farm.camera("cam-001").viewers == 0
    assert (await client.ask("PLAY", url, session=headers["session"]))[0] == 454


async def test_a_broken_clip_takes_out_only_its_own_camera(
    make_farm, connect, watch, clips_dir: Path, tmp_path: Path
) -> None:
    for name in ("hole.mp4", "hole.gt.json"):
        (tmp_path / name).write_bytes((clips_dir / name).read_bytes())
    (tmp_path / "broken.mp4").write_bytes(b"not a clip" * 100)
    programme = tmp_path / "p.yaml"
    programme.write_text(
        "cameras:\n- {id: cam-001, clip: broken}\n- {id: cam-002, clip: absent}\n"
        "- {id: cam-003, clip: hole}\n"
    )
    farm = await make_farm(clips_dir=tmp_path, programme=programme)
    assert "broken.mp4" in farm.county.failed["cam-001"]
    assert "absent.mp4" in farm.county.failed["cam-002"]
    client = await connect(farm)
    assert (await client.ask("DESCRIBE", farm.rtsp_url("cam-001")))[0] == 503
    assert len(await watch(farm.rtsp_url("cam-003"), 3)) == 3
    programme.write_text("cameras: [{id: cam-001, clip: broken}]")
    with pytest.raises(CorruptMedia, match=r"broken\.mp4"):
        await make_farm(clips_dir=tmp_path, programme=programme)


@pytest.mark.parametrize("key", ["rtsp_port", "control_port", "onvif_port"])
async def test_a_taken_port_is_named(make_farm, key: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=str(port)) as caught:
            await make_farm(**{key: port})
    assert caught.value.key == key


async def test_a_clean_stop_leaves_no_tasks_and_no_sockets(make_farm, connect, watch) -> None:
    before = {task for task in asyncio.all_tasks()}
    farm = await make_farm(copies=20)
    clients = [await connect(farm) for _ in range(20)]
    for index, client in enumerate(clients):
        await client.play(farm.rtsp_url(f"bench-{index + 1:04d}"))
    await watch(farm.rtsp_url("cam-001"), 3, "udp")
    farm.schedule.start()
    ports = farm.rtsp.port, farm.control_port, farm.onvif_port
    async with asyncio.timeout(5):
        await farm.stop()
    assert farm.rtsp.connections == 0
    left = asyncio.all_tasks() - before
    assert not left
    for port in ports:
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", port)) != 0
