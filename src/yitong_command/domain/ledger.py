"""The ledger: captured, delivered and cased, each counted on its own, and what differs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from yitong_command.domain.clock import CHINA
from yitong_command.domain.incident import Change, Incident

GRACE = timedelta(seconds=120)
"""How long a difference may last: a worker that restarts, a rebalance, a database that is down."""


class Difference(StrEnum):
    """What is missing of a message that is known from elsewhere."""

    NOT_DELIVERED = "not_delivered"
    NOT_CASED = "not_cased"
    NOT_CAPTURED = "not_captured"


WORDS = {
    Difference.NOT_DELIVERED: ("已采集、未送达", "captured but not delivered"),
    Difference.NOT_CASED: ("已送达、未立案也不在死信中", "delivered but neither cased nor dead"),
    Difference.NOT_CAPTURED: ("已送达、无人申报采集", "delivered but captured by nobody"),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """Messages of one source and hour of which something is missing for too long.

    Attributes:
        kind: What is missing.
        source: Where they came from.
        hour: When they changed, whole hour, aware UTC.
        count: How many.
    """

    kind: Difference
    source: str
    hour: datetime
    count: int

    @property
    def alarm_id(self) -> str:
        """The same difference always has the same alarm."""
        return f"{self.source}/{self.hour:%Y-%m-%dT%H}/{self.kind.value}"

    @property
    def reason(self) -> tuple[str, str]:
        """In words, Chinese then English; hours are the county's."""
        zh, en = WORDS[self.kind]
        hour = f"{self.hour.astimezone(CHINA):%Y-%m-%d %H}:00"
        return (
            f"台账差额: 来源 {self.source}, {hour} 时段 {self.count} 条{zh}",
            f"ledger: {self.count} messages of {self.source} in the hour {hour} {en}",
        )


@dataclass(frozen=True, slots=True)
class Alarm:
    """A difference that stays, or stayed until ``ended_at``."""

    missing: Missing
    began_at: datetime
    ended_at: datetime | None = None


def message_id(incident_id: UUID, change: Change | str, state: str) -> str:
    """Names one message by what it says, so that a repetition has the same name."""
    return f"{incident_id}/{change}/{state}"


def id_of(incident: Incident) -> str:
    """The name of the message that an incident makes."""
    return message_id(incident.incident_id, incident.change.value, incident.state)


def hour_of(at: datetime) -> datetime:
    """The whole hour that a time lies in."""
    return at.replace(minute=0, second=0, microsecond=0)


def compare(
    now: Iterable[Missing], lasting: Iterable[Alarm], at: datetime
) -> tuple[tuple[Alarm, ...], tuple[Alarm, ...]]:
    """Alarms that began or changed, and those that ended.

    Args:
        now: Differences that have outlived their grace.
        lasting: Alarms that last.
        at: The time.
    """
    found = {item.alarm_id: item for item in now if item.count > 0}
    known = {alarm.missing.alarm_id: alarm for alarm in lasting}
    changed = tuple(
        Alarm(item, known[name].began_at if name in known else at)
        for name, item in found.items()
        if name not in known or known[name].missing.count != item.count
    )
    ended = tuple(
        Alarm(alarm.missing, alarm.began_at, at)
        for name, alarm in known.items()
        if name not in found
    )
    return changed, ended
