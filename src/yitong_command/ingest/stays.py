"""Stays that ended in a zone, as they are recorded for trying other limits."""

from __future__ import annotations

from typing import Any

from yitong_command.domain.camera import Camera, Zone
from yitong_command.domain.incident import incident_id
from yitong_command.domain.stay import Stay
from yitong_command.rules.stays import ended


def stays_of(
    camera: Camera, zone: Zone, before: Any, after: Any, settings: Any
) -> tuple[Stay, ...]:
    """What ended between two states of a zone's rule.

    Args:
        camera: The camera.
        zone: Its zone.
        before: State of the rule before a look.
        after: State after it.
        settings: Of the zone.
    """
    return tuple(
        Stay(
            stay_id=incident_id(zone.kind, zone.subject, item.began_at),
            kind=zone.kind,
            category=zone.category,
            subject=zone.subject,
            camera_id=camera.camera_id,
            view_id=zone.view_id,
            zone_id=zone.zone_id,
            place=camera.place,
            began_at=item.began_at,
            came_at=item.came_at,
            seen_at=item.seen_at,
            looks=item.looks,
            seen=item.seen,
            overlap=item.overlap,
            score=item.score,
            state=item.state,
            box=item.box,
            reported=item.reported,
        )
        for item in ended(before, after, settings)
    )
