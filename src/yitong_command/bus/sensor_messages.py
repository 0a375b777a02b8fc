"""Wire models of sensors: their newest state, and their device faults.

A care device's messages say nothing of a person: no place, no name and no value.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from yitong_command.bus.messages import Message, PlaceModel
from yitong_command.domain.sensor import FaultWord, SensorKind, SensorState


class SensorFaultModel(BaseModel):
    """Something that is wrong with a device now."""

    model_config = ConfigDict(frozen=True)
    kind: FaultWord
    since: AwareDatetime
    reason_zh: str = ""
    reason_en: str = ""


class SensorStateMessage(Message):
    """Newest state of one sensor."""

    sensor_id: str = Field(max_length=64)
    kind: SensorKind
    state: SensorState
    since: AwareDatetime
    at: AwareDatetime
    reason_zh: str = ""
    reason_en: str = ""
    care: bool = False
    name_zh: str = ""
    name_en: str = ""
    place: PlaceModel | None = None
    value: float | None = None
    unit: str = ""
    reading_at: AwareDatetime | None = None
    battery: float | None = Field(None, ge=0, le=100)
    faults: tuple[SensorFaultModel, ...] = ()
    worker: str = ""

    @property
    def key(self) -> str:
        """Record key: the sensor."""
        return self.sensor_id


class SensorFaultMessage(Message):
    """A device fault as it is now: one sensor, or all that one link brings."""

    change_id: UUID
    fault_id: str
    kind: FaultWord
    sensors: tuple[str, ...]
    began_at: AwareDatetime
    ended_at: AwareDatetime | None
    reason_zh: str = ""
    reason_en: str = ""
    changed_at: AwareDatetime
    worker: str = ""

    @property
    def key(self) -> str:
        """Record key: the fault."""
        return self.fault_id
