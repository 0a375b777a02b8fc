"""One fact, one case: which open case an incident belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yitong_command.domain.geometry import Place, distance_m
from yitong_command.domain.incident import Incident
from yitong_command.domain.taxonomy import MergeRule


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What merging needs to know of an open case.

    Attributes:
        case_id: The case.
        category: Category and subtype with a dot.
        subject: What its first incident was about.
        place: Where.
        last_seen_at: When an incident of it was last opened.
    """

    case_id: str
    category: str
    subject: str
    place: Place
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Match:
    """The case an incident belongs to, and why.

    Attributes:
        case: The case.
        reason_zh: Why, in Chinese.
        reason_en: Why, in English.
    """

    case: OpenCase
    reason_zh: str
    reason_en: str


def open_key(category: str, subject: str) -> str:
    """What can be open only once: a subtype at a subject."""
    return f"{category}|{subject}"


def find_case(
    incident: Incident, candidates: tuple[OpenCase, ...], rule: MergeRule | None
) -> Match | None:
    """The open case of the same fact, or None.

    The same subtype at the same subject is always the same fact. With a merge rule, so is the
    same subtype seen elsewhere near enough in place and time; of several the nearest is taken,
    then the oldest.

    Args:
        incident: An opened incident.
        candidates: Open cases; others than of its subtype are passed over.
        rule: Merge rule of its category, or None if only an operator may join cases.
    """
    same = [case for case in candidates if case.category == incident.category]
    for case in same:
        if case.subject == incident.subject:
            return Match(
                case,
                f"同一点位 {incident.subject} 同类事项未结",
                f"the same matter at {incident.subject} is still open",
            )
    if rule is None:
        return None
    near = [
        (distance, case.case_id, case)
        for case in same
        if (distance := _distance(incident, case, rule)) is not None
    ]
    if not near:
        return None
    distance, _, case = min(near, key=lambda item: item[:2])
    hours = rule.window.total_seconds() / 3600
    return Match(
        case,
        f"{case.subject} 相距 {distance:.0f} 米、{hours:g} 小时内的同类事项"
        f"(并案距离 {rule.distance_m:g} 米)",
        f"the same matter {distance:.0f} m from {case.subject} within {hours:g} h "
        f"(merged up to {rule.distance_m:g} m)",
    )


def _distance(incident: Incident, case: OpenCase, rule: MergeRule) -> float | None:
    if incident.place.crs != case.place.crs:
        return None
    if abs(incident.began_at - case.last_seen_at) > rule.window:
        return None
    distance = distance_m(incident.place, case.place)
    return distance if distance <= rule.distance_m else None
