"""The one table of topics: name, key, payload, partitions, retention, compaction."""

from __future__ import annotations

from dataclasses import dataclass

from yitong_command.bus.camera_messages import CameraMessage, IngestStateMessage
from yitong_command.bus.clock_messages import EscalationMessage, ModeMessage
from yitong_command.bus.fault_messages import CameraFaultMessage
from yitong_command.bus.ledger_messages import LedgerAlarmMessage, LedgerMessage
from yitong_command.bus.messages import (
    AlertMessage,
    CameraStateMessage,
    CaseMessage,
    DeadLetter,
    IncidentMessage,
    Message,
    TaskMessage,
)
from yitong_command.bus.report_messages import ReportMessage
from yitong_command.bus.sensor_messages import SensorFaultMessage, SensorStateMessage
from yitong_command.bus.stay_messages import ObservationMessage

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic.

    Attributes:
        name: Name without the installation's prefix.
        key: What the record key is; records of one key stay in order.
        payload: The wire model of the value.
        partitions: Number of partitions.
        retention_ms: How long records are kept; ignored when compacted.
        compacted: True if only the newest record of a key is kept.
        purpose: One line for people.
    """

    name: str
    key: str
    payload: type[Message]
    partitions: int
    retention_ms: int
    compacted: bool
    purpose: str


INCIDENTS = Topic(
    "incidents",
    "grid cell of the place",
    IncidentMessage,
    4,
    30 * DAY_MS,
    False,
    "conditions opened or cleared by a rule at the edge",
)
CAMERA_STATES = Topic(
    "camera-states",
    "camera_id",
    CameraStateMessage,
    4,
    7 * DAY_MS,
    True,
    "newest state of every camera",
)
CAMERAS = Topic(
    "cameras",
    "camera_id",
    CameraMessage,
    24,
    7 * DAY_MS,
    True,
    "every camera with its zones, newest version; who reads a partition watches its cameras",
)
INGEST_STATES = Topic(
    "ingest-states",
    "camera_id",
    IngestStateMessage,
    CAMERAS.partitions,
    7 * DAY_MS,
    True,
    "what the rules remember of every camera, for the worker that watches it next",
)
CASES = Topic(
    "cases",
    "case_id",
    CaseMessage,
    4,
    90 * DAY_MS,
    False,
    "every change of every case, in order per case",
)
TASKS = Topic(
    "tasks",
    "case_id",
    TaskMessage,
    4,
    90 * DAY_MS,
    False,
    "every change of every task, in order per case",
)
ALERTS = Topic(
    "alerts",
    "case_id",
    AlertMessage,
    1,
    7 * DAY_MS,
    False,
    "notices for screens, in one order for every screen",
)
CAMERA_FAULTS = Topic(
    "camera-faults",
    "fault_id",
    CameraFaultMessage,
    1,
    90 * DAY_MS,
    False,
    "every change of every device fault; what failed together is one",
)
REPORTS = Topic(
    "reports",
    "platform/external_id",
    ReportMessage,
    4,
    30 * DAY_MS,
    False,
    "what people and partner platforms report, in order per report",
)
OBSERVATIONS = Topic(
    "observations",
    "grid cell of the place",
    ObservationMessage,
    4,
    30 * DAY_MS,
    False,
    "how long things stood in zones, reported or not, so that other limits can be tried",
)
LEDGER = Topic(
    "ledger",
    "worker",
    LedgerMessage,
    1,
    30 * DAY_MS,
    False,
    "what every worker captured, to be compared with what arrived and what became cases",
)
LEDGER_ALARMS = Topic(
    "ledger-alarms",
    "alarm_id",
    LedgerAlarmMessage,
    1,
    90 * DAY_MS,
    False,
    "differences between captured, delivered and cased that stayed, and that they ended",
)
SENSOR_STATES = Topic(
    "sensor-states",
    "sensor_id",
    SensorStateMessage,
    1,
    7 * DAY_MS,
    True,
    "newest state of every sensor; of a care device no place and no value",
)
SENSOR_FAULTS = Topic(
    "sensor-faults",
    "fault_id",
    SensorFaultMessage,
    1,
    90 * DAY_MS,
    False,
    "every change of every sensor's device fault: silent, battery, garbage, clock, link",
)
ESCALATIONS = Topic(
    "escalations",
    "case_id",
    EscalationMessage,
    1,
    90 * DAY_MS,
    False,
    "who is told that a case was not taken, not reached or is late, and why",
)
MODES = Topic(
    "modes",
    "mode_id",
    ModeMessage,
    1,
    90 * DAY_MS,
    False,
    "emergencies that begin and end; rehearsals are never sent",
)
DEAD_LETTERS = Topic(
    "dead-letters",
    "source topic",
    DeadLetter,
    1,
    30 * DAY_MS,
    False,
    "what could not be handled, with the reason and the bytes",
)

TOPICS: dict[str, Topic] = {
    topic.name: topic
    for topic in (
        INCIDENTS, CAMERA_STATES, CAMERAS, INGEST_STATES, CASES, TASKS, ALERTS, CAMERA_FAULTS,
        DEAD_LETTERS, REPORTS, OBSERVATIONS, LEDGER, LEDGER_ALARMS,
        SENSOR_STATES, SENSOR_FAULTS, ESCALATIONS, MODES,
    )
}  # fmt: skip


def topic_name(topic: Topic, prefix: str) -> str:
    """Full name on the broker, for example ``yitong.incidents``."""
    return f"{prefix}.{topic.name}"
