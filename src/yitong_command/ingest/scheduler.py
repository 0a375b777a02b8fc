"""Which camera is looked at next: whoever's newest look is oldest, for what was asked of it.

A camera's turn is one interval after its last picture was taken. Of those whose turn it is, the one
goes first that has waited longest, counted in its own intervals. When there is more to do than the
machine can, all intervals lengthen by the same factor thereby: a camera on which something is open
still gets its larger share, none starves, and the machine rests only when nobody waits. By what
factor, and how many looks were left out, is told.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

GOLDEN = 0.618034
"""Phases of cameras that come one after the other, each far from those before it."""
RETRY_S = 0.25
"""How soon to ask again for a camera that had no new keyframe."""
LATE_S, LATE_SHARE = 0.1, 0.1
"""A picture comes so late at most, as a rule, in seconds and in intervals: whoever asks before gets
the one before it."""
GRACE_S = 0.2
"""A look that is so late is in time."""
TOLD_EVERY_S = 5.0
"""The factor is that of the looks of so many seconds."""

_Queue = list[tuple[float, int, str]]


@dataclass(slots=True)
class _Turn:
    interval_s: float
    last_s: float
    """When the picture last looked at was taken."""
    due_s: float
    entry: int = 0
    """Number of its entry in a queue; 0 while it is being looked at."""


class LookScheduler:
    """Turns of all cameras; times are monotonic seconds passed in.

    Args:
        intervals: Seconds between two looks, by camera.
        start_s: Now.
    """

    def __init__(self, intervals: Mapping[str, float], start_s: float) -> None:
        self._turns: dict[str, _Turn] = {}
        self._asleep: _Queue = []
        """By the time of their turn."""
        self._awake: dict[float, _Queue] = {}
        """Whose turn it is, by their interval; the one that has waited longest first."""
        self._entries = 0
        self._added = 0
        self._skipped = 0.0
        self._stretch = 1.0
        self._told_s, self._looks, self._longer = start_s, 0, 0.0
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
        """Cameras whose turn it is and that are not being looked at, in the order of their turns.

        Args:
            now_s: Now.
            room: At most so many.
        """
        found: list[tuple[_Queue, tuple[float, int, str]]] = []
        while len(found) < room and (queue := self._first(now_s)) is not None:
            found.append((queue, heapq.heappop(queue)))
        for queue, entry in found:  # it stays until the caller has begun, or found nothing new
            heapq.heappush(queue, entry)
        return [camera_id for _, (_, _, camera_id) in found]

    def is_behind(self, now_s: float) -> bool:
        """Whether a camera waits for its turn."""
        return self._first(now_s) is not None

    def begin(self, camera_id: str, now_s: float, age_s: float = 0.0) -> float:
        """A look begins; returns how many seconds after its turn it does.

        Args:
            camera_id: The camera.
            now_s: Now.
            age_s: How long ago its picture was taken.
        """
        turn = self._turns[camera_id]
        lag_s = max(0.0, now_s - turn.due_s)
        taken_s = now_s - min(max(0.0, age_s), turn.interval_s)
        ready_s = taken_s + min(LATE_S, turn.interval_s * LATE_SHARE)
        if lag_s > GRACE_S:
            waited_s = min(taken_s - turn.last_s, turn.interval_s + lag_s)
            self._longer += max(0.0, waited_s / turn.interval_s - 1)
        else:  # in time: it keeps its phase
            ready_s = min(ready_s, turn.due_s)
        self._looks += 1
        turn.last_s, turn.due_s, turn.entry = taken_s, ready_s + turn.interval_s, 0
        if now_s - self._told_s >= TOLD_EVERY_S:
            self._tell(now_s)
        return lag_s

    @property
    def skipped(self) -> int:
        """Looks left out because the machine was too slow for them."""
        return int(self._skipped + self._longer)

    @property
    def stretch(self) -> float:
        """By what factor intervals were longer lately; 1 while the machine keeps up."""
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
        turn.due_s += interval_s - turn.interval_s
        turn.interval_s = interval_s
        if turn.entry:
            self._queue_up(camera_id, turn)

    def _enter(self, camera_id: str, interval_s: float, due_s: float) -> None:
        turn = self._turns[camera_id] = _Turn(interval_s, due_s - interval_s, due_s)
        self._queue_up(camera_id, turn)

    def _queue_up(self, camera_id: str, turn: _Turn) -> None:
        self._entries += 1
        turn.entry = self._entries
        heapq.heappush(self._asleep, (turn.due_s, turn.entry, camera_id))

    def _turn_of(self, item: tuple[float, int, str]) -> _Turn | None:
        """Whose turn an entry is, unless it was moved, begun or removed meanwhile."""
        _, entry, camera_id = item
        turn = self._turns.get(camera_id)
        return turn if turn is not None and turn.entry == entry else None

    def _first(self, now_s: float) -> _Queue | None:
        """The queue at the head of which the camera is that is to be looked at first, if any."""
        while self._asleep and self._asleep[0][0] <= now_s:
            item = heapq.heappop(self._asleep)
            if (turn := self._turn_of(item)) is not None:
                queue = self._awake.setdefault(turn.interval_s, [])
                heapq.heappush(queue, (turn.last_s, *item[1:]))
        best, longest = None, 0.0
        for interval_s, queue in self._awake.items():
            while queue and self._turn_of(queue[0]) is None:
                heapq.heappop(queue)
            if queue and (waited := (now_s - queue[0][0]) / interval_s) > longest:
                best, longest = queue, waited
        return best

    def _tell(self, now_s: float) -> None:
        """By what factor intervals were longer since it was told last."""
        self._stretch = 1 + self._longer / self._looks
        self._skipped += self._longer
        self._told_s, self._looks, self._longer = now_s, 0, 0.0
