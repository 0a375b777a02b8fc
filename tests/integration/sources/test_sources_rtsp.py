"""The receiver against a real RTSP server."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from yitong_command.errors import CorruptMedia, NotFound
from yitong_command.sources.decoder import KeyframeDecoder
from yitong_command.sources.file import open_media
from yitong_command.sources.keyframe import SourceState

LOGIN = ("viewer", 'p@ss: "word" 密码')


def test_keyframes_arrive_over_tcp_and_decode(farm: Any, watcher: Any) -> None:
    cameras = ["cam-001", "cam-003", "cam-004"]
    for camera_id in cameras:
        watcher.receiver.add(camera_id, farm.farm.rtsp_url(camera_id))
    decoder = KeyframeDecoder()
    for camera_id in cameras:
        keyframe = watcher.keyframe(camera_id)
        assert keyframe.camera_id == camera_id
        assert decoder.decode(keyframe).shape[2] == 3
        status = watcher.receiver.status(camera_id)
        assert status.state is SourceState.LIVE
        assert (status.reason_zh, status.damaged) == ("", 0)
        assert status.last_keyframe_at is not None


def test_keyframes_keep_coming_and_the_newest_wins(farm: Any, watcher: Any) -> None:
    watcher.receiver.add("cam-001", farm.farm.rtsp_url("cam-001"))
    first = watcher.keyframe("cam-001")
    watcher.until(lambda: watcher.receiver.status("cam-001").keyframes >= 4, "four keyframes")
    newest = watcher.receiver.take("cam-001")
    assert newest is not None
    assert newest.rtp_timestamp != first.rtp_timestamp
    assert newest.received_at == watcher.receiver.status("cam-001").last_keyframe_at
    assert watcher.receiver.take("cam-001") is None
    assert watcher.receiver.status("cam-001").dropped == 2


def test_the_session_outlives_its_timeout(farm: Any, watcher: Any) -> None:
    """The farm closes clients that are silent for 2 s."""
    watcher.receiver.add("cam-003", farm.farm.rtsp_url("cam-003"))
    watcher.keyframe("cam-003")
    since = watcher.receiver.status("cam-003").since
    watcher.until(lambda: watcher.receiver.status("cam-003").keyframes >= 5, "five keyframes")
    assert watcher.receiver.status("cam-003").since == since


def test_the_right_login_opens_the_camera(farm: Any, watcher: Any) -> None:
    watcher.receiver.add("cam-002", farm.farm.rtsp_url("cam-002"), LOGIN)
    watcher.keyframe("cam-002")


@pytest.mark.parametrize(
    ("login", "reason"),
    [(("viewer", "secret-guess"), "用户名或密码错误"), (None, "摄像机要求用户名和密码")],
)
def test_a_wrong_login_is_said_and_the_password_is_not(
    farm: Any, watcher: Any, login: Any, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    watcher.receiver.add("cam-002", farm.farm.rtsp_url("cam-002"), login)
    watcher.state("cam-002", SourceState.OFF)
    status = watcher.receiver.status("cam-002")
    assert status.reason_zh == reason
    said = capsys.readouterr()
    assert "secret-guess" not in f"{status}{said.out}{said.err}"


def test_an_address_the_camera_does_not_have(farm: Any, watcher: Any) -> None:
    watcher.receiver.add("cam-x", farm.farm.rtsp_url("no-such-camera"))
    watcher.state("cam-x", SourceState.OFF)
    assert "404" in watcher.receiver.status("cam-x").reason_en


def test_a_camera_that_drops_out_is_off_with_a_reason_and_comes_back(
    farm: Any, watcher: Any
) -> None:
    watcher.receiver.add("cam-005", farm.farm.rtsp_url("cam-005"))
    watcher.keyframe("cam-005")
    farm.fault("cam-005", "drop", 1.5)
    watcher.state("cam-005", SourceState.OFF)
    off = watcher.receiver.status("cam-005")
    assert off.reason_zh
    assert off.reason_en
    watcher.state("cam-005", SourceState.LIVE)
    live = watcher.receiver.status("cam-005")
    assert live.since > off.since
    assert live.keyframes > off.keyframes


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("refuse", "asks for a user name"), ("storm", "closed the connection")],
)
def test_a_camera_that_turns_us_away_is_off_and_comes_back(
    farm: Any, watcher: Any, fault: str, reason: str
) -> None:
    watcher.receiver.add("cam-004", farm.farm.rtsp_url("cam-004"))
    watcher.keyframe("cam-004")
    farm.fault("cam-004", fault)
    try:
        watcher.until(
            lambda: reason in watcher.receiver.status("cam-004").reason_en, f"{fault} to show"
        )
        visits = watcher.receiver.status("cam-004").keyframes
        if fault == "storm":
            watcher.until(
                lambda: watcher.receiver.status("cam-004").keyframes > visits + 1, "more calls"
            )
    finally:
        farm.fault("cam-004", "none")
    watcher.state("cam-004", SourceState.LIVE)


def test_a_slow_camera_stays_live_and_sends_no_keyframes(farm: Any, watcher: Any) -> None:
    watcher.receiver.add("cam-008", farm.farm.rtsp_url("cam-008"))
    watcher.keyframe("cam-008")
    farm.fault("cam-008", "slow")
    try:
        watcher.keyframe("cam-008")
        before = watcher.receiver.status("cam-008")
        time.sleep(2.5)
        after = watcher.receiver.status("cam-008")
    finally:
        farm.fault("cam-008", "none")
    assert after.keyframes <= before.keyframes + 1
    assert (after.state, after.since) == (SourceState.LIVE, before.since)


def test_a_frozen_camera_still_sends_but_always_the_same(farm: Any, watcher: Any) -> None:
    watcher.receiver.add("cam-006", farm.farm.rtsp_url("cam-006"))
    watcher.keyframe("cam-006")
    farm.fault("cam-006", "freeze")
    try:
        watcher.keyframe("cam-006")
        pictures = {watcher.keyframe("cam-006").annexb for _ in range(2)}
    finally:
        farm.fault("cam-006", "none")
    assert len(pictures) == 1
    assert watcher.receiver.status("cam-006").state is SourceState.LIVE


def test_corrupt_pictures_are_told_from_good_ones(farm: Any, watcher: Any) -> None:
    watcher.receiver.add("cam-007", farm.farm.rtsp_url("cam-007"))
    decoder = KeyframeDecoder()
    decoder.decode(watcher.keyframe("cam-007"))
    farm.fault("cam-007", "corrupt")
    try:
        watcher.keyframe("cam-007")
        with pytest.raises(CorruptMedia, match="cam-007"):
            decoder.decode(watcher.keyframe("cam-007"))
    finally:
        farm.fault("cam-007", "none")
    watcher.keyframe("cam-007")
    decoder.decode(watcher.keyframe("cam-007"))


def test_cameras_come_and_go(farm: Any, watcher: Any) -> None:
    receiver = watcher.receiver
    receiver.add("cam-001", farm.farm.rtsp_url("cam-001"))
    watcher.keyframe("cam-001")
    receiver.remove("cam-001")
    receiver.remove("cam-001")
    assert receiver.take("cam-001") is None
    with pytest.raises(NotFound, match="cam-001"):
        receiver.status("cam-001")
    watcher.until(lambda: not receiver._active, "the session to end")
    receiver.add("cam-001", farm.farm.rtsp_url("cam-003"))
    receiver.add("cam-001", farm.farm.rtsp_url("cam-001"))
    watcher.keyframe("cam-001")
    assert receiver.healthy
    with pytest.raises(ValueError, match="rtsp://"):
        receiver.add("cam-001", "http://127.0.0.1/")


class UdpOnly:
    """Stands before the farm and refuses RTP over TCP, as some cameras do."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run)
        self._ready = threading.Event()
        self.port = 0
        self._thread.start()
        self._ready.wait(5)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopped = asyncio.Event()
        server = await asyncio.start_server(self._client, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopped.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.05)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        farm_reader, farm_writer = await asyncio.open_connection("127.0.0.1", self._port)
        back = asyncio.create_task(self._copy(farm_reader, writer))
        try:
            while data := await reader.read(65_536):
                if b"RTP/AVP/TCP" in data:
                    cseq = data.split(b"CSeq: ")[1].split(b"\r\n")[0]
                    answer = b"RTSP/1.0 461 Unsupported Transport\r\nCSeq: " + cseq + b"\r\n\r\n"
                    writer.write(answer)
                else:
                    farm_writer.write(data)
        finally:
            back.cancel()
            farm_writer.close()
            writer.close()

    @staticmethod
    async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()


@pytest.fixture
def udp_only(farm: Any) -> Iterator[UdpOnly]:
    gate = UdpOnly(farm.farm.rtsp.port)
    yield gate
    gate.stop()


def test_keyframes_arrive_over_udp_when_tcp_is_refused(udp_only: UdpOnly, watcher: Any) -> None:
    for camera_id in ("cam-001", "cam-003"):
        watcher.receiver.add(camera_id, f"rtsp://127.0.0.1:{udp_only.port}/{camera_id}")
    decoder = KeyframeDecoder()
    for camera_id in ("cam-001", "cam-003", "cam-001", "cam-003"):
        decoder.decode(watcher.keyframe(camera_id))
    assert watcher.receiver._watch.any_udp
    assert watcher.receiver.status("cam-003").damaged == 0


def test_a_stream_can_be_read_by_the_compatible_reader_too(farm: Any) -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    pictures = open_media(farm.farm.rtsp_url("cam-001"), 0.0, at)
    first, second = next(pictures), next(pictures)
    pictures.close()  # type: ignore[attr-defined]
    assert first.captured_at == at
    assert second.captured_at > at
    assert first.pixels.shape == second.pixels.shape
