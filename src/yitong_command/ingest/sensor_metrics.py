"""Figures of the sensor part."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

MESSAGES = Counter("yitong_sensors_messages_total", "What became of devices' messages", ["verdict"])
REFUSED = Counter("yitong_sensors_refused_total", "Messages that could not be used", ["why"])
LETTERS_LEFT_OUT = Counter(
    "yitong_sensors_letters_left_out_total",
    "Refused messages not dead-lettered: too many of a topic",
)
INCIDENTS = Counter("yitong_sensors_incidents_total", "Incidents reported", ["kind", "change"])
STATES = Gauge("yitong_sensors_sensors", "Sensors by state", ["state"])
LINK = Gauge("yitong_sensors_link_up", "1 while the MQTT broker is connected")
