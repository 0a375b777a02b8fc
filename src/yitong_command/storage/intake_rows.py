"""Rows that an incident makes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from yitong_command.domain.case import SYSTEM, State
from yitong_command.domain.county import County
from yitong_command.domain.geometry import grid_cell
from yitong_command.domain.incident import Change, Incident
from yitong_command.routing.assign import grid_of
from yitong_command.routing.merge import open_key


def case_row(incident: Incident, case_id: str, county: County, at: datetime) -> dict[str, Any]:
    """A new case for an opened incident, in state reported.

    Raises:
        ValueError: If the taxonomy does not know the incident's category.
    """
    found = county.taxonomy.find(incident.category)
    if found is None:
        raise ValueError(f"there is no category {incident.category!r}")
    category, subtype = found
    place_zh, place_en = place_words(incident, county)
    grid = grid_of(incident.place, county.grids)
    return {
        "case_id": case_id,
        "version": 1,
        "state": State.REPORTED.value,
        "category": category.code,
        "subtype": subtype.code,
        "severity": subtype.severity,
        "title_zh": f"{subtype.name_zh} · {place_zh}",
        "title_en": f"{subtype.name_en} · {place_en}",
        "place_zh": place_zh,
        "place_en": place_en,
        "lon": incident.place.lon,
        "lat": incident.place.lat,
        "crs": incident.place.crs,
        "cell": grid_cell(incident.place),
        "grid_code": grid.code if grid else None,
        "subject": incident.subject,
        "source": incident.source,
        "camera_id": incident.camera_id or None,
        "evidence": incident.evidence[-1].sha256 if incident.evidence else None,
        "holder": None,
        "due_at": None,
        "reported_at": at,
        "began_at": incident.began_at,
        "last_seen_at": incident.changed_at,
        "updated_at": at,
        "condition": "open",
        "incident_count": 1,
        "merge_reason_zh": "",
        "merge_reason_en": "",
        "open_key": open_key(
            incident.category,
            incident.subject,
            str(incident.incident_id),
            county.taxonomy.merging,
        ),
    }


def place_words(incident: Incident, county: County) -> tuple[str, str]:
    """Where it is in words, Chinese then English: the camera's name, and the zone's if it has one.

    A sensor is where its registry says. What the configuration does not know is called by its id.
    """
    if incident.sensor_id:
        sensor = county.sensors.get(incident.sensor_id)
        if sensor is None:
            return incident.sensor_id, incident.sensor_id
        return sensor.name_zh, sensor.name_en
    camera = county.cameras.get(incident.camera_id)
    if camera is None:
        return incident.camera_id, incident.camera_id
    for zone in camera.zones_of(incident.view_id):
        if zone.zone_id == incident.zone_id and zone.name_zh and zone.name_en:
            return f"{camera.name_zh} {zone.name_zh}", f"{camera.name_en}, {zone.name_en}"
    return camera.name_zh, camera.name_en


def incident_row(incident: Incident, case_id: str | None, at: datetime) -> dict[str, Any]:
    """An incident as it is first heard of: opened, or cleared before it was known to be open."""
    opened = incident.change is not Change.CLEARED
    return {
        "incident_id": str(incident.incident_id),
        "case_id": case_id,
        "kind": incident.kind.value,
        "subject": incident.subject,
        "camera_id": incident.camera_id,
        "view_id": incident.view_id,
        "zone_id": incident.zone_id,
        "state": incident.state,
        "score": incident.score,
        "box": _box(incident),
        "reason_zh": incident.reason_zh,
        "reason_en": incident.reason_en,
        "evidence": [item.sha256 for item in incident.evidence],
        "began_at": incident.began_at,
        "opened_at": incident.changed_at if opened else None,
        "cleared_at": None if opened else incident.changed_at,
        "taken_at": at,
    }


def alert_row(incident: Incident, case_id: str, *, second_look: bool) -> dict[str, Any]:
    """A new alert; :func:`yitong_command.storage.notices.alert_notice` completes it."""
    return {
        "alert_id": f"{case_id}-A",
        "case_id": case_id,
        "state": "open",
        "kind": incident.kind.value,
        "camera_id": incident.camera_id or None,
        "view_id": incident.view_id or None,
        "zone_id": incident.zone_id or None,
        "box": _box(incident),
        "evidence": incident.evidence[-1].sha256 if incident.evidence else None,
        "reason_zh": incident.reason_zh,
        "reason_en": incident.reason_en,
        "began_at": incident.began_at,
        "opened_at": incident.changed_at,
        "repeats": 0,
        "second_look": second_look,
    }


def transition_row(case: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The first step of a case's life."""
    return {
        "case_id": case["case_id"],
        "seq": 1,
        "from_state": None,
        "to_state": case["state"],
        "actor": SYSTEM.username,
        "role": SYSTEM.role.value,
        "at": at,
        "note": "",
    }


def evidence_rows(incident: Incident, case_id: str) -> list[dict[str, Any]]:
    """Links from a case to the pictures of an incident."""
    return [
        {
            "case_id": case_id,
            "sha256": item.sha256,
            "kind": "camera",
            "captured_at": item.captured_at,
            "by": incident.camera_id,
        }
        for item in incident.evidence
    ]


def late_evidence_rows(
    incident: Incident, case_id: str, pictures: list[str], cleared_at: datetime
) -> list[dict[str, Any]]:
    """Links to the pictures of a clearing that was known before its opening."""
    return [
        {
            "case_id": case_id,
            "sha256": sha256,
            "kind": "camera",
            "captured_at": cleared_at,
            "by": incident.camera_id,
        }
        for sha256 in pictures
    ]


def _box(incident: Incident) -> dict[str, float] | None:
    return dict(incident.box._asdict()) if incident.box else None
