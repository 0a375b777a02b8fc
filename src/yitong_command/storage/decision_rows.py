"""Rows of merge decisions: what was joined by weighing, and what an operator is asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from yitong_command.routing.merge import Band, Decision, Match


def decision_rows(
    decision: Decision,
    sighting_id: str,
    case_id: str,
    severity: int,
    at: datetime,
    real_id: Callable[[str], str] = str,
) -> list[dict[str, Any]]:
    """One row for what was joined, or one for each question; none for what was not weighed.

    Args:
        decision: What was decided.
        sighting_id: What it was decided about.
        case_id: The case it is in now.
        severity: Of that case; the most urgent questions are asked first.
        at: Now.
        real_id: Gives the case id for a placeholder.
    """
    joined = decision.band is Band.AUTOMATIC
    if joined and decision.same_subject:
        return []
    rows = []
    for match in decision.matches:
        other = None if joined else real_id(match.case.case_id)
        rows.append(
            _row(match, sighting_id, case_id, other)
            | {"severity": severity, "at": at, "state": "joined" if joined else "open"}
        )
    return rows


def _row(match: Match, sighting_id: str, case_id: str, other: str | None) -> dict[str, Any]:
    name = f"urn:yitong:merge:{sighting_id}:{case_id}:{other or ''}"
    return {
        "decision_id": str(uuid5(NAMESPACE_URL, name)),
        "sighting_id": sighting_id,
        "case_id": case_id,
        "other_case_id": other,
        "band": match.band.value if other is None else Band.ASK.value,
        "probability": round(match.probability, 4),
        "distance_m": None if match.distance_m is None else round(match.distance_m, 1),
        "gap_s": round(match.gap_s, 1),
        "reason_zh": match.reason_zh,
        "reason_en": match.reason_en,
    }
