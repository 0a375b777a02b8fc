"""States, blind time and faults in the database, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import datetime, timedelta

from streams.relay import message_of
from tests.kit import AT
from yitong_command.bus.fault_messages import CameraFaultMessage
from yitong_command.domain.camera import CameraState
from yitong_command.routing.outage import AGAIN, FaultKind, Seen, fold
from yitong_command.storage import camera_health, faults
from yitong_command.storage.camera_health import CameraSaid
from yitong_command.storage.outbox import waiting
from yitong_command.storage.session import Sessions, transaction

LIVE, OFF, COVERED = CameraState.LIVE, CameraState.OFF, CameraState.COVERED


def at(second: float) -> datetime:
    return AT + timedelta(seconds=second)


def said(
    state: CameraState, since: float, told: float | None = None, camera_id: str = "cam-001"
) -> CameraSaid:
    return CameraSaid(
        camera_id=camera_id, state=state, since=at(since), at=at(since if told is None else told),
        reason_zh="因", reason_en=state.value, worker="w1",
    )  # fmt: skip


async def take(sessions: Sessions, *words: CameraSaid) -> None:
    async with transaction(sessions) as session:
        await camera_health.take_states(session, words)


async def blind(sessions: Sessions) -> list[tuple[float, float | None, str]]:
    async with transaction(sessions) as session:
        found = await camera_health.blind_times(session, at(-1000), at(10_000), "cam-001")
    return [
        ((one.began_at - AT).total_seconds(),
         None if one.ended_at is None else (one.ended_at - AT).total_seconds(), one.state)
        for one in reversed(found)
    ]  # fmt: skip


async def test_blind_times_follow_the_states_in_any_order_and_twice(sessions: Sessions) -> None:
    words = [
        said(LIVE, 0), said(COVERED, 10, 12), said(COVERED, 10, 42), said(OFF, 50), said(LIVE, 70),
        said(LIVE, 70, 100),
    ]  # fmt: skip
    await take(sessions, *words)
    assert await blind(sessions) == [(10, 50, "covered"), (50, 70, "off")]
    await take(sessions, *reversed(words))
    assert await blind(sessions) == [(10, 50, "covered"), (50, 70, "off")]
    async with transaction(sessions) as session:
        [now] = await camera_health.list_states(session)
    assert (now.state, now.since, now.at, now.known_since) == (LIVE, at(70), at(100), at(0))


async def test_a_ball_camera_that_turns_is_not_blind(sessions: Sessions) -> None:
    turning = CameraSaid(
        camera_id="cam-001", state=CameraState.NOT_JUDGED, since=at(5), at=at(5), excused=True
    )
    held = CameraSaid(camera_id="cam-001", state=CameraState.NOT_JUDGED, since=at(5), at=at(20))
    await take(sessions, said(LIVE, 0), turning)
    assert await blind(sessions) == []
    await take(sessions, held)
    assert await blind(sessions) == [(5, None, "not_judged")]


async def test_a_worker_that_says_nothing_leaves_its_cameras_blind(sessions: Sessions) -> None:
    await take(sessions, said(LIVE, 0), said(LIVE, 0, 30))
    async with transaction(sessions) as session:
        assert await camera_health.note_silence(session, at(89)) == ()
        assert await camera_health.note_silence(session, at(91)) == ("cam-001",)
        assert await camera_health.note_silence(session, at(93)) == ()
    assert await blind(sessions) == [(30, None, "off")]
    await take(sessions, said(LIVE, 200))  # another worker began to watch then
    assert await blind(sessions) == [(30, 200, "off")]


async def test_a_worker_that_only_could_not_be_heard_missed_nothing(sessions: Sessions) -> None:
    await take(sessions, said(LIVE, 0), said(LIVE, 0, 30))
    async with transaction(sessions) as session:
        assert await camera_health.note_silence(session, at(120))
    await take(sessions, said(LIVE, 0, 300))
    assert await blind(sessions) == []


async def test_faults_are_kept_told_and_listed(sessions: Sessions) -> None:
    groups = {FaultKind.SWITCH: "sw-a"}

    def county(state: CameraState, second: float) -> list[Seen]:
        return [
            Seen(f"cam-{n}", state, at(second), state is not LIVE, ("因", "why"), groups)
            for n in range(3)
        ]

    for second, states in ((1, county(OFF, 0)), (60, county(LIVE, 50)), (61, county(LIVE, 50))):
        async with transaction(sessions) as session:
            known = await faults.current(session, at(second))
            await faults.save(session, fold(states, known, at(second)), at(second))
        if second == 1:
            async with transaction(sessions) as session:
                [listed] = await faults.list_faults(session, open_only=True)
            assert listed.cameras == ("cam-0", "cam-1", "cam-2")
    async with transaction(sessions) as session:
        rows = [row for row in await waiting(session, 100) if row.topic == "camera-faults"]
        assert await faults.list_faults(session, open_only=True) == ()
        [ended] = await faults.list_faults(session)
        assert await faults.current(session, at(60) + 3 * AGAIN) == ()
    assert (ended.kind, ended.name, ended.ended_at) == ("switch", "sw-a", at(50))
    messages = [message_of(row)[1] for row in rows]
    assert [type(message) for message in messages] == [CameraFaultMessage] * 2
    assert set(CameraFaultMessage.model_fields) == set(rows[0].payload or {})
    assert {row.key for row in rows} == {ended.fault_id}
