"""The address of the live feed."""

from __future__ import annotations

import asyncio
from typing import Annotated

import anyio
import structlog
from fastapi import APIRouter, Header, Query
from sse_starlette.sse import EventSourceResponse, SendTimeoutError
from starlette.types import Receive, Scope, Send

from yitong_command.domain.roles import whole_county
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.live.feed import LiveFeed, Screen
from yitong_command.web.live.stream import Stream
from yitong_command.web.live.view import View
from yitong_command.web.scope import own_cameras

log = structlog.get_logger()

router = APIRouter(tags=["live"])

SEND_TIMEOUT_S = 20.0


class FeedResponse(EventSourceResponse):
    """An event stream that ends well when the server stops, or the screen stopped reading.

    Args:
        feed: The process's feed.
        screen: Who watches.
    """

    def __init__(self, feed: LiveFeed, screen: Screen) -> None:
        self._feed = feed
        self._screen = screen
        self._stopping = anyio.Event()
        super().__init__(
            Stream(feed, screen).events(),
            ping=15,
            send_timeout=SEND_TIMEOUT_S,
            shutdown_event=self._stopping,
            shutdown_grace_period=1,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until one side ends it."""
        watching = asyncio.create_task(self._end_when_stopping())
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            log.info("feed_screen_stuck", after_s=SEND_TIMEOUT_S)
        finally:
            watching.cancel()

    async def _end_when_stopping(self) -> None:
        await self._stopping.wait()
        self._screen.ended = "stopping"
        self._feed.wake()


@router.get(
    "/api/live",
    response_class=EventSourceResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def live(
    web: WebDep,
    person: PersonDep,
    last_event_id: Annotated[str | None, Header()] = None,
    asked_from: Annotated[str | None, Query(alias="last_event_id")] = None,
) -> FeedResponse:
    """Alerts, cases, tasks, cameras and device faults as they happen.

    Events: ``alert``, ``case``, ``task``, ``camera``, ``fault`` (the wire messages), ``claim``
    (who works on a case; desks only, not replayed), ``hello``
    (connected), ``reset`` (load your lists again), ``status`` (state of the connection to Kafka,
    or why this connection ends). Reconnect with the last id to miss nothing. Workers get their
    own only; others what lies in their area.
    """
    area = person.user.grid_codes
    everywhere = whole_county(person.role, area)
    own = None if everywhere else frozenset(own_cameras(web, person))
    view = View(person.role, person.username, area, own)
    screen = Screen(
        view=view,
        token_hash=person.token_hash,
        last_id=last_event_id or asked_from or None,
    )
    return FeedResponse(web.feed, screen)
