"""Which camera is looked at next.

Every camera has its interval and its own phase, so that looks spread evenly. When there is more to
do than the machine can, the camera that has waited longest goes first: all intervals lengthen
together, none starves, and what was left out is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PATIENCE = 0.25
"""A look later than this share of its interval loses its phase."""
GOLDEN = 0.618034
"""Phases of cameras that come one after the other, each far from those before it."""
RETRY_S = 0.25
"""How soon to ask again for a camera that had no new keyframe."""


@dataclass(slots=True)
class _Turn:
    interval_s: float
    due_s: float
    begun_s: float
    busy: bool = False
    looks: int = 0


class LookScheduler:
    """Turns of all cameras; times are monotonic seconds passed in.

    Args:
        intervals: Seconds between two looks, by camera.
        start_s: Now.
    """

    def __init__(self, intervals: Mapping[str, float], start_s: float) -> None:
        self._turns = {
            camera_id: _Turn(
                interval_s, start_s + interval_s * index / max(1, len(intervals)), start_s
            )
            for index, (camera_id, interval_s) in enumerate(intervals.items())
        }
        self._skipped = 0.0
        self._added = 0

    def add(self, camera_id: str, interval_s: float, now_s: float) -> None:
        """One camera more, in a phase of its own.

        Args:
            camera_id: The camera; one that is known already begins anew.
            interval_s: Seconds between two looks.
            now_s: Now.
        """
        phase = self._added * GOLDEN % 1.0
        self._added += 1
        self._turns[camera_id] = _Turn(interval_s, now_s + interval_s * phase, now_s)

    def remove(self, camera_id: str) -> None:
        """No more turns for a camera; a look that is under way may end."""
        self._turns.pop(camera_id, None)

    def due(self, now_s: float, room: int) -> list[str]:
        """Cameras whose turn it is and that are not being looked at, most overdue first.

        Args:
            now_s: Now.
            room: At most so many.
        """
        if room <= 0:
            return []
        waiting = sorted(
            (turn.begun_s + turn.interval_s, turn.looks, camera_id)
            for camera_id, turn in self._turns.items()
            if not turn.busy and turn.due_s <= now_s
        )
        return [camera_id for _, _, camera_id in waiting[:room]]

    def begin(self, camera_id: str, now_s: float) -> float:
        """A look begins; returns how many seconds after its turn it does."""
        turn = self._turns[camera_id]
        lag_s = max(0.0, now_s - turn.due_s)
        turn.busy = True
        turn.begun_s = now_s
        turn.looks += 1
        if lag_s > turn.interval_s * PATIENCE:  # overload: let the phase go, else some starve
            self._skipped += lag_s / turn.interval_s
            turn.due_s = now_s + turn.interval_s
        else:
            turn.due_s += turn.interval_s
        return lag_s

    @property
    def skipped(self) -> int:
        """Looks left out because the machine was too slow for them."""
        return int(self._skipped)

    def end(self, camera_id: str) -> None:
        """The look is done; the camera may have its next turn, unless it was removed."""
        turn = self._turns.get(camera_id)
        if turn is not None:
            turn.busy = False

    def nothing_new(self, camera_id: str, now_s: float) -> None:
        """The camera has no new keyframe; ask again soon, without counting it as left out."""
        turn = self._turns[camera_id]
        turn.due_s = now_s + min(RETRY_S, turn.interval_s)

    def set_interval(self, camera_id: str, interval_s: float) -> None:
        """Look more or less often from the next turn on; a shorter interval counts at once."""
        turn = self._turns.get(camera_id)
        if turn is None:
            return
        if interval_s < turn.interval_s:
            turn.due_s -= turn.interval_s - interval_s
        turn.interval_s = interval_s
