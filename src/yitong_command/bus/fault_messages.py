"""Wire model of device faults."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from yitong_command.bus.messages import Message
from yitong_command.domain.camera import CameraState


class CameraFaultMessage(Message):
    """A device fault as it is now: one camera, or all that failed together."""

    change_id: UUID
    fault_id: str
    kind: Literal["worker", "switch", "site", "camera"]
    name: str
    state: CameraState
    began_at: AwareDatetime
    ended_at: AwareDatetime | None
    cameras: tuple[str, ...]
    recovered: tuple[str, ...] = ()
    reason_zh: str = ""
    reason_en: str = ""
    repeats: int = 0
    folded_into: str | None = None
    changed_at: AwareDatetime

    @property
    def key(self) -> str:
        """Record key: the fault."""
        return self.fault_id
