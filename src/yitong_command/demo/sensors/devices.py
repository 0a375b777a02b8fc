"""The virtual devices: what each measures, and the message that it makes of it.

Their messages are written as such devices write them, not by what reads them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Wave = Callable[[float], float | None]
"""Value at so many seconds after the programme began; None is silence."""
Write = Callable[[float, datetime, int], bytes]
"""Message of a value, the device's time and its running number."""


@dataclass(frozen=True, slots=True)
class Device:
    """One virtual sensor.

    Attributes:
        sensor_id: Its id in the registry.
        every_s: Seconds between two messages.
        value: What it measures.
        write: Its message.
        kind: Kind of the incident its event is, "" if it has none.
        bad_from: From this value on the event is there.
        good_from: At or below this value it is over; None if nothing ends it.
    """

    sensor_id: str
    every_s: float
    value: Wave
    write: Write
    kind: str = ""
    bad_from: float = float("inf")
    good_from: float | None = None

    @property
    def topic(self) -> str:
        """Where it publishes."""
        return f"yitong/sensors/{self.sensor_id}"


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _fields(name: str, battery: int = 88, digits: int = 2) -> Write:
    def write(value: float, at: datetime, number: int) -> bytes:
        told = {name: round(value, digits), "time": _iso(at), "battery": battery, "n": number}
        return json.dumps(told).encode()

    return write


def _state(value: float, at: datetime, number: int) -> bytes:
    word = "open" if value >= 1 else "closed"
    return json.dumps({"state": word, "time": _iso(at), "battery": 61, "n": number}).encode()


def _pressed(value: float, at: datetime, number: int) -> bytes:
    told = {"pressed": value >= 1, "time": _iso(at), "battery": 74, "n": number}
    return json.dumps(told).encode()


def _contact(value: float, at: datetime, _number: int) -> bytes:
    return json.dumps({"contact": value < 1, "time": _iso(at), "battery": 15}).encode()


def _senml(value: float, at: datetime, _number: int) -> bytes:
    record = {"bn": "urn:dev:demo:water-001:", "bt": at.timestamp(), "n": "level", "u": "m"}
    return json.dumps([record | {"v": round(value / 100, 3)}]).encode()


def _lorawan(value: float, at: datetime, number: int) -> bytes:
    told = {
        "deduplicationId": f"demo-{number}",
        "time": _iso(at),
        "deviceInfo": {"devEui": "0000000000000001", "deviceName": "sewer-001"},
        "fCnt": number,
        "object": {"level": round(value, 1), "battery": 92},
    }
    return json.dumps(told).encode()


def _plain(value: float, _at: datetime, _number: int) -> bytes:
    return (f"{value:.1f}" if value >= 0 else "ERR").encode()


def _shed(value: float, at: datetime, _number: int) -> bytes:
    told = {"temperature": round(value, 1), "smoke": 0, "time": _iso(at), "battery": 90}
    return json.dumps(told).encode()


def _always(value: float) -> Wave:
    return lambda _t: value


def _while(begin_s: float, end_s: float, value: float, otherwise: float) -> Wave:
    return lambda t: value if begin_s <= t < end_s else otherwise


def _flood(t: float) -> float:
    """Dry; from 12 s on the water rises to 22 cm, stays, and runs off from 50 s on."""
    if t < 12:
        return 0.4
    return max(0.4, min(22.0, (t - 12) * 1.5, 22.0 - (t - 50)))


def _silent_for_a_while(t: float) -> float | None:
    return None if 15 <= t < 420 else 0.0


DEVICES: tuple[Device, ...] = (
    Device(
        "manhole-001", 5, _while(10, 55, 38.0, 1.5), _fields("tilt"),
        "sensor_manhole_tilt", bad_from=15, good_from=10,
    ),
    Device("manhole-002", 5, _silent_for_a_while, _state),
    Device("water-001", 3, _flood, _senml, "sensor_water_level", bad_from=15, good_from=5),
    Device("sewer-001", 5, _always(34.0), _lorawan),
    Device("gas-001", 5, _while(30, 34, -1.0, 0.0), _plain),
    Device("charging-001", 5, _always(11.5), _shed),
    Device(
        "pendant-001", 10, _while(22, 23, 1.0, 0.0), _pressed, "sensor_pendant", bad_from=1
    ),
    Device("home-water-001", 10, lambda t: 417.2 + max(0.0, t) / 4000, _fields("total", digits=4)),
    Device("home-door-001", 10, _while(40, 44, 1.0, 0.0), _contact),
)  # fmt: skip
