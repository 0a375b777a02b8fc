"""Which camera is looked at next: whoever's turn came first.

Every camera has its interval and its own phase, so that looks spread evenly. Turns are kept on a
clock of their own, which waits as long as the first turn is late. When there is more to do than
the machine can, that clock is slow, and so all intervals are longer by the same factor: a camera
on which something is open still gets its larger share, none starves, and the machine never rests.
By what factor, and how many looks were left out, is told.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

GOLDEN = 0.618034
"""Phases of cameras that come one after the other, each far from those before it."""
RETRY_S = 0.25
"""How soon to ask again for a camera that had no new keyframe."""
GRACE_S = 0.2
"""A turn that is so late is in time; for one that is later the clock waits."""
TOLD_EVERY_S = 5.0
"""The factor is that of the last so many seconds."""
LONGEST = 20.0


@dataclass(slots=True)
class _Turn:
    interval_s: float
    due_s: float
    """On the clock of turns."""
    entry: int = 0
    """Number of its entry in the queue; 0 while it is being looked at."""


class LookScheduler:
    """Turns of all cameras; times passed in are monotonic seconds.

    Args:
        intervals: Seconds between two looks, by camera.
        start_s: Now.
    """

    def __init__(self, intervals: Mapping[str, float], start_s: float) -> None:
        self._turns: dict[str, _Turn] = {}
        self._queue: list[tuple[float, int, str]] = []
        self._entries = 0
        self._added = 0
        self._seen_s = self._told_s = start_s
        self._clock_s = 0.0
        self._waited_s = 0.0
        self._begun, self._overrun = 0, 0.0
        self._per_s = 0.0
        self._skipped = 0.0
        self._stretch = 1.0
        for index, (camera_id, interval_s) in enumerate(intervals.items()):
            self._enter(camera_id, interval_s, interval_s * index / len(intervals))

    def add(self, camera_id: str, interval_s: float, now_s: float) -> None:
        """One camera more, in a phase of its own.

        Args:
            camera_id: The camera; one that is known already begins anew.
            interval_s: Seconds between two looks.
            now_s: Now.
        """
        self._advance(now_s)
        self.remove(camera_id)
        phase = self._added * GOLDEN % 1.0
        self._added += 1
        self._enter(camera_id, interval_s, self._clock_s + interval_s * phase)

    def remove(self, camera_id: str) -> None:
        """No more turns for a camera; a look that is under way may end."""
        turn = self._turns.pop(camera_id, None)
        if turn is not None:
            self._per_s -= 1 / turn.interval_s

    def due(self, now_s: float, room: int) -> list[str]:
        """Cameras whose turn it is and that are not being looked at, the first turn first.

        Args:
            now_s: Now.
            room: At most so many.
        """
        found: list[tuple[float, int, str]] = []
        while len(found) < room and self.is_behind(now_s):
            found.append(heapq.heappop(self._queue))
        for entry in found:  # it stays until the caller has begun, or found nothing new
            heapq.heappush(self._queue, entry)
        return [camera_id for _, _, camera_id in found]

    def is_behind(self, now_s: float) -> bool:
        """Whether a camera waits for its turn."""
        self._advance(now_s)
        first_s = self._first()
        return first_s is not None and first_s <= self._clock_s

    def begin(self, camera_id: str, now_s: float) -> float:
        """A look begins; returns how many seconds after its turn, which load put off, it does."""
        self._advance(now_s)
        turn = self._turns[camera_id]
        self._begun += 1
        lag_s = max(0.0, self._clock_s - turn.due_s)
        turn.due_s += turn.interval_s
        turn.entry = 0
        return lag_s

    @property
    def skipped(self) -> int:
        """Looks left out because the machine was too slow for them."""
        return int(self._skipped)

    @property
    def stretch(self) -> float:
        """By what factor all intervals were longer lately; 1 while the machine keeps up."""
        return self._stretch

    def end(self, camera_id: str) -> None:
        """The look is done; the camera may have its next turn, unless it was removed."""
        turn = self._turns.get(camera_id)
        if turn is None or turn.entry:
            return
        overrun = max(0.0, self._clock_s - turn.due_s) / turn.interval_s
        self._overrun += overrun  # the look took longer than its interval
        self._skipped += overrun
        turn.due_s = max(turn.due_s, self._clock_s)
        self._queue_up(camera_id, turn)

    def nothing_new(self, camera_id: str, now_s: float) -> None:
        """The camera has no new keyframe; ask again soon, without counting it as left out."""
        self._advance(now_s)
        turn = self._turns[camera_id]
        turn.due_s = self._clock_s + min(RETRY_S, turn.interval_s)
        self._queue_up(camera_id, turn)

    def set_interval(self, camera_id: str, interval_s: float) -> None:
        """Look more or less often from the next turn on; a shorter interval counts at once."""
        turn = self._turns.get(camera_id)
        if turn is None or turn.interval_s == interval_s:
            return
        if interval_s < turn.interval_s:
            sooner_s = turn.due_s - (turn.interval_s - interval_s)
            turn.due_s = min(turn.due_s, max(sooner_s, self._clock_s))
            if turn.entry:
                self._queue_up(camera_id, turn)
        self._per_s += 1 / interval_s - 1 / turn.interval_s
        turn.interval_s = interval_s

    def _enter(self, camera_id: str, interval_s: float, due_s: float) -> None:
        turn = self._turns[camera_id] = _Turn(interval_s, due_s)
        self._per_s += 1 / interval_s
        self._queue_up(camera_id, turn)

    def _queue_up(self, camera_id: str, turn: _Turn) -> None:
        self._entries += 1
        turn.entry = self._entries
        heapq.heappush(self._queue, (turn.due_s, turn.entry, camera_id))

    def _first(self) -> float | None:
        """When the first turn is; None if all cameras are being looked at."""
        while self._queue:
            due_s, entry, camera_id = self._queue[0]
            turn = self._turns.get(camera_id)
            if turn is not None and turn.entry == entry:
                return due_s
            heapq.heappop(self._queue)  # it was moved, begun or removed meanwhile
        return None

    def _advance(self, now_s: float) -> None:
        """Let the clock of turns go on, as far as the first turn lets it."""
        passed_s = max(0.0, now_s - self._seen_s)
        self._seen_s += passed_s
        first_s = self._first()
        room_s = passed_s if first_s is None else max(0.0, first_s + GRACE_S - self._clock_s)
        self._clock_s += min(passed_s, room_s)
        waited_s = max(0.0, passed_s - room_s)
        self._waited_s += waited_s
        self._skipped += waited_s * self._per_s
        if self._seen_s - self._told_s >= TOLD_EVERY_S:
            self._tell()

    def _tell(self) -> None:
        """By what factor intervals were longer: slow turns, and looks that overran them."""
        window_s = self._seen_s - self._told_s
        slower = window_s / max(window_s - self._waited_s, window_s / LONGEST)
        longer = 1 + self._overrun / max(1, self._begun)
        self._stretch = min(LONGEST, slower * longer) if self._waited_s or self._overrun else 1.0
        self._told_s, self._waited_s = self._seen_s, 0.0
        self._begun, self._overrun = 0, 0.0
