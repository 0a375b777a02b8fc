"""Webhooks to a real receiver that fails, is slow, is away and comes back; real Kafka."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, web
from sqlalchemy import insert
from standardwebhooks import Webhook as Signer

from streams.webhook_mail import Mailer, OutsideResolver, Refused
from streams.webhooks import WebhookLoop
from tests.conftest import free_port
from tests.kit import county
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.messages import CaseMessage, PlaceModel
from yitong_command.bus.producer import Producer
from yitong_command.bus.topics import CASES
from yitong_command.domain.webhook import Wanted
from yitong_command.settings.environment import CHECKOUT, Settings, load_settings
from yitong_command.storage import tables as t
from yitong_command.storage import webhooks
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import Sessions, make_engine, make_sessions, transaction
from yitong_command.web.webhooks.service import make

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]
EXAMPLES = CHECKOUT / "streams/examples/webhooks"
WITNESS = ("admin", "admin")


@dataclass
class Receiver:
    """A receiver whose mood a test sets; keeps what came, in order."""

    port: int = field(default_factory=free_port)
    secret: str = ""
    mood: str = "well"
    came: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    tries: int = 0
    runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def take(self, request: web.Request) -> web.Response:
        self.tries += 1
        body = await request.read()
        if self.mood == "failing":
            return web.Response(status=500, text="out of order")
        if self.mood == "slow":
            await asyncio.sleep(3)
        if self.mood == "elsewhere":
            return web.Response(status=307, headers={"Location": "/other"})
        if self.mood == "gone":
            return web.Response(status=410)
        message = Signer(self.secret).verify(body, dict(request.headers))
        self.came.append((request.headers["webhook-id"], message))
        # It took it and forgets to say so: the same comes again.
        return web.Response(status=503 if self.mood == "forgetful" else 204)

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/{any}", self.take)
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        if self.runner is not None:
            await self.runner.cleanup()
            self.runner = None

    def versions(self) -> dict[str, list[int]]:
        """What came first of every change, by case, in order."""
        found: dict[str, list[int]] = defaultdict(list)
        seen: set[str] = set()
        for number, message in self.came:
            if number not in seen:
                seen.add(number)
                found[message["data"]["case_id"]].append(message["data"]["version"])
        return dict(found)


@dataclass
class Site:
    """An installation: database, topics, and a receiver that subscribed."""

    settings: Settings
    sessions: Sessions
    producer: Producer
    receiver: Receiver
    webhook_id: str = ""
    sent: list[str] = field(default_factory=list)

    async def subscribe(self, wanted: Wanted | None = None) -> None:
        async with transaction(self.sessions) as session:
            hook, self.receiver.secret = await make(
                session, self.settings, county().taxonomy, "test", self.receiver.url,
                wanted or Wanted(kinds=("case",)), WITNESS,
                datetime.now(UTC) - timedelta(minutes=5),
            )  # fmt: skip
        self.webhook_id = hook.webhook_id

    async def cases(
        self, count: int, category: str = "ar_manhole", sub: str = "damaged"
    ) -> list[str]:
        numbers = [f"YT-{uuid4().hex[:10]}" for _ in range(count)]
        async with transaction(self.sessions) as session:
            await session.execute(insert(t.cases), [case_row(n, category, sub) for n in numbers])
        return numbers

    async def change(self, case_ids: list[str], versions: range) -> None:
        batch = [
            (CASES, message(case_id, version), datetime.now(UTC))
            for version in versions
            for case_id in case_ids
        ]
        await self.producer.send_all(batch)

    async def hook(self) -> webhooks.Webhook:
        async with transaction(self.sessions) as session:
            return await webhooks.find(session, self.webhook_id)

    @contextlib.asynccontextmanager
    async def sending(self, **more: Any) -> AsyncIterator[WebhookLoop]:
        loop = WebhookLoop(
            self.settings, self.sessions, self.sessions, Mailer(private=True, timeout_s=1.0),
            pace=0.02, **more,
        )  # fmt: skip
        task = asyncio.create_task(loop.run())
        try:
            yield loop
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def case_row(case_id: str, category: str, subtype: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "case_id": case_id, "version": 1, "state": "dispatched", "category": category,
        "subtype": subtype, "severity": 2, "title_zh": "某某", "title_en": "x", "place_zh": "某处",
        "place_en": "x", "lon": 125.3, "lat": 43.34, "crs": "CGCS2000", "cell": "1:1",
        "grid_code": "22032300100101", "subject": case_id, "source": "partner",
        "reported_at": now, "began_at": now, "last_seen_at": now, "updated_at": now,
        "condition": "open", "incident_count": 1,
    }  # fmt: skip


def message(case_id: str, version: int) -> CaseMessage:
    return CaseMessage(
        change_id=uuid4(), case_id=case_id, version=version, state="dispatched",
        previous_state="filed", category="ar_manhole.damaged", severity=2, title_zh="某某的井盖",
        title_en="a cover", grid_code="22032300100101", place=PlaceModel(lon=125.3, lat=43.34),
        holder="worker1", due_at=None, changed_at=datetime.now(UTC), changed_by="desk",
    )  # fmt: skip


@pytest.fixture
async def site(kafka: str, tmp_path: Path) -> AsyncIterator[Site]:
    settings = load_settings(
        {
            "YITONG_KAFKA": kafka, "YITONG_DATA": str(tmp_path), "YITONG_WEBHOOK_PRIVATE": "allow",
            "YITONG_TOPIC_PREFIX": f"t{uuid4().hex[:8]}", "YITONG_CONFIG": str(CHECKOUT / "config"),
        }
    )  # fmt: skip
    await asyncio.to_thread(upgrade, settings.database_url)
    await ensure_topics(kafka, settings.topic_prefix, 1)
    engine = make_engine(settings.database_url)
    producer = Producer(kafka, settings.topic_prefix, "/test")
    receiver = Receiver()
    await receiver.start()
    yield Site(settings, make_sessions(engine), producer, receiver)
    await receiver.stop()
    await producer.close()
    await engine.dispose()


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 40) -> None:
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.05)


async def test_every_change_arrives_in_order_whatever_the_receiver_does(site: Site) -> None:
    await site.subscribe()
    numbers = await site.cases(4)
    receiver = site.receiver
    async with site.sending():
        await site.change(numbers, range(1, 4))
        await until(lambda: len(receiver.came) >= 12)
        for begin, mood in ((4, "failing"), (6, "slow"), (8, "forgetful"), (10, "elsewhere")):
            receiver.mood, before = mood, receiver.tries
            await site.change(numbers, range(begin, begin + 2))
            await until(lambda before=before: receiver.tries >= before + 4)  # type: ignore[misc]
        receiver.mood = "well"
        await until(lambda: sum(map(len, receiver.versions().values())) >= 44)
        await receiver.stop()
        await site.change(numbers, range(12, 14))
        await until(lambda: failing(site))
    # The worker ends, another begins: what waited is still there.
    await receiver.start()
    async with site.sending():
        await until(lambda: sum(map(len, receiver.versions().values())) >= 52)
        await until(lambda: settled(site))
    assert receiver.versions() == {number: list(range(1, 14)) for number in numbers}
    assert len(receiver.came) > 52, "the forgetful receiver got some twice, under the same number"
    assert {len(number) for number, _ in receiver.came} == {36}


async def failing(site: Site) -> bool:
    return bool((await site.hook()).problem)


async def settled(site: Site) -> bool:
    return (await site.hook()).waiting == 0


async def test_a_record_that_came_twice_is_told_once(site: Site) -> None:
    await site.subscribe()
    (number,) = await site.cases(1)
    once = message(number, 1)
    now = datetime.now(UTC)
    await site.producer.send_all(
        [(CASES, once, now), (CASES, once, now), (CASES, message(number, 2), now)]
    )
    async with site.sending():
        await until(lambda: len(site.receiver.came) >= 2)
        await until(lambda: settled(site))
    assert [item["data"]["version"] for _, item in site.receiver.came] == [1, 2]


async def test_a_replay_brings_the_same_numbers_again_in_order(site: Site) -> None:
    await site.subscribe()
    numbers = await site.cases(3)
    since = datetime.now(UTC) - timedelta(minutes=1)
    async with site.sending():
        await site.change(numbers, range(1, 6))
        await until(lambda: len(site.receiver.came) == 15)
        first, site.receiver.came = site.receiver.came, []
        async with transaction(site.sessions) as session:
            await webhooks.ask_replay(session, site.webhook_id, since)
        await until(lambda: len(site.receiver.came) == 15)
        await until(lambda: settled(site))
    assert {number for number, _ in first} == {number for number, _ in site.receiver.came}
    assert site.receiver.versions() == {number: [1, 2, 3, 4, 5] for number in numbers}


async def test_who_is_away_too_long_is_dead_until_a_replay(site: Site) -> None:
    await site.subscribe()
    (number,) = await site.cases(1)
    site.receiver.mood = "failing"
    await site.change([number], range(1, 3))
    async with site.sending(dead_after=timedelta(seconds=1)):
        await until(lambda: is_dead(site))
        assert (await site.hook()).reason_en == "could not be reached for days"
        tried = site.receiver.tries
        await asyncio.sleep(0.6)
        assert site.receiver.tries == tried
    site.receiver.mood = "well"
    async with site.sending():
        async with transaction(site.sessions) as session:
            since = datetime.now(UTC) - timedelta(minutes=2)
            await webhooks.ask_replay(session, site.webhook_id, since)
        await until(lambda: site.receiver.versions().get(number) == [1, 2])
        site.receiver.mood = "gone"
        await site.change([number], range(3, 4))
        await until(lambda: is_dead(site))
    assert "410" in (await site.hook()).reason_en


async def is_dead(site: Site) -> bool:
    return (await site.hook()).state == webhooks.DEAD


async def test_of_protected_people_only_that_there_is_a_case_and_only_if_asked(site: Site) -> None:
    other = Receiver()
    await other.start()
    await site.subscribe(Wanted(kinds=("case",), categories=("key_population",)))
    asked, site.receiver = site.receiver, other
    await site.subscribe()
    (secret,) = await site.cases(1, "kp_elder_alone", "pendant_call")
    (plain,) = await site.cases(1)
    async with site.sending():
        await site.change([secret, plain], range(1, 2))
        await until(lambda: bool(asked.came and other.came))
    await other.stop()
    assert set(asked.versions()) == {secret}
    assert set(other.versions()) == {plain}
    data = asked.came[0][1]["data"]
    assert set(data) == {
        "case_id", "change_id", "version", "state", "severity", "changed_at", "category",
    }  # fmt: skip
    assert data["category"] == "key_population"


async def test_a_private_address_is_never_reached() -> None:
    """Neither as an address, however it is written, nor by a name that leads there."""
    receiver = Receiver()
    await receiver.start()
    mailer, now = Mailer(private=False, timeout_s=2.0), datetime.now(UTC)
    secret = "whsec_" + "QUFB" * 8
    try:
        for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "[::1]",
                     "[::ffff:127.0.0.1]", "10.1.2.3", "169.254.169.254"):  # fmt: skip
            url = f"https://{host}:{receiver.port}/hook"
            status, problem = await mailer.send(url, secret, "n", {}, now)
            assert (status, bool(problem)) == (0, True), host
        with pytest.raises(Refused, match="private network"):
            await OutsideResolver().resolve("0x7f.0.0.1", receiver.port)
        assert receiver.tries == 0
    finally:
        await mailer.close()
        await receiver.stop()


@pytest.mark.parametrize("program", ["receiver.py", "receiver.mjs"])
async def test_the_examples_take_what_is_ours_and_nothing_else(program: str) -> None:
    command = sys.executable if program.endswith(".py") else node()
    port, secret = free_port(), "whsec_" + "QUFB" * 8
    process = await asyncio.create_subprocess_exec(
        command, str(EXAMPLES / program), secret, str(port), stdout=subprocess.PIPE
    )
    try:
        url, now = f"http://127.0.0.1:{port}/", datetime.now(UTC)
        await until(lambda: listening(port))
        mailer = Mailer(private=True, timeout_s=5.0)
        body = {"type": "case.changed", "timestamp": now.isoformat(), "data": {"place": "某处"}}
        assert (await mailer.send(url, secret, "msg-1", body, now))[0] == 204
        assert (await mailer.send(url, secret, "msg-1", body, now))[0] == 204
        other = "whsec_" + "QkJC" * 8
        assert (await mailer.send(url, other, "msg-2", body, now))[0] == 400
        old = now - timedelta(minutes=10)
        assert (await mailer.send(url, secret, "msg-3", body, old))[0] == 400
        assert (await mailer.send(url, secret, "msg-4", body, now))[0] == 204
        await mailer.close()
        async with ClientSession() as session, session.post(url, data=b"{}") as bare:
            assert bare.status == 400
    finally:
        process.send_signal(signal.SIGKILL)
        out, _ = await process.communicate()
    lines = [json.loads(line) for line in out.decode().splitlines()]
    assert [line["id"] for line in lines] == ["msg-1", "msg-4"]
    assert lines[0]["data"] == {"place": "某处"}


async def listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def node() -> str:
    found = shutil.which("node", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if found is None:
        pytest.skip("no Node.js on this machine")
    return found
