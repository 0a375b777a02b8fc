"""What is remembered of a view's scene, and whether its newest picture still shows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from yitong_command.ingest.reference import Glance, Light, Reference, likeness
from yitong_command.rules import camera_scene
from yitong_command.rules.camera_scene import MOVED_BELOW, Measures, SceneState, Trouble

ALIKE = camera_scene.BACK_ABOVE
LIGHTS = 2
KEEP_EVERY = timedelta(minutes=10)


@dataclass(slots=True)
class SceneMemory:
    """What is remembered of one view's scene; used from the event loop only.

    Attributes:
        references: What it looks like, one for each light it was seen in, at most two.
        learning: The next one, while too few pictures made it.
        light: Of the newest picture that was found to show the scene.
        state: Where the judgement stands.
    """

    references: tuple[Reference, ...] = ()
    learning: Reference | None = None
    light: Light | None = None
    state: SceneState = field(default_factory=SceneState)
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)
    _kept_at: datetime | None = field(default=None, repr=False)

    @property
    def calm(self) -> bool:
        """Whether it is known and nothing is wrong: a picture that is as before is in order too."""
        known = bool(self.references) and self.learning is None
        return known and self.state == SceneState()

    def look(self, seen: Glance, at: datetime) -> Trouble | None:
        """Take one picture in; the trouble for which it must not be judged, or None.

        Args:
            seen: The picture.
            at: Its capture time.
        """
        before = (self.state.trouble, len(self.references))
        best, score = self._most_like(seen)
        # Unlike because the light went on or off just now, and not because it was moved.
        switched = self.light is None or self.light.differs(seen.light)
        strange = best is None or (score < MOVED_BELOW and switched)
        measures = seen.measures
        if best is not None and not strange:
            measures = _compared(measures, score, seen.fineness / max(0.05, best.fineness))
        self.state = camera_scene.step(self.state, measures, at)
        if self.state.doubted is None:
            if strange:
                self._learn(seen, at)
            elif best is not None and score >= ALIKE:
                self.learning, self.light = None, seen.light
                updated = best.and_also(seen, at)
                self.references = tuple(updated if one is best else one for one in self.references)
        changed = before != (self.state.trouble, len(self.references))
        if changed or self._kept_at is None or at - self._kept_at >= KEEP_EVERY:
            self._keep(at)
        return self.state.doubted

    def relearn(self) -> None:
        """Forget the references: the next pictures show what the view is to look like."""
        self.references, self.learning, self.light = (), None, None
        self.state = SceneState()
        self._kept, self._kept_at = {}, None

    def to_json(self) -> dict[str, Any]:
        """Plain values; they change with the judgement and otherwise every ten minutes."""
        return self._kept

    def restore(self, value: dict[str, Any]) -> None:
        """Go on from what `to_json` gave; ValueError if it is something else."""
        references = tuple(Reference.from_json(one) for one in value.get("references", ()))
        trouble = value.get("trouble")
        self.state = SceneState(Trouble(trouble) if trouble else None)
        self.references, self.learning, self._kept = references[:LIGHTS], None, value
        light = value.get("light")
        self.light = Light(float(light[0]), float(light[1])) if light else None

    def _most_like(self, seen: Glance) -> tuple[Reference | None, float]:
        scored = [(likeness(one.field, seen.field), one) for one in self.references]
        if not scored:
            return None, 0.0
        score, best = max(scored, key=lambda item: item[0])
        return best, score

    def _learn(self, seen: Glance, at: datetime) -> None:
        """One more picture of a light that is not known yet."""
        known = self.learning
        if known is None or likeness(known.field, seen.field) < ALIKE:
            self.learning = Reference.first(seen, at)  # the first, or it is unsteady yet
            return
        self.learning = known.and_also(seen, at)
        if self.learning.ready:
            newest = sorted(self.references, key=lambda one: one.at)[1 - LIGHTS :]
            self.references, self.learning = (*newest, self.learning), None
            self.light = seen.light

    def _keep(self, at: datetime) -> None:
        self._kept_at = at
        self._kept = {"references": [one.to_json() for one in self.references]}
        if self.light is not None:
            self._kept["light"] = [round(self.light.level, 1), round(self.light.chroma, 1)]
        if self.state.trouble is not None:
            self._kept["trouble"] = self.state.trouble.value


def _compared(measures: Measures, score: float, sharpness: float) -> Measures:
    return replace(measures, likeness=score, sharpness=sharpness)
