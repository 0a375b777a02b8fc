"""The live feed without Kafka: what screens get when they come, go, lag and come back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.bus.messages import CameraStateMessage, CaseMessage, TaskMessage
from yitong_command.bus.topics import CAMERA_STATES, CASES, TASKS, Topic
from yitong_command.bus.wire import encode
from yitong_command.domain.roles import Role
from yitong_command.web.live.cameras import CameraStates
from yitong_command.web.live.feed import FeedLimits, LiveFeed, Screen
from yitong_command.web.live.stream import Stream
from yitong_command.web.live.view import EVERYTHING, View

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
PLACE = {"lon": 125.3, "lat": 43.3}
FAST = FeedLimits(beat_s=0.05, catch_up_s=0.05, lifetime_s=5)
Record = tuple[Topic, int, bytes]


def case(number: int, holder: str | None = None) -> bytes:
    return encode(
        CaseMessage.model_validate(
            {
                "change_id": UUID(int=number), "case_id": f"YT20261123-{number:06}", "version": 1,
                "state": "reported", "previous_state": None, "category": "cp_parking.other",
                "severity": 3, "title_zh": "停车", "title_en": "parking", "grid_code": None,
                "place": PLACE, "holder": holder, "due_at": None, "changed_at": NOON,
                "changed_by": "system",
            }
        )
    )  # fmt: skip


def task(number: int, assignee: str) -> bytes:
    return encode(
        TaskMessage.model_validate(
            {
                "change_id": UUID(int=number), "task_id": f"T{number}", "case_id": "YT1",
                "state": "dispatched", "assignee": assignee, "post": "A", "severity": 3,
                "title_zh": "停车", "title_en": "parking", "due_at": None, "changed_at": NOON,
            }
        )
    )  # fmt: skip


def camera(camera_id: str, state: str, at: datetime = NOON) -> bytes:
    return encode(
        CameraStateMessage.model_validate(
            {"camera_id": camera_id, "state": state, "since": at, "at": at, "worker": "w"}
        )
    )


@dataclass
class World:
    """A feed, and the partitions of a broker that it has read."""

    limits: FeedLimits = FAST
    now: datetime = NOON
    offsets: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.feed = LiveFeed(CameraStates(), lambda: self.now, self.limits)
        for name in ("cases-0", "cases-1", "tasks-0"):
            self.feed.ring.begin(name, 0)
        self.feed.ring.begin("camera-states-0", 0, replayed=False)

    def live(self) -> World:
        self.feed.set_state("live")
        return self

    def put(self, topic: Topic, value: bytes | None, partition: int = 0) -> int:
        name = f"{topic.name}-{partition}"
        offset = self.offsets.get(name, 0)
        self.offsets[name] = offset + 1
        self.feed.take(topic, partition, offset, value, int(self.now.timestamp() * 1000))
        self.feed.wake()
        return offset


@dataclass(frozen=True)
class Event:
    name: str
    data: dict[str, object]
    event_id: str | None


def parsed(part: bytes) -> list[Event]:
    return [_event(block) for block in part.decode().split("\r\n\r\n") if block]


def _event(block: str) -> Event:
    fields = dict(line.split(": ", 1) for line in block.split("\r\n"))
    return Event(fields.get("event", ""), json.loads(fields.get("data", "{}")), fields.get("id"))


class Client:
    """A browser: keeps the last id, reads until told to stop."""

    def __init__(
        self, feed: LiveFeed, last_id: str | None = None, reader: str | None = None
    ) -> None:
        self.last_id = last_id
        self.waiting: list[Event] = []
        view = View(Role.WORKER, reader) if reader else EVERYTHING
        self.screen = Screen(view, "token", last_id)
        self.stream: AsyncIterator[bytes] = Stream(feed, self.screen).events()

    async def next(self) -> Event | None:
        if not self.waiting:
            try:
                async with asyncio.timeout(2):
                    self.waiting = parsed(await anext(self.stream))
            except StopAsyncIteration:
                return None
        event = self.waiting.pop(0)
        if event.event_id is not None:
            self.last_id = event.event_id
        return event

    async def until_quiet(self) -> list[Event]:
        """All events up to the position of a quiet feed, without ``hello`` and ``status``."""
        found = []
        while True:
            waiting = asyncio.ensure_future(self.next())
            done, _ = await asyncio.wait([waiting], timeout=0.02)
            if not done:
                waiting.cancel()
                await asyncio.wait([waiting])
                return found
            event = waiting.result()
            if event is None:
                return found
            if event.name not in ("hello", "status", ""):
                found.append(event)


def numbers(events: list[Event]) -> list[str]:
    return [str(event.data.get("change_id", event.data.get("camera_id"))) for event in events]


async def test_a_new_screen_is_greeted_and_gets_only_what_is_new() -> None:
    world = World().live()
    world.put(CASES, case(1))
    client = Client(world.feed)
    hello = await client.next()
    assert hello is not None
    assert (hello.name, hello.data["resumed"]) == ("hello", False)
    assert hello.event_id == "camera-states-0:-1,cases-0:0,cases-1:-1,tasks-0:-1"
    world.put(CASES, case(2))
    assert numbers(await client.until_quiet()) == [str(UUID(int=2))]


async def test_a_screen_that_comes_before_the_feed_is_filled_waits_and_is_told() -> None:
    world = World()
    client = Client(world.feed)
    first = await client.next()
    assert first is not None
    assert (first.name, first.data["state"]) == ("status", "starting")
    world.feed.set_state("broker_down")
    second = await client.next()
    assert second is not None
    assert second.data["state"] == "broker_down"
    world.live()
    third = await client.next()
    assert third is not None
    assert third.name == "hello"


@given(
    st.lists(st.tuples(st.sampled_from([0, 1]), st.booleans(), st.booleans()), max_size=40),
    st.randoms(use_true_random=False),
)
def test_whatever_the_breaks_and_restarts_nothing_is_missed_or_doubled(steps, random) -> None:  # type: ignore[no-untyped-def]
    """Each step writes one message; then the line may break and the process may be new."""
    seen_breaks.append(sum(1 for _, breaks, _ in steps if breaks))

    async def run() -> None:
        world, log, got = World().live(), [], []
        client = Client(world.feed)
        await client.next()
        for number, (partition, breaks, restarts) in enumerate(steps):
            log.append((partition, world.put(CASES, case(number), partition), number))
            if not breaks:
                continue
            for _ in range(random.randint(0, 3)):
                event = await asyncio.wait_for(_message_or_none(client), 2)
                if event is not None:
                    got.append(event)
            if restarts:
                world = _restarted(world, log, random)
            client = Client(world.feed, client.last_id)
        got += await client.until_quiet()
        assert sorted(numbers(got)) == sorted(str(UUID(int=n)) for _, _, n in log)
        for partition in (0, 1):
            wanted = [str(UUID(int=n)) for p, _, n in log if p == partition]
            assert [n for n in numbers(got) if n in wanted] == wanted

    asyncio.run(run())


seen_breaks: list[int] = []


def test_the_property_above_did_break_lines() -> None:
    assert sum(seen_breaks) > 100


async def _message_or_none(client: Client) -> Event | None:
    """The next message that is already there."""
    while True:
        waiting = asyncio.ensure_future(client.next())
        done, _ = await asyncio.wait([waiting], timeout=0.005)
        if not done:
            waiting.cancel()
            await asyncio.wait([waiting])
            return None
        event = waiting.result()
        if event is None or event.name == "case":
            return event


def _restarted(world: World, log: list[tuple[int, int, int]], random) -> World:  # type: ignore[no-untyped-def]
    """A new process that reads the same partitions in another interleaving."""
    fresh = World()
    queues = {p: [n for q, _, n in log if q == p] for p in (0, 1)}
    while any(queues.values()):
        partition = random.choice([p for p, queue in queues.items() if queue])
        fresh.put(CASES, case(queues[partition].pop(0)), partition)
    return fresh.live()


async def test_a_position_that_is_too_old_is_reset_and_goes_on_from_now() -> None:
    world = World(FeedLimits(ring=10, beat_s=0.05)).live()
    client = Client(world.feed)
    await client.next()
    for number in range(30):
        world.put(CASES, case(number))
    again = Client(world.feed, client.last_id)
    reset = await again.next()
    assert reset is not None
    assert (reset.name, reset.data["reason"]) == ("reset", "too_old")
    world.put(CASES, case(99))
    assert numbers(await again.until_quiet()) == [str(UUID(int=99))]


@pytest.mark.parametrize(
    ("last_id", "reason"),
    [("nonsense", "unknown_position"), ("elsewhere-0:3", "ahead"), ("cases-0:999", "ahead")],
)
async def test_a_position_of_another_world_is_reset(last_id: str, reason: str) -> None:
    world = World().live()
    world.put(CASES, case(1))
    event = await Client(world.feed, last_id).next()
    assert event is not None
    assert (event.name, event.data["reason"]) == ("reset", reason)


async def test_a_process_that_is_a_little_behind_another_one_catches_up() -> None:
    world = World(FeedLimits(catch_up_s=2, beat_s=0.05)).live()
    client = Client(world.feed, "camera-states-0:-1,cases-0:0,cases-1:-1,tasks-0:-1")
    first = asyncio.ensure_future(client.next())
    await asyncio.sleep(0.02)
    world.put(CASES, case(1))
    event = await first
    assert event is not None
    assert (event.name, event.data["resumed"]) == ("hello", True)
    world.put(CASES, case(2))
    assert numbers(await client.until_quiet()) == [str(UUID(int=2))]


async def test_a_slow_screen_is_let_go_and_misses_nothing_when_it_comes_back() -> None:
    world = World(FeedLimits(ring=1000, lag=20, beat_s=0.05)).live()
    client = Client(world.feed)
    await client.next()
    world.put(CASES, case(0))
    first = await client.next()
    assert first is not None
    for number in range(1, 100):
        world.put(CASES, case(number))
    rest = await client.until_quiet()
    assert rest[-1].name == "reset"
    assert rest[-1].event_id is None
    assert await client.next() is None
    back = await Client(world.feed, client.last_id).until_quiet()
    got = [first, *rest[:-1], *back]
    assert numbers(got) == [str(UUID(int=n)) for n in range(100)]


async def test_two_screens_get_one_order() -> None:
    world = World().live()
    screens = [Client(world.feed) for _ in range(2)]
    for screen in screens:
        await screen.next()
    for number in range(50):
        world.put(CASES, case(number), number % 2)
        if number % 7 == 0:
            await asyncio.sleep(0)
    left, right = [numbers(await screen.until_quiet()) for screen in screens]
    assert left == right
    assert len(left) == 50


async def test_a_worker_gets_only_what_is_theirs() -> None:
    world = World().live()
    client = Client(world.feed, reader="worker1")
    await client.next()
    world.put(TASKS, task(1, "worker1"))
    world.put(TASKS, task(2, "worker2"))
    world.put(CASES, case(3, "worker1"))
    world.put(CASES, case(4, "desk"))
    world.put(CAMERA_STATES, camera("cam-001", "off"))
    assert numbers(await client.until_quiet()) == [str(UUID(int=1)), str(UUID(int=3))]


async def test_a_quiet_worker_is_told_the_position() -> None:
    world = World().live()
    client = Client(world.feed, reader="worker1")
    await client.next()
    world.put(CASES, case(1, "desk"))
    await asyncio.sleep(0.06)
    beat = await client.next()
    assert beat is not None
    assert beat.name == ""
    assert beat.event_id == "camera-states-0:-1,cases-0:0,cases-1:-1,tasks-0:-1"


async def test_garbage_is_skipped_and_does_not_stop_the_feed() -> None:
    world = World().live()
    client = Client(world.feed)
    await client.next()
    world.put(CASES, b"\xff not json")
    world.put(CASES, None)
    world.put(CAMERA_STATES, b"{}")
    world.put(CASES, case(1))
    events = await client.until_quiet()
    assert numbers(events) == [str(UUID(int=1))]
    assert events[0].event_id == "camera-states-0:0,cases-0:2,cases-1:-1,tasks-0:-1"


async def test_a_redelivered_message_is_shown_once() -> None:
    world = World().live()
    client = Client(world.feed)
    await client.next()
    offset = world.put(CASES, case(1))
    world.feed.take(CASES, 0, offset, case(1), 0)
    assert len(await client.until_quiet()) == 1


async def test_camera_states_are_told_by_their_newest_value_when_resuming() -> None:
    world = World().live()
    world.put(CAMERA_STATES, camera("cam-001", "live"))
    client = Client(world.feed)
    await client.next()
    for state in ("frozen", "off", "covered"):
        world.put(CAMERA_STATES, camera("cam-001", state))
    world.put(CASES, case(1))
    events = await Client(world.feed, client.last_id).until_quiet()
    assert [event.name for event in events] == ["camera", "case"]
    assert events[0].data["state"] == "covered"
    assert events[1].event_id == "camera-states-0:3,cases-0:0,cases-1:-1,tasks-0:-1"


async def test_a_camera_that_fell_silent_is_shown_as_off() -> None:
    world = World().live()
    world.put(CAMERA_STATES, camera("cam-001", "live"))
    client = Client(world.feed)
    await client.next()
    world.now = NOON + timedelta(minutes=3)
    world.feed.look_for_silence()
    (event,) = await client.until_quiet()
    assert (event.name, event.data["state"]) == ("camera", "off")


@pytest.mark.parametrize("how", ["signed_out", "lifetime", "started_over"])
async def test_a_connection_ends_with_its_reason(how: str) -> None:
    world = World(FeedLimits(lifetime_s=0.05 if how == "lifetime" else 60)).live()
    client = Client(world.feed)
    await client.next()
    if how == "signed_out":
        world.feed.end_session("token")
    if how == "started_over":
        world.feed.start_over()
    event = await client.next()
    assert event is not None
    while event.data.get("state") != "closing":
        event = await client.next()
        assert event is not None
    assert event.data == {"state": "closing", "reason": how}
    assert await client.next() is None
    assert not world.feed.screens
