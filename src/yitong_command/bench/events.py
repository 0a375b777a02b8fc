"""What happens in the county of a benchmark, when, and what became of it (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from yitong_command.bench.county import EVENT_CLIPS, County
from yitong_command.bench.figures import percentile
from yitong_command.demo.report import Fact, Found, Verdict, compare

NEED_S = 32.0
"""An event that begins so long before the end can still be found."""
AGAIN_S = 150.0
REPAIR_S = 75.0
"""A scene is put right so long after its event, and the event comes again."""


@dataclass(frozen=True, slots=True, order=True)
class Act:
    """One thing that is made to happen.

    Attributes:
        at_s: Seconds after the beginning.
        camera_id: Where.
        repair: Whether the scene is put right, instead of its event beginning.
    """

    at_s: float
    camera_id: str
    repair: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An incident as it lies in Kafka.

    Attributes:
        found: What was found.
        told_at: When it was handed to Kafka.
    """

    found: Found
    told_at: datetime


def acts(county: County, for_s: float) -> list[Act]:
    """All that is to happen, soonest first; everything leaves time enough to be found.

    Args:
        county: Where.
        for_s: How long the run takes.
    """
    fixed = [name for name, clip in county.clips.items() if clip in EVENT_CLIPS]
    plan: list[Act] = []
    for names, last_s in ((fixed, for_s - NEED_S), (county.balls, for_s - _ball_need_s(county))):
        spread_s = max(0.0, min(AGAIN_S, last_s))
        for index, name in enumerate(names):
            at_s = spread_s * index / len(names)
            plan += _repeated(name, at_s, last_s, repairs=county.clips.get(name) != "parking")
    return sorted(plan)


def judged(
    facts: list[Fact], told: Sequence[Told], county: County, until: datetime
) -> dict[str, Any]:
    """What was found, held against what really happened.

    Args:
        facts: Ground truth.
        told: All incidents that were opened.
        county: Where; a ball camera may be elsewhere for a whole round when something begins.
        until: When the run ended.
    """
    balls = set(county.balls)
    away = timedelta(seconds=county.round_s)
    verdicts = []
    for turns in (False, True):
        due = {kind: after + away * turns for kind, after in county.due_after.items()}
        own = [fact for fact in facts if (fact.camera_id in balls) is turns]
        found = [item.found for item in told if (item.found.camera_id in balls) is turns]
        verdicts.append(compare(own, found, until, due))
    return {
        "incidents": len(told),
        "facts": len(facts),
        "missed": sum(len(item.missed) for item in verdicts),
        "false": sum(len(item.false) for item in verdicts),
        "duplicated": sum(len(item.duplicated) for item in verdicts),
        "pending": sum(len(item.pending) for item in verdicts),
        "missed_on": sorted(fact.camera_id for item in verdicts for fact in item.missed),
        "false_on": sorted(found.camera_id for item in verdicts for found in item.false),
        "delay_s": _delays(verdicts, {item.found.incident_id: item.told_at for item in told}),
    }


def _delays(verdicts: Iterable[Verdict], told_at: dict[str, datetime]) -> dict[str, Any]:
    """From the beginning of a fact to its incident in Kafka, its rule's own waiting included."""
    fixed, turning = (
        [
            (told_at[found.incident_id] - fact.began_at).total_seconds()
            for found, fact in verdict.pairs
            if fact is not None
        ]
        for verdict in verdicts
    )
    return {
        name: {"n": len(delays), "p50": _at(delays, 0.5), "p95": _at(delays, 0.95)}
        for name, delays in (("fixed", fixed), ("ball", turning))
    }


def _at(delays: Sequence[float], share: float) -> float | None:
    value = percentile(delays, share)
    return None if value is None else round(value, 1)


def _ball_need_s(county: County) -> float:
    return county.round_s + NEED_S


def _repeated(name: str, at_s: float, last_s: float, *, repairs: bool) -> list[Act]:
    plan = [Act(at_s, name)]
    while at_s + AGAIN_S <= last_s:
        if repairs:
            plan.append(Act(at_s + REPAIR_S, name, repair=True))
        at_s += AGAIN_S
        plan.append(Act(at_s, name))
    return plan
