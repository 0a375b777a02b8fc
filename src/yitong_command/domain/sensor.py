"""Sensors, as the registry describes them, and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import SENSOR_KINDS, IncidentKind

SENSOR_SOURCE = "sensor"
CARE_SOURCE = "care_device"
"""Taxonomy slugs: what stands in public, and what a person has at home with consent."""


class SensorKind(StrEnum):
    """What a sensor measures."""

    MANHOLE_TILT = "manhole_tilt"
    MANHOLE_OPEN = "manhole_open"
    WATER_LEVEL = "water_level"
    GAS = "gas"
    SMOKE = "smoke"
    TEMPERATURE = "temperature"
    DOOR = "door"
    PENDANT = "pendant"
    WATER_METER = "water_meter"


class Watch(StrEnum):
    """How a level looks at readings: a limit, too little activity, or a call for help."""

    LIMIT = "limit"
    ACTIVITY = "activity"
    CALL = "call"


class SensorState(StrEnum):
    """What can be said of a sensor now; only ``normal`` says that nothing is wrong."""

    WAITING = "waiting"
    NORMAL = "normal"
    ALARM = "alarm"
    DOUBTFUL = "doubtful"
    SILENT = "silent"


class FaultWord(StrEnum):
    """What is wrong with a device, as against what it measures."""

    SILENT = "silent"
    LINK = "link"
    BATTERY = "battery"
    GARBAGE = "garbage"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Level:
    """One condition that a sensor can be in, with the case it makes.

    Attributes:
        level_id: Unique on its sensor.
        category: Taxonomy code of category and subtype.
        watch: How readings are looked at.
        open_at: Limit: the condition holds from here on. Activity: least change in the period.
        clear_at: Limit: it is over from here on; lies below ``open_at`` where high is bad, above
            it where low is bad.
        hold: Limit: how long it must hold. Activity: the period. Call: how long presses are one.
        clear_hold: Limit: how long it must be over.
        name_zh: What the condition is called in Chinese.
        name_en: The same in English.
    """

    level_id: str
    category: str
    watch: Watch
    open_at: float
    clear_at: float
    hold: timedelta
    clear_hold: timedelta
    name_zh: str
    name_en: str

    @property
    def high_is_bad(self) -> bool:
        """Whether the condition is a value that is too high, not one too low."""
        return self.clear_at <= self.open_at


@dataclass(frozen=True, slots=True)
class Payload:
    """How a sensor's MQTT messages are read.

    Attributes:
        shape: Name of the adapter, for example ``json``.
        value: Dotted path of the value in the message, "" where the shape says it.
        at: Path of the time, or "".
        battery: Path of the battery's charge in percent, or "".
        seq: Path of the device's own number of the message, or "".
        words: Words that stand for numbers, for example ``open: 1``.
        scale: The value is multiplied by it to have the sensor's unit.
        device_at: Path of the device's own id where many share a topic, or "".
        device: That id.
    """

    shape: str
    value: str = ""
    at: str = ""
    battery: str = ""
    seq: str = ""
    words: tuple[tuple[str, float], ...] = ()
    scale: float = 1.0
    device_at: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor of the county.

    Attributes:
        sensor_id: Unique, stable.
        kind: What it measures.
        name_zh: Where it is, in Chinese; of a care device building and unit, never a flat.
        name_en: The same in English.
        place: Where it is, for the dispatch.
        unit: Of its value, for example ``cm``; "" where it has none.
        valid: Lowest and highest value that it can measure at all.
        report_interval: How often it reports when nothing happens.
        silent_after: After so long without a word it is silent.
        on_change: Whether it reports every change at once, so that no news means no change.
        battery_low: Percent below which its battery is low.
        levels: Its conditions.
        topic: MQTT topic it publishes to.
        payload: How its messages are read.
        subject_ref: Care device: pseudonym of the person; leaves the registry nowhere.
    """

    sensor_id: str
    kind: SensorKind
    name_zh: str
    name_en: str
    place: Place
    unit: str
    valid: tuple[float, float]
    report_interval: timedelta
    silent_after: timedelta
    on_change: bool
    battery_low: float
    levels: tuple[Level, ...]
    topic: str
    payload: Payload
    subject_ref: str | None = None

    @property
    def care(self) -> bool:
        """Whether it belongs to a person who agreed to it."""
        return self.subject_ref is not None

    @property
    def source(self) -> str:
        """Taxonomy slug of its incidents' source."""
        return CARE_SOURCE if self.care else SENSOR_SOURCE

    @property
    def incident_kind(self) -> IncidentKind:
        """The kind of its incidents."""
        return SENSOR_KINDS[self.kind.value]

    def subject(self, level: Level) -> str:
        """What an incident of a level is about; of a care device nothing of the person."""
        return f"sensor/{self.sensor_id}/{level.level_id}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a sensor.

    Attributes:
        at: Event time, aware UTC.
        value: In the sensor's unit.
    """

    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Said:
    """What a device's message says, before anything is believed.

    Attributes:
        value: In the sensor's unit, or None if the message has none (a sign of life).
        at: Time by the device's clock, or None if it gives none.
        battery: Charge in percent, or None.
        seq: The device's own number of the message, or "".
        doubts: Fields that could not be read and why; the value holds all the same, for no call
            for help is thrown away because of a wrong clock.
    """

    value: float | None
    at: datetime | None = None
    battery: float | None = None
    seq: str = ""
    doubts: tuple[str, ...] = ()
