"""Incidents: a condition that a rule opened or cleared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from yitong_command.domain.geometry import Box, Place

NAMESPACE = UUID("6f1d5c0e-9c1b-5d39-8f0a-2c5b6a7e4d11")


_DECLARED: Final[dict[str, IncidentKind]] = {}


class IncidentKind(StrEnum):
    """Every kind of incident a rule can open: those built in, and those an installation declares.

    A declared kind is one value for the whole process, like a member, but is not iterated over.
    """

    ILLEGAL_PARKING = "illegal_parking"
    MANHOLE_COVER = "manhole_cover"
    FIRE_LANE_BLOCKED = "fire_lane_blocked"
    STATIONARY_OBSTACLE = "stationary_obstacle"

    @classmethod
    def declare(cls, word: str) -> IncidentKind:
        """Make a word a kind; declaring it again changes nothing.

        Args:
            word: Small letters, digits and underscores, 3 to 40 of them.

        Raises:
            ValueError: If it is no such word.
        """
        if word in cls._value2member_map_ or word in _DECLARED:
            return cls(word)
        if not re.fullmatch(r"[a-z][a-z0-9_]{2,39}", word):
            raise ValueError(
                f"{word!r}: 小写字母、数字和下划线 / small letters, digits, underscores"
            )
        kind = str.__new__(cls, word)
        kind._name_, kind._value_ = word.upper(), word
        return _DECLARED.setdefault(word, kind)

    @classmethod
    def _missing_(cls, value: object) -> IncidentKind | None:
        return _DECLARED.get(value) if isinstance(value, str) else None


SENSOR_KINDS: Final = {
    word: IncidentKind.declare(f"sensor_{word}")
    for word in (
        "manhole_tilt", "manhole_open", "water_level", "gas", "smoke", "temperature",
        "door", "pendant", "water_meter",
    )
}  # fmt: skip
"""Kinds of what sensors report, by what they measure; no camera rule may be like them."""


class Change(StrEnum):
    """What happened to the condition; an updated one goes on, in another state."""

    OPENED = "opened"
    UPDATED = "updated"
    CLEARED = "cleared"


def incident_id(kind: str, subject: str, began_at: datetime) -> UUID:
    """The same condition always has the same id, whoever reports it and however often.

    Args:
        kind: Incident kind.
        subject: What the incident is about, for example ``cam-001/main/no-parking``.
        began_at: When the condition began, aware UTC.
    """
    return uuid5(NAMESPACE, f"{kind}|{subject}|{began_at.isoformat(timespec='milliseconds')}")


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What a rule returns when a condition opens, goes on in another state, or clears.

    Attributes:
        change: Opened, updated or cleared.
        began_at: When the condition began (event time), the same in all its changes.
        at: Event time of the look that decided it.
        state: Finer word of the condition, for example ``missing``; "" where there is none.
        score: Confidence in [0, 1].
        box: Where in the view, or None if it is the whole zone.
        track_id: The vehicle's track on its camera, or None.
        reason: Why, in words a person reads: ``zh`` then ``en``.
    """

    change: Change
    began_at: datetime
    at: datetime
    state: str = ""
    score: float = 1.0
    box: Box | None = None
    track_id: str | None = None
    reason: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class EvidenceRef:
    """A stored picture that proves something.

    Attributes:
        sha256: Hash (hex) of the stored JPEG; also its address in the evidence store.
        source_sha256: Hash (hex) of the encoded keyframe as it came from the camera.
        captured_at: Capture time, aware UTC.
        width: Pixels.
        height: Pixels.
        masked: True if persons and plates were blurred before it was written.
    """

    sha256: str
    source_sha256: str
    captured_at: datetime
    width: int
    height: int
    masked: bool = True


@dataclass(frozen=True, slots=True)
class Incident:
    """A condition with its beginning, as it leaves the ingest worker.

    Attributes:
        incident_id: See :func:`incident_id`.
        change: Opened, updated or cleared.
        kind: Which rule kind.
        category: Taxonomy code of category and subtype, ``cp_parking.no_parking_zone``.
        source: Taxonomy source slug, for example ``camera_ai``.
        subject: What it is about: ``camera/view/zone`` or ``sensor/<id>/<level>``.
        camera_id: Camera that saw it, or "" if none did.
        view_id: View of that camera, or "".
        zone_id: Zone of that view, or "".
        place: Where on the ground.
        began_at: When the condition began.
        changed_at: When the rule decided, event time.
        state: Finer word, for example ``missing``.
        score: Confidence in [0, 1].
        box: Where in the view.
        reason_zh: Why, in Chinese.
        reason_en: Why, in English.
        evidence: Pictures, newest last.
        sensor_id: Sensor that measured it, or "" if none did.
    """

    incident_id: UUID
    change: Change
    kind: IncidentKind
    category: str
    source: str
    subject: str
    camera_id: str
    view_id: str
    zone_id: str
    place: Place
    began_at: datetime
    changed_at: datetime
    state: str = ""
    score: float = 1.0
    box: Box | None = None
    reason_zh: str = ""
    reason_en: str = ""
    evidence: tuple[EvidenceRef, ...] = ()
    sensor_id: str = ""
