"""Ground truth: what is really to be seen, in wall clock time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from yitong_command.domain.incident import IncidentKind


@dataclass(frozen=True, slots=True)
class Fact:
    """A condition on a view of a camera, whether anybody looks at it or not.

    Attributes:
        fact_id: Unique in this run of the farm.
        kind: What it is.
        camera_id: Camera.
        view_id: View, or preset of a ball camera.
        state: Finer word, "" where there is none.
        began_at: Wall clock UTC.
        ended_at: Wall clock UTC, or None while nothing ends it.
    """

    fact_id: str
    kind: IncidentKind
    camera_id: str
    view_id: str
    state: str
    began_at: datetime
    ended_at: datetime | None


class TruthLog:
    """All facts of a run of the farm, including those about to begin or end."""

    def __init__(self) -> None:
        self._facts: list[Fact] = []
        self._count = 0

    def add(
        self,
        kind: IncidentKind,
        camera_id: str,
        view_id: str,
        state: str,
        began_at: datetime,
        ended_at: datetime | None,
    ) -> None:
        """Note a condition; its times may lie ahead."""
        self._count += 1
        fact_id = f"{camera_id}-{view_id}-{self._count}"
        self._facts.append(Fact(fact_id, kind, camera_id, view_id, state, began_at, ended_at))

    def end(self, camera_id: str, at: datetime) -> None:
        """The camera's scene was put right: what lasts ends now, what was ahead never happens."""
        kept = []
        for fact in self._facts:
            if fact.camera_id == camera_id:
                if fact.began_at >= at:
                    continue
                if fact.ended_at is None or fact.ended_at > at:
                    fact = replace(fact, ended_at=at)
            kept.append(fact)
        self._facts = kept

    def lasting(self, camera_id: str) -> bool:
        """Whether the camera has a condition that only a repair ends."""
        return any(f.camera_id == camera_id and f.ended_at is None for f in self._facts)

    def known(self, at: datetime) -> list[Fact]:
        """The facts that have begun; an end that lies ahead is not told."""
        return [
            replace(fact, ended_at=None) if fact.ended_at and fact.ended_at > at else fact
            for fact in self._facts
            if fact.began_at <= at
        ]
