"""Which camera is looked at next.

Every camera has its interval and its own phase, so that looks spread evenly. When there is more to
do than the machine can, all intervals lengthen by the same factor, so that a camera on which
something is open still gets its larger share and none starves; the factor is told. Whoever should
have been looked at first goes first. What was left out is counted.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

PATIENCE = 0.25
"""A look later than this share of its interval loses its phase."""
GOLDEN = 0.618034
"""Phases of cameras that come one after the other, each far from those before it."""
RETRY_S = 0.25
"""How soon to ask again for a camera that had no new keyframe."""
ADJUST_S = 2.0
"""How often the factor is thought over; it grows less often the larger it is, as few looks answer
slowly."""
GRACE_S = 0.1
"""A look that is so late is in time."""
LATE, IN_TIME = 0.2, 0.1
"""Mean lateness, in intervals, above which intervals lengthen, and below which they shorten."""
LONGER_AT_ONCE, SHORTER = 1.5, 0.93
LONGEST = 20.0


@dataclass(slots=True)
class _Turn:
    interval_s: float
    due_s: float
    entry: int = 0
    """Number of its entry in the queue; 0 while it is being looked at."""


class LookScheduler:
    """Turns of all cameras; times are monotonic seconds passed in.

    Args:
        intervals: Seconds between two looks, by camera.
        start_s: Now.
    """

    def __init__(self, intervals: Mapping[str, float], start_s: float) -> None:
        self._turns: dict[str, _Turn] = {}
        self._queue: list[tuple[float, int, str]] = []
        self._entries = 0
        self._skipped = 0.0
        self._added = 0
        self._stretch = 1.0
        self._thought_s = self._grown_s = start_s
        self._begun = 0
        self._lateness = 0.0
        for index, (camera_id, interval_s) in enumerate(intervals.items()):
            self._enter(camera_id, interval_s, start_s + interval_s * index / len(intervals))

    def add(self, camera_id: str, interval_s: float, now_s: float) -> None:
        """One camera more, in a phase of its own.

        Args:
            camera_id: The camera; one that is known already begins anew.
            interval_s: Seconds between two looks.
            now_s: Now.
        """
        phase = self._added * GOLDEN % 1.0
        self._added += 1
        self._enter(camera_id, interval_s, now_s + interval_s * phase)

    def remove(self, camera_id: str) -> None:
        """No more turns for a camera; a look that is under way may end."""
        self._turns.pop(camera_id, None)

    def due(self, now_s: float, room: int) -> list[str]:
        """Cameras whose turn it is and that are not being looked at, most overdue first.

        Args:
            now_s: Now.
            room: At most so many.
        """
        self._think(now_s)
        found: list[tuple[float, int, str]] = []
        while len(found) < room and self.is_behind(now_s):
            found.append(heapq.heappop(self._queue))
        for entry in found:  # it stays until the caller has begun, or found nothing new
            heapq.heappush(self._queue, entry)
        return [camera_id for _, _, camera_id in found]

    def is_behind(self, now_s: float) -> bool:
        """Whether a camera waits for its turn."""
        while self._queue:
            due_s, entry, camera_id = self._queue[0]
            turn = self._turns.get(camera_id)
            if turn is not None and turn.entry == entry:
                return due_s <= now_s
            heapq.heappop(self._queue)  # it was moved, begun or removed meanwhile
        return False

    def begin(self, camera_id: str, now_s: float) -> float:
        """A look begins; returns how many seconds after its turn it does."""
        turn = self._turns[camera_id]
        lag_s = max(0.0, now_s - turn.due_s)
        step_s = turn.interval_s * self._stretch
        self._begun += 1
        self._lateness += max(0.0, lag_s - GRACE_S) / step_s
        self._skipped += self._stretch - 1
        if lag_s > step_s * PATIENCE:  # overload: let the phase go, else some starve
            self._skipped += lag_s / turn.interval_s
            turn.due_s = now_s + step_s
        else:
            turn.due_s += step_s
        turn.entry = 0
        return lag_s

    @property
    def skipped(self) -> int:
        """Looks left out because the machine was too slow for them."""
        return int(self._skipped)

    @property
    def stretch(self) -> float:
        """By what factor all intervals are lengthened now; 1 while the machine keeps up."""
        return self._stretch

    def end(self, camera_id: str) -> None:
        """The look is done; the camera may have its next turn, unless it was removed."""
        turn = self._turns.get(camera_id)
        if turn is not None and not turn.entry:
            self._queue_up(camera_id, turn)

    def nothing_new(self, camera_id: str, now_s: float) -> None:
        """The camera has no new keyframe; ask again soon, without counting it as left out."""
        turn = self._turns[camera_id]
        turn.due_s = now_s + min(RETRY_S, turn.interval_s)
        self._queue_up(camera_id, turn)

    def set_interval(self, camera_id: str, interval_s: float) -> None:
        """Look more or less often from the next turn on; a shorter interval counts at once."""
        turn = self._turns.get(camera_id)
        if turn is None or turn.interval_s == interval_s:
            return
        if interval_s < turn.interval_s:
            turn.due_s -= (turn.interval_s - interval_s) * self._stretch
            if turn.entry:
                self._queue_up(camera_id, turn)
        turn.interval_s = interval_s

    def _enter(self, camera_id: str, interval_s: float, due_s: float) -> None:
        turn = self._turns[camera_id] = _Turn(interval_s, due_s)
        self._queue_up(camera_id, turn)

    def _queue_up(self, camera_id: str, turn: _Turn) -> None:
        self._entries += 1
        turn.entry = self._entries
        heapq.heappush(self._queue, (turn.due_s, turn.entry, camera_id))

    def _think(self, now_s: float) -> None:
        """Lengthen the intervals while looks come late, shorten them again while they don't."""
        if now_s - self._thought_s < ADJUST_S:
            return
        late = self._lateness / self._begun if self._begun else self._waiting(now_s)
        self._thought_s, self._begun, self._lateness = now_s, 0, 0.0
        if late > LATE and now_s - self._grown_s >= ADJUST_S * self._stretch:
            self._grown_s = now_s
            longer = min(LONGER_AT_ONCE, 1 + late / 2)
            self._stretch = min(LONGEST, self._stretch * longer)
        elif late < IN_TIME:
            self._stretch = max(1.0, self._stretch * SHORTER)

    def _waiting(self, now_s: float) -> float:
        """How late the first look is that has not even begun, in intervals."""
        if not self.is_behind(now_s):
            return 0.0
        due_s, _, camera_id = self._queue[0]
        step_s = self._turns[camera_id].interval_s * self._stretch
        return max(0.0, now_s - due_s - GRACE_S) / step_s
