"""Incidents and messages of sensors, as they leave this part."""

from __future__ import annotations

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from yitong_command.bus.messages import PlaceModel
from yitong_command.bus.sensor_messages import (
    SensorFaultMessage,
    SensorFaultModel,
    SensorStateMessage,
)
from yitong_command.domain.incident import Incident, RuleChange, incident_id
from yitong_command.domain.sensor import FaultWord, Level, Sensor
from yitong_command.ingest.sensor_memory import SensorMemory
from yitong_command.rules.sensor_health import Standing


def incident_of(sensor: Sensor, level: Level, change: RuleChange) -> Incident:
    """The incident that a change of a level is."""
    kind, subject = sensor.incident_kind, sensor.subject(level)
    return Incident(
        incident_id=incident_id(kind.value, subject, change.began_at),
        change=change.change,
        kind=kind,
        category=level.category,
        source=sensor.source,
        subject=subject,
        camera_id="",
        view_id="",
        zone_id="",
        place=sensor.place,
        began_at=change.began_at,
        changed_at=change.at,
        state=change.state,
        reason_zh=change.reason[0],
        reason_en=change.reason[1],
        sensor_id=sensor.sensor_id,
    )


def state_of(
    sensor: Sensor, memory: SensorMemory, now: Standing, at: datetime, worker: str
) -> SensorStateMessage:
    """The state message; of a care device nothing but its state and its faults."""
    last = None if sensor.care else memory.rules.last
    return SensorStateMessage(
        sensor_id=sensor.sensor_id,
        kind=sensor.kind,
        state=now.state,
        since=memory.since or at,
        at=at,
        reason_zh=now.reason[0],
        reason_en=now.reason[1],
        care=sensor.care,
        name_zh="" if sensor.care else sensor.name_zh,
        name_en="" if sensor.care else sensor.name_en,
        place=None
        if sensor.care
        else PlaceModel.model_validate(
            {"lon": sensor.place.lon, "lat": sensor.place.lat, "crs": sensor.place.crs}
        ),
        value=last.value if last else None,
        unit="" if sensor.care else sensor.unit,
        reading_at=last.at if last else None,
        battery=memory.rules.gate.battery,
        faults=tuple(
            SensorFaultModel(
                kind=fault.word,
                since=fault.since,
                reason_zh=fault.reason[0],
                reason_en=fault.reason[1],
            )
            for fault in now.faults
        ),
        worker=worker,
    )


def fault_of(
    word: FaultWord,
    sensors: tuple[str, ...],
    began_at: datetime,
    ended_at: datetime | None,
    reason: tuple[str, str],
    at: datetime,
    worker: str,
) -> SensorFaultMessage:
    """The message of a fault; told again it has the same ids."""
    name = f"link:{worker}" if word is FaultWord.LINK else sensors[0]
    fault_id = uuid5(NAMESPACE_URL, f"urn:yitong:sensor-fault:{word}:{name}:{began_at.isoformat()}")
    change = "began" if ended_at is None else ended_at.isoformat()
    return SensorFaultMessage(
        change_id=UUID(str(uuid5(fault_id, change))),
        fault_id=str(fault_id),
        kind=word,
        sensors=sensors,
        began_at=began_at,
        ended_at=ended_at,
        reason_zh=reason[0],
        reason_en=reason[1],
        changed_at=at,
        worker=worker,
    )
