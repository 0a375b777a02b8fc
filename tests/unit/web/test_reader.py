"""The feed's reader is started again after a fault nobody thought of."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from yitong_command.web.live.cameras import CameraStates
from yitong_command.web.live.feed import LiveFeed
from yitong_command.web.live.reader import FeedReader, keep_reading


class Faulty(FeedReader):
    """Fails twice, then reads."""

    runs = 0

    async def run(self) -> None:
        self.runs += 1
        if self.runs == 1:
            raise ValueError("nobody thought of this")
        if self.runs == 2:
            raise asyncio.CancelledError
        self._feed.set_state("live")
        await asyncio.Event().wait()


async def test_a_reader_that_failed_is_started_again_and_ends_when_told() -> None:
    feed = LiveFeed(CameraStates(), lambda: datetime(2026, 11, 23, tzinfo=UTC))
    reader = Faulty(feed, "127.0.0.1:1", "t")
    keeping = asyncio.create_task(keep_reading(reader, feed, pause_s=0.01))
    async with asyncio.timeout(5):
        while feed.state != "live":
            await feed.next_change().wait()
    assert reader.runs == 3
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
