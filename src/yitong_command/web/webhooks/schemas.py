"""Webhooks on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from yitong_command.web.schemas import In, Out, Text

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.]{1,80}$")]
GridCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6,14}$")]
Kind = Literal["case", "task", "alert"]


class WantedIn(In):
    """Which changes; empty lists do not filter."""

    kinds: tuple[Kind, ...] = Field((), max_length=3)
    categories: tuple[Code, ...] = Field(
        (),
        max_length=100,
        description="codes with or without subtype; key_population must be named to be told",
    )
    grid_codes: tuple[GridCode, ...] = Field((), max_length=200)
    states: tuple[Code, ...] = Field((), max_length=40)


class WebhookIn(In):
    """A new subscription."""

    name: Text = Field(min_length=1, max_length=80, examples=["县应急平台"])
    url: Text = Field(min_length=1, max_length=2000, examples=["https://example.org/hooks/yitong"])
    wanted: WantedIn = WantedIn()


class WantedOut(Out):
    """Which changes."""

    kinds: tuple[str, ...]
    categories: tuple[str, ...]
    grid_codes: tuple[str, ...]
    states: tuple[str, ...]


class WebhookOut(Out):
    """One subscription and how it stands."""

    webhook_id: str
    name: str
    url: str
    wanted: WantedOut
    state: Literal["active", "dead"]
    reason_zh: str
    reason_en: str
    made_at: datetime
    made_by: str
    replay_from: datetime | None
    waiting: int
    oldest_at: datetime | None
    problem: str


class WebhookMade(WebhookOut):
    """A new subscription with its secret, which is told this once."""

    secret: str


class Webhooks(Out):
    """All subscriptions."""

    items: tuple[WebhookOut, ...]


class ReplayIn(In):
    """Send everything since a time again."""

    since: AwareDatetime


class Queued(Out):
    """A trial message that was put behind what waits."""

    delivery_id: int
