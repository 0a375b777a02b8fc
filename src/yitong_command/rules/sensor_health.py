"""What is wrong with a sensor as a device, and what can be said of it now.

No news is no good news: a sensor that is not heard is silent, whatever it said last, and never an
alert about what it measures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from yitong_command.domain.sensor import FaultWord, Sensor, SensorState
from yitong_command.rules.sensor_gate import TOO_MANY, GateState
from yitong_command.rules.sensor_words import span

LINK_AFTER = timedelta(seconds=10)
"""A broker that is away for less is no fault."""
BLINDING = frozenset({FaultWord.SILENT, FaultWord.LINK})


@dataclass(frozen=True, slots=True)
class Link:
    """The way to the MQTT broker, and so to all sensors.

    Attributes:
        since: Since when it is up or down; for one that never was, the start.
        up: Whether it is.
        detail: Why not.
    """

    since: datetime
    up: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """Something that is wrong with a device.

    Attributes:
        word: What.
        since: Since when.
        reason: Chinese and English.
    """

    word: FaultWord
    since: datetime
    reason: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What can be said of a sensor now.

    Attributes:
        state: In one word.
        since: Since when, or None for since the last change.
        reason: Chinese and English.
        faults: What is wrong with the device.
    """

    state: SensorState
    since: datetime | None
    reason: tuple[str, str]
    faults: tuple[DeviceFault, ...]


def link_fault(link: Link, at: datetime) -> DeviceFault | None:
    """The fault of the way to all sensors, if it has been down for a while."""
    if link.up or at - link.since < LINK_AFTER:
        return None
    words = (f"传感器消息代理连不上: {link.detail}", f"no MQTT broker: {link.detail}")
    return DeviceFault(FaultWord.LINK, link.since, words)


def faults_of(
    gate: GateState,
    sensor: Sensor,
    link: Link,
    at: datetime,
    silent_since: datetime | None = None,
) -> tuple[DeviceFault, ...]:
    """Everything that is wrong with a device now.

    Args:
        gate: What is remembered of its messages.
        sensor: The sensor.
        link: The way to it: while that is down, nobody falls silent by itself.
        at: Now.
        silent_since: Since when it is known to be silent: it stays so until it is heard.
    """
    found = []
    heard_at = gate.heard_at
    if silent_since is not None and (heard_at is None or heard_at <= silent_since):
        found.append(_silent(gate, silent_since, at))
    elif link.up and at - max(heard_at or link.since, link.since) > sensor.silent_after:
        found.append(_silent(gate, heard_at or link.since, at))
    lost = link_fault(link, at)
    if lost is not None:
        found.append(lost)
    return (*found, *_own_faults(gate))


def _own_faults(gate: GateState) -> Iterator[DeviceFault]:
    """What the device itself told, or should not have."""
    if gate.battery is not None and gate.battery_since is not None:
        words = (f"电量 {gate.battery:.0f}%, 请更换电池", f"battery at {gate.battery:.0f} %")
        yield DeviceFault(FaultWord.BATTERY, gate.battery_since, words)
    if gate.garbage >= TOO_MANY and gate.garbage_since is not None:
        words = ("连续多个无效读数, 情况不明", "impossible values in a row; nothing is known")
        yield DeviceFault(FaultWord.GARBAGE, gate.garbage_since, words)
    if gate.clock_since is not None:
        off = span(timedelta(seconds=abs(gate.clock_off_s)))
        ahead = gate.clock_off_s > 0
        words = (
            f"设备时钟{'快' if ahead else '慢'} {off[0]}, 以收到时间为准",
            f"its clock is {off[1]} {'fast' if ahead else 'slow'}; the time of arrival is used",
        )
        yield DeviceFault(FaultWord.CLOCK, gate.clock_since, words)


def _silent(gate: GateState, since: datetime, at: datetime) -> DeviceFault:
    zh, en = span(at - since)
    if gate.heard_at is None:
        words = ("从未收到消息, 情况不明", "never heard of; nothing is known")
    else:
        words = (f"{zh}没有消息, 情况不明", f"no message for {en}; nothing is known")
    return DeviceFault(FaultWord.SILENT, since, words)


def standing(
    gate: GateState,
    sensor: Sensor,
    faults: tuple[DeviceFault, ...],
    alarm: tuple[datetime, tuple[str, str]] | None,
    at: datetime,
) -> Standing:
    """What can be said of a sensor.

    Args:
        gate: What is remembered of its messages.
        sensor: The sensor.
        faults: See :func:`faults_of`.
        alarm: The worst condition that is open: when it began, and its reason.
        at: Now.
    """
    blind = next((fault for fault in faults if fault.word in BLINDING), None)
    if blind is not None:
        zh, en = blind.reason
        if alarm is not None:
            zh, en = f"{zh}; 此前的告警未解除", f"{en}; its alarm before that is not over"
        return Standing(SensorState.SILENT, blind.since, (zh, en), faults)
    if gate.heard_at is None or at - gate.heard_at > sensor.silent_after:
        # After our own start, or that of the broker, each device has its time to speak up.
        words = ("等待消息, 情况不明", "not heard of yet; nothing is known")
        return Standing(SensorState.WAITING, None, words, faults)
    if alarm is not None:
        return Standing(SensorState.ALARM, alarm[0], alarm[1], faults)
    doubt = next((fault for fault in faults if fault.word is FaultWord.GARBAGE), None)
    if doubt is not None:
        return Standing(SensorState.DOUBTFUL, doubt.since, doubt.reason, faults)
    return Standing(SensorState.NORMAL, None, ("读数正常", "readings are normal"), faults)
