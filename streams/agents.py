"""The agents: what is done with each topic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import faust

from streams.camera_desk import CameraDesk
from streams.dead_letters import Record
from streams.desk import Desk
from streams.metrics import BEGUN
from streams.report_desk import ReportDesk
from yitong_command.bus.letters import REPLAY_HEADER
from yitong_command.bus.topics import CAMERA_STATES, INCIDENTS, REPORTS, topic_name

BATCH = 500
WITHIN_S = 0.03
STATES_WITHIN_S = 0.3


def add_agents(app: faust.App, desk: Desk, prefix: str) -> None:
    """Tell the app which topics to read and what to do with their records.

    Args:
        app: The Faust app.
        desk: Turns incidents into cases.
        prefix: Prefix of all topic names.
    """
    incidents = app.topic(
        topic_name(INCIDENTS, prefix), value_serializer="raw", key_serializer="raw", internal=False
    )

    @app.agent(incidents, name="incidents")
    async def take_incidents(stream: Any) -> None:
        # take() would acknowledge a batch even if its handling is cut off half-way.
        async for events in stream.noack_take(BATCH, within=WITHIN_S):
            BEGUN.inc()
            await desk.take(records_of(events))
            for event in events:
                await stream.ack(event)


def add_camera_agent(app: faust.App, desk: CameraDesk, prefix: str) -> None:
    """Tell the app to read the cameras' states.

    Args:
        app: The Faust app.
        desk: Keeps the states, and makes faults of them.
        prefix: Prefix of all topic names.
    """
    states = app.topic(
        topic_name(CAMERA_STATES, prefix),
        value_serializer="raw",
        key_serializer="raw",
        internal=False,
    )

    @app.agent(states, name="camera-states")
    async def take_states(stream: Any) -> None:
        async for events in stream.noack_take(BATCH, within=STATES_WITHIN_S):
            BEGUN.inc()
            await desk.take(records_of(events))
            for event in events:
                await stream.ack(event)


def add_report_agent(app: faust.App, desk: ReportDesk, prefix: str) -> None:
    """Tell the app to read what people and platforms report.

    Args:
        app: The Faust app.
        desk: Turns reports into cases.
        prefix: Prefix of all topic names.
    """
    reports = app.topic(
        topic_name(REPORTS, prefix), value_serializer="raw", key_serializer="raw", internal=False
    )

    @app.agent(reports, name="reports")
    async def take_reports(stream: Any) -> None:
        async for events in stream.noack_take(BATCH, within=WITHIN_S):
            BEGUN.inc()
            await desk.take(records_of(events))
            for event in events:
                await stream.ack(event)


def records_of(events: Sequence[Any]) -> list[Record]:
    """The records behind Faust's events."""
    return [
        Record(
            event.message.topic,
            event.message.partition,
            event.message.offset,
            event.message.key,
            event.message.value,
            _replay_of(event.message.headers),
        )
        for event in events
    ]


def _replay_of(headers: Any) -> str:
    """Which dead letter a record is a replay of, as its header says; "" for most."""
    for name, value in headers.items() if isinstance(headers, dict) else headers or ():
        if name == REPLAY_HEADER:
            return bytes(value).decode("ascii", "replace")[:40]
    return ""
