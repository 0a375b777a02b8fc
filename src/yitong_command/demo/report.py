"""What a demo run found, held against the ground truth of the virtual county (pure)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

EARLY_TOLERANCE = timedelta(seconds=5)
LATE_TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that really happened in the virtual county.

    Attributes:
        fact_id: Its id in the farm's ground truth.
        kind: Incident kind it should be found as.
        camera_id: Camera that can see it.
        view_id: View that can see it.
        began_at: When it began.
        ended_at: When it ended, or None.
    """

    fact_id: str
    kind: str
    camera_id: str
    view_id: str
    began_at: datetime
    ended_at: datetime | None

    @classmethod
    def read(cls, data: dict[str, Any]) -> Fact:
        """A fact from the farm's JSON."""
        ended = data.get("ended_at")
        return cls(
            data["fact_id"], data["kind"], data["camera_id"], data["view_id"],
            datetime.fromisoformat(data["began_at"]),
            datetime.fromisoformat(ended) if ended else None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """One incident of one case, as the API tells it."""

    incident_id: str
    case_id: str
    kind: str
    camera_id: str
    view_id: str
    began_at: datetime


@dataclass(frozen=True, slots=True)
class Silence:
    """A sensor that really fell silent: a device fault, and never an incident.

    Attributes:
        sensor_id: Which.
        began_at: When it was heard last.
        ended_at: When it was heard again, or None.
    """

    sensor_id: str
    began_at: datetime
    ended_at: datetime | None

    @classmethod
    def read(cls, data: dict[str, Any]) -> Silence:
        """A silence from the sensor farm's JSON."""
        ended = data.get("ended_at")
        began_at = datetime.fromisoformat(data["began_at"])
        return cls(data["sensor_id"], began_at, datetime.fromisoformat(ended) if ended else None)


@dataclass(slots=True)
class SilenceVerdict:
    """Silent sensors, as they are and as they are told.

    Attributes:
        found: Silences that are told as such.
        missed: Silences that are due and not told.
        false: Sensors that are told silent and are not.
    """

    found: list[Silence] = field(default_factory=list)
    missed: list[Silence] = field(default_factory=list)
    false: list[str] = field(default_factory=list)


def compare_silence(
    silences: list[Silence], told: set[str], until: datetime, due_after: timedelta
) -> SilenceVerdict:
    """Match silent sensors with those that are told silent now.

    Args:
        silences: Ground truth.
        told: Sensors whose state is silent.
        until: Now.
        due_after: How long after its begin a silence must be told.
    """
    verdict = SilenceVerdict()
    lasting = {item.sensor_id: item for item in silences if item.ended_at is None}
    for sensor_id, item in lasting.items():
        if sensor_id in told:
            verdict.found.append(item)
        elif item.began_at + due_after <= until:
            verdict.missed.append(item)
    recent = {i.sensor_id for i in silences if i.ended_at and i.ended_at + due_after > until}
    verdict.false = sorted(told - set(lasting) - recent)
    return verdict


@dataclass(slots=True)
class Verdict:
    """The comparison.

    Attributes:
        pairs: Incident with its fact, None where there is no fact.
        missed: Facts that were due and not found.
        duplicated: Facts with more than one case.
        pending: Facts too young to be judged.
        silence: Silent sensors.
    """

    pairs: list[tuple[Found, Fact | None]] = field(default_factory=list)
    missed: list[Fact] = field(default_factory=list)
    duplicated: list[Fact] = field(default_factory=list)
    pending: list[Fact] = field(default_factory=list)
    silence: SilenceVerdict = field(default_factory=SilenceVerdict)

    @property
    def false(self) -> list[Found]:
        """Incidents that nothing in the county caused."""
        return [found for found, fact in self.pairs if fact is None]

    @property
    def perfect(self) -> bool:
        """Every due fact is exactly one case and nothing else is, and there was at least one."""
        matched = any(fact for _, fact in self.pairs)
        silence = self.silence.missed or self.silence.false
        return matched and not (self.missed or self.false or self.duplicated or silence)


def compare(
    facts: list[Fact], found: list[Found], until: datetime, due_after: dict[str, timedelta]
) -> Verdict:
    """Match incidents to facts by kind, camera, view and begin time.

    Args:
        facts: Ground truth.
        found: Incidents with their cases.
        until: When the run ended.
        due_after: Per kind, how long after its begin a fact must have been found.
    """
    verdict = Verdict()
    cases: dict[str, set[str]] = {}
    for item in found:
        fact = min(
            (fact for fact in facts if _fits(fact, item)),
            key=lambda fact: abs(fact.began_at - item.began_at),
            default=None,
        )
        verdict.pairs.append((item, fact))
        if fact:
            cases.setdefault(fact.fact_id, set()).add(item.case_id)
    for fact in facts:
        count = len(cases.get(fact.fact_id, ()))
        due_at = fact.began_at + due_after[fact.kind]
        if count > 1:
            verdict.duplicated.append(fact)
        elif count == 0 and due_at > until:
            verdict.pending.append(fact)
        elif count == 0 and (fact.ended_at is None or fact.ended_at >= due_at):
            verdict.missed.append(fact)
    return verdict


def _fits(fact: Fact, item: Found) -> bool:
    same = (fact.kind, fact.camera_id, fact.view_id) == (item.kind, item.camera_id, item.view_id)
    last = min(fact.ended_at or item.began_at, fact.began_at + LATE_TOLERANCE)
    return same and fact.began_at - EARLY_TOLERANCE <= item.began_at <= max(last, fact.began_at)


def to_json(
    verdict: Verdict, *, first_alert_s: float | None, alerts: int, cases: int, tasks: int,
    run_s: float,
) -> dict[str, Any]:  # fmt: skip
    """The report file's content; counts are numbers, incidents carry their ground truth."""
    return {
        "first_alert_s": round(first_alert_s, 2) if first_alert_s is not None else None,
        "incidents": [
            {
                "incident_id": item.incident_id,
                "case_id": item.case_id,
                "kind": item.kind,
                "camera": item.camera_id,
                "view": item.view_id,
                "began_at": item.began_at.isoformat(),
                "ground_truth": None
                if fact is None
                else {"fact_id": fact.fact_id, "began_at": fact.began_at.isoformat()},
            }
            for item, fact in verdict.pairs
        ],
        "silent_sensors": [
            {"sensor": item.sensor_id, "began_at": item.began_at.isoformat()}
            for item in verdict.silence.found
        ],
        "silent_missed": [item.sensor_id for item in verdict.silence.missed],
        "silent_false": verdict.silence.false,
        "cases": cases,
        "tasks": tasks,
        "alerts": alerts,
        "missed": len(verdict.missed),
        "false": len(verdict.false),
        "duplicated": len(verdict.duplicated),
        "pending": len(verdict.pending),
        "run_s": round(run_s, 1),
        "ok": verdict.perfect,
    }
