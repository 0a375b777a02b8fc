"""Answers of the alert list."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from yitong_command.web.schemas import BoxOut, Out, PlaceOut


class Alert(Out):
    """A notice for the desk, in the fields of the message ``AlertMessage``."""

    schema_version: Literal[1] = 1
    change_id: str = Field(examples=["0c6f8c0e-53a4-4a3f-93a5-1a7d1f9c6b11"])
    alert_id: str = Field(examples=["YT20261123-000012"])
    case_id: str = Field(examples=["YT20261123-000012"])
    change: Literal["opened", "repeated", "cleared", "confirmed", "rejected"]
    severity: int = Field(ge=1, le=4, examples=[3])
    category: str = Field(examples=["cp_parking.no_parking_zone"])
    kind: str = Field(examples=["illegal_parking"])
    source: str = Field(examples=["camera_ai"])
    title_zh: str = Field(examples=["禁停区停车"])
    title_en: str = Field(examples=["Parking in a no-parking zone"])
    reason_zh: str = Field(examples=["车辆在禁停区停留 62 秒"])
    reason_en: str = Field(examples=["a car stood in the zone for 62 s"])
    place: PlaceOut
    place_zh: str
    place_en: str
    grid_code: str | None = Field(examples=["22032300100101"])
    camera_id: str | None = Field(examples=["cam-001"])
    view_id: str | None = Field(examples=["main"])
    zone_id: str | None = Field(examples=["no-parking"])
    box: BoxOut | None
    evidence: str | None = Field(description="SHA-256 of the picture, for /api/evidence")
    began_at: datetime
    opened_at: datetime
    changed_at: datetime
    case_state: str = Field(examples=["reported"])
    case_version: int = Field(examples=[1])
    repeats: int = Field(examples=[0])
    second_look: bool = Field(
        False, description="Its camera and kind were too often wrong lately: shown quietly"
    )


class Alerts(Out):
    """Alerts, newest first."""

    items: tuple[Alert, ...]
