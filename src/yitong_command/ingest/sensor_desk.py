"""From devices' messages to incidents, states and faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from yitong_command.bus.messages import DeadLetter
from yitong_command.bus.topics import DEAD_LETTERS, SENSOR_FAULTS, SENSOR_STATES
from yitong_command.domain.incident import Change
from yitong_command.domain.observation import Tick
from yitong_command.domain.sensor import FaultWord, Said, Sensor, SensorState
from yitong_command.errors import BadMessage
from yitong_command.ingest import sensor_metrics as metrics
from yitong_command.ingest.health import Health
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.sensor_letters import Letters
from yitong_command.ingest.sensor_memory import MemoryFile, SensorMemory
from yitong_command.ingest.sensor_words import fault_of, incident_of, state_of
from yitong_command.rules import sensors as rules
from yitong_command.rules.sensor_gate import Verdict, admit
from yitong_command.rules.sensor_health import Link, Standing, faults_of, link_fault, standing
from yitong_command.settings.sensors import SensorBook
from yitong_command.sources.mqtt import Arrived
from yitong_command.sources.mqtt_payload import said as read

log = structlog.get_logger()

TELL_EVERY = timedelta(seconds=30)
NEW_VALUE_EVERY = timedelta(seconds=5)
MOST_WAITING = 20_000
NO_LONGER = ("不再监测", "no longer watched")


class SensorDesk:
    """Judges messages of all sensors.

    Args:
        book: The registry.
        file: What is remembered.
        reporter: Incidents through the spool, states and faults newest first.
        worker: Name of this process.
        health: Told how the link is.
        now: Reads the time; never goes back.
    """

    def __init__(
        self,
        book: SensorBook,
        file: MemoryFile,
        reporter: Reporter,
        worker: str,
        health: Health,
        now: Callable[[], datetime],
    ) -> None:
        self._book = book
        self._file = file
        self._reporter = reporter
        self._worker = worker
        self._health = health
        self._now = now
        self._link = Link(now(), up=False, detail="尚未连接 / not connected yet")
        self._link_fault: datetime | None = None
        self._letters = Letters(self._send_letter)
        self._told: dict[str, tuple[datetime, datetime | None]] = {}
        self._by_topic: dict[str, list[Sensor]] = {}
        for sensor in book.sensors.values():
            self._by_topic.setdefault(sensor.topic, []).append(sensor)
        self._memories = {name: SensorMemory() for name in book.sensors}
        self._gone: dict[str, SensorMemory] = {}

    def recall(self, known: dict[str, SensorMemory], link_fault_since: datetime | None) -> None:
        """Go on from what was remembered; what is no longer watched is cleared by :meth:`retire`.

        Args:
            known: By sensor.
            link_fault_since: Since when the link's fault lasts that was told, or None.
        """
        self._link_fault = link_fault_since
        for name, memory in known.items():
            if name in self._memories:
                self._memories[name] = memory
            else:
                self._gone[name] = memory

    async def retire(self) -> None:
        """Clear what is open of sensors and levels that the registry no longer has.

        Faults that last are told again, with the same ids: they may not have been sent.
        """
        at = self._now()
        for name, memory in [*self._memories.items(), *self._gone.items()]:
            sensor = self._book.sensors.get(name)
            levels = {level.level_id for level in sensor.levels} if sensor else set()
            for level_id in [key for key in memory.open if key not in levels]:
                incident = memory.open.pop(level_id)
                zh, en = NO_LONGER
                ended = replace(
                    incident, change=Change.CLEARED, changed_at=at, reason_zh=zh, reason_en=en
                )
                await self._reporter.report(ended)
        for name, memory in [*self._memories.items(), *self._gone.items()]:
            for word, began_at in memory.faults.items():
                over = at if name in self._gone else None
                self._say_fault(
                    word, (name,), began_at, over, ("", "") if over is None else NO_LONGER
                )
        self._gone.clear()
        for name, memory in self._memories.items():
            self._file.note(name, memory)
        self._file.keep_only(self._memories)

    def link(self, up: bool, detail: str) -> None:
        """The MQTT broker was connected, or lost; a lost one is lost since the first failure."""
        if up != self._link.up:
            self._link = Link(self._now(), up, detail)
        elif not up:
            self._link = replace(self._link, detail=detail)
        metrics.LINK.set(up)
        words = f"传感器消息代理连不上 / no MQTT broker: {detail}"
        self._health.say("mqtt", up, "" if up else words)

    async def take(self, arrived: Arrived) -> None:
        """Judge one message; whatever is in it, it ends here."""
        at = self._now()
        owners = self._by_topic.get(arrived.topic)
        if not owners:
            words = "未登记的设备 / this topic is not in the registry (sensors.yaml)"
            self._letters.bury(arrived, "unknown_device", f"topic: {words}", at)
            return
        mine = 0
        for sensor in owners:
            try:
                found = read(sensor.payload, arrived.payload)
            except BadMessage as exc:
                self._letters.bury(arrived, "bad_payload", f"{sensor.sensor_id}: {exc}", at)
                mine += 1
                continue
            if found is not None:
                mine += 1
                await self._hear(sensor, found, arrived, at)
        if not mine:
            path = owners[0].payload.device_at
            words = f"{path}: 未登记的设备 / no such device in the registry (sensors.yaml)"
            self._letters.bury(arrived, "unknown_device", words, at)

    async def _hear(self, sensor: Sensor, found: Said, arrived: Arrived, at: datetime) -> None:
        if arrived.retained and (found.at is None or at - found.at > sensor.silent_after):
            metrics.MESSAGES.labels("retained").inc()  # how old it is nobody knows
            return
        for doubt in found.doubts:
            self._letters.bury(arrived, "doubtful_field", f"{sensor.sensor_id}: {doubt}", at)
        memory = self._memories[sensor.sensor_id]
        gate, verdict, reading = admit(memory.rules.gate, found, at, sensor)
        memory.rules = replace(memory.rules, gate=gate)
        metrics.MESSAGES.labels(verdict.value).inc()
        if verdict is Verdict.GARBAGE:
            low, high = sensor.valid
            path = sensor.payload.value or "value"
            words = f"{path}: 超出量程 / {found.value} is outside {low:g}..{high:g} {sensor.unit}"
            self._letters.bury(arrived, "garbage", f"{sensor.sensor_id}: {words.strip()}", at)
        if reading is not None:
            late = verdict is Verdict.LATE
            memory.rules, told = rules.take(memory.rules, reading, sensor, late=late)
            await self._report(sensor, memory, told)
        self._look(sensor, memory, at)
        self._file.note(sensor.sensor_id, memory)

    async def tick(self) -> None:
        """Time went by: hold times, silence, states; to be called about once a second."""
        at = self._now()
        self._look_at_link(at)
        counts: Counter[SensorState] = Counter()
        for sensor in self._book.sensors.values():
            memory = self._memories[sensor.sensor_id]
            known = memory.rules
            memory.rules, told = rules.take(known, Tick(at), sensor)
            await self._report(sensor, memory, told)
            if self._look(sensor, memory, at) or memory.rules is not known:
                self._file.note(sensor.sensor_id, memory)
            counts[memory.state] += 1
        for state in SensorState:
            metrics.STATES.labels(state.value).set(counts[state])
        words = ", ".join(f"{state.value} {number}" for state, number in sorted(counts.items()))
        self._health.say("sensors", True, words)

    def states(self) -> dict[str, SensorState]:
        """The state of every sensor."""
        return {name: memory.state for name, memory in self._memories.items()}

    async def _report(
        self, sensor: Sensor, memory: SensorMemory, told: Iterable[rules.Told]
    ) -> None:
        for level, change in told:
            incident = incident_of(sensor, level, change)
            await self._reporter.report(incident)
            metrics.INCIDENTS.labels(incident.kind.value, change.change.value).inc()
            if change.change is Change.CLEARED:
                memory.open.pop(level.level_id, None)
            else:
                memory.open[level.level_id] = incident

    def _look(self, sensor: Sensor, memory: SensorMemory, at: datetime) -> bool:
        """Say how a sensor is if that changed, or was not said for a while; True if it changed."""
        known = memory.rules
        silent_since = memory.faults.get(FaultWord.SILENT)
        faults = faults_of(known.gate, sensor, self._link, at, silent_since)
        alarm = None
        for level, began_at in rules.open_levels(known, sensor, at):
            opened = memory.open.get(level.level_id)
            words = (level.name_zh, level.name_en)
            alarm = (began_at, (opened.reason_zh, opened.reason_en) if opened else words)
        now = standing(known.gate, sensor, faults, alarm, at)
        changed = now.state is not memory.state or memory.since is None
        if changed or (now.since is not None and now.since != memory.since):
            memory.state, memory.since = now.state, now.since or at
            changed = True
        changed = self._tell_faults(sensor, memory, now, at) or changed
        if changed or self._due(sensor, memory, at):
            message = state_of(sensor, memory, now, at, self._worker)
            self._reporter.newest(SENSOR_STATES, sensor.sensor_id, message, at)
            last = memory.rules.last
            self._told[sensor.sensor_id] = (at, last.at if last else None)
        return changed

    def _due(self, sensor: Sensor, memory: SensorMemory, at: datetime) -> bool:
        said_at, value_at = self._told.get(sensor.sensor_id, (None, None))
        if said_at is None or at - said_at >= TELL_EVERY:
            return True
        last = memory.rules.last
        return last is not None and last.at != value_at and at - said_at >= NEW_VALUE_EVERY

    def _tell_faults(
        self, sensor: Sensor, memory: SensorMemory, now: Standing, at: datetime
    ) -> bool:
        """Say which faults of a device are new or over; that of the link is told once for all."""
        found = {fault.word: fault for fault in now.faults if fault.word is not FaultWord.LINK}
        before = memory.faults
        for word, began_at in before.items():
            if word not in found:
                over = ("已恢复", "it is over")
                self._say_fault(word, (sensor.sensor_id,), began_at, at, over)
        for word, fault in found.items():
            if word not in before:
                self._say_fault(word, (sensor.sensor_id,), fault.since, None, fault.reason)
        memory.faults = {word: before.get(word, fault.since) for word, fault in found.items()}
        return memory.faults.keys() != before.keys()

    def _look_at_link(self, at: datetime) -> None:
        link, everybody = self._link, tuple(self._book.sensors)
        if link.up and self._link_fault is not None:
            words = ("已恢复", "it is over")
            self._say_fault(FaultWord.LINK, everybody, self._link_fault, link.since, words)
            self._link_fault = None
            self._file.note_link(None)
        fault = link_fault(link, at)
        if fault is not None and self._link_fault is None and everybody:
            self._say_fault(FaultWord.LINK, everybody, fault.since, None, fault.reason)
            self._link_fault = fault.since
            self._file.note_link(fault.since)

    def _say_fault(
        self,
        word: FaultWord,
        sensors: tuple[str, ...],
        began_at: datetime,
        ended_at: datetime | None,
        reason: tuple[str, str],
    ) -> None:
        message = fault_of(word, sensors, began_at, ended_at, reason, self._now(), self._worker)
        log.warning("sensor_fault", fault=word.value, sensors=len(sensors), first=sensors[0],
                    over=ended_at is not None, reason=reason[1])  # fmt: skip
        key = f"{message.fault_id}/{message.change_id}"
        self._reporter.newest(SENSOR_FAULTS, key, message, self._now())

    def _send_letter(self, letter: DeadLetter) -> None:
        if self._reporter.waiting >= MOST_WAITING:
            metrics.LETTERS_LEFT_OUT.inc()
            return
        key = f"{letter.source_topic}/{letter.offset}"
        self._reporter.newest(DEAD_LETTERS, key, letter, letter.at)
