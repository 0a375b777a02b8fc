"""A duty as the database keeps it, and back."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from yitong_command.domain.roster import Duty, Shift


def duty_json(duty: Duty) -> dict[str, Any]:
    """Everything of a duty but the person."""
    shift = duty.shift
    return {
        "post": duty.post,
        "role": duty.role,
        "grids": sorted(duty.grids) if duty.grids is not None else None,
        "from": duty.from_at.isoformat() if duty.from_at else None,
        "until": duty.until_at.isoformat() if duty.until_at else None,
        "shift": {
            "begins": f"{shift.begins:%H:%M}", "ends": f"{shift.ends:%H:%M}",
            "days": sorted(shift.days),
        } if shift else None,
    }  # fmt: skip


def duty_of(username: str, content: dict[str, Any]) -> Duty:
    """The duty that was kept."""
    grids, shift = content["grids"], content["shift"]
    return Duty(
        username,
        content["post"],
        content["role"],
        frozenset(grids) if grids is not None else None,
        datetime.fromisoformat(content["from"]) if content["from"] else None,
        datetime.fromisoformat(content["until"]) if content["until"] else None,
        Shift(
            time.fromisoformat(shift["begins"]),
            time.fromisoformat(shift["ends"]),
            frozenset(shift["days"]),
        )
        if shift
        else None,
    )
