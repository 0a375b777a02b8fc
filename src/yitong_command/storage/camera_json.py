"""A camera as JSON, with the field names of the wire model.

The bus and the store do not know each other; a contract test compares the two forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from yitong_command.domain.ban import Ban, Permit
from yitong_command.domain.camera import Camera, CameraKind, View, Zone
from yitong_command.domain.geometry import Place, Point
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.terms import Terms

Json = dict[str, Any]
_PLAIN = (
    "name_zh",
    "name_en",
    "url",
    "look_interval_s",
    "ptz_url",
    "heading_deg",
    "site",
    "switch",
)


def camera_json(camera: Camera) -> Json:
    """The whole camera."""
    return {
        "camera_id": camera.camera_id,
        "kind": camera.kind.value,
        **{name: getattr(camera, name) for name in _PLAIN},
        "place": _fields(camera.place),
        "views": [_fields(view) for view in camera.views],
        "zones": [zone_json(zone) for zone in camera.zones],
    }


def zone_json(zone: Zone) -> Json:
    """One zone, without the name of its camera."""
    ban = zone.terms.ban
    vehicles = zone.terms.vehicles
    return {
        "zone_id": zone.zone_id,
        "view_id": zone.view_id,
        "kind": zone.kind.value,
        "category": zone.category,
        "polygon": [[corner.x, corner.y] for corner in zone.polygon],
        "name_zh": zone.name_zh,
        "name_en": zone.name_en,
        "settings": dict(zone.settings),
        "terms": {
            "vehicles": None if vehicles is None else sorted(vehicles),
            "weekly": [list(span) for span in ban.weekly],
            "permits": [
                {
                    "begins_at": permit.begins_at.isoformat(),
                    "ends_at": permit.ends_at.isoformat(),
                    "note": permit.note,
                }
                for permit in ban.permits
            ],
        },
    }


def camera_of(definition: Mapping[str, Any]) -> Camera:
    """The camera that :func:`camera_json` wrote."""
    camera_id = definition["camera_id"]
    return Camera(
        camera_id=camera_id,
        kind=CameraKind(definition["kind"]),
        **{name: definition[name] for name in _PLAIN},
        place=Place(**definition["place"]),
        views=tuple(View(**view) for view in definition["views"]),
        zones=zones_of(camera_id, definition["zones"]),
    )


def zones_of(camera_id: str, found: Iterable[Mapping[str, Any]]) -> tuple[Zone, ...]:
    """The zones that :func:`zone_json` wrote."""
    return tuple(_zone(camera_id, zone) for zone in found)


def _zone(camera_id: str, zone: Mapping[str, Any]) -> Zone:
    terms = zone["terms"]
    permits = tuple(
        Permit(
            datetime.fromisoformat(item["begins_at"]),
            datetime.fromisoformat(item["ends_at"]),
            item["note"],
        )
        for item in terms["permits"]
    )
    vehicles = terms["vehicles"]
    return Zone(
        zone_id=zone["zone_id"],
        camera_id=camera_id,
        view_id=zone["view_id"],
        kind=IncidentKind(zone["kind"]),
        category=zone["category"],
        polygon=tuple(Point(x, y) for x, y in zone["polygon"]),
        name_zh=zone["name_zh"],
        name_en=zone["name_en"],
        settings=dict(zone["settings"]),
        terms=Terms(
            vehicles=None if vehicles is None else frozenset(vehicles),
            ban=Ban(tuple((begin, end) for begin, end in terms["weekly"]), permits),
        ),
    )


def _fields(value: Place | View) -> Json:
    return {field.name: getattr(value, field.name) for field in fields(value)}
