"""Faults a real camera can have, put on purpose for a time."""

from __future__ import annotations

from enum import StrEnum

from yitong_command.demo.farm.clip import Clip, Picture

SLOW_S = 20.0
STORM_S = 0.7


class Fault(StrEnum):
    """What is wrong with a camera.

    ``drop`` closes every connection, ``storm`` each one a moment after it plays, ``refuse`` knows
    no login any more, ``slow`` sends a key picture now and then, ``move`` shows the scene as if
    somebody had pushed the camera, ``blur`` as if the lens had lost its focus.
    """

    NONE = "none"
    FREEZE = "freeze"
    BLACK = "black"
    DROP = "drop"
    CORRUPT = "corrupt"
    SLOW = "slow"
    STORM = "storm"
    REFUSE = "refuse"
    MOVE = "move"
    BLUR = "blur"


INSTEAD = frozenset({Fault.BLACK, Fault.MOVE, Fault.BLUR})
"""Another clip is shown instead of the scene."""


class FaultState:
    """A camera's fault and what it does to the pictures.

    A camera that froze or shows another clip goes back to its scene only at the scene's next key
    picture, so the client never gets a picture whose references it did not see.
    """

    def __init__(self) -> None:
        self._fault = Fault.NONE
        self._until: float | None = None
        self._showing = Fault.NONE
        self._frozen: Picture | None = None
        self._instead: Clip | None = None
        self._index = 0
        self._slow_at = 0.0

    def set(self, fault: Fault, until: float | None, instead: Clip | None = None) -> None:
        """Put a fault on, or take it off with ``NONE``.

        Args:
            fault: Which.
            until: Clock time at which it passes, or None.
            instead: The clip to show for those in :data:`INSTEAD`.
        """
        self._fault = fault
        self._until = until
        if fault in INSTEAD:
            self._instead = instead
            self._index = 0

    def now(self, clock: float) -> Fault:
        """The fault in force."""
        if self._until is not None and clock >= self._until:
            self._fault = Fault.NONE
            self._until = None
        return self._fault

    def shown(self, picture: Picture, clock: float) -> Picture | None:
        """What is sent instead of the scene's picture; None for nothing."""
        fault = self.now(clock)
        if fault is Fault.SLOW:
            return self._slowed(picture, clock)
        if fault is Fault.FREEZE or fault in INSTEAD:
            self._showing = fault
        elif picture.key:
            self._showing = Fault.NONE
        if self._showing in INSTEAD and self._instead:
            other = self._instead.pictures[self._index % len(self._instead.pictures)]
            self._index += 1
            return other
        if self._showing is Fault.FREEZE:
            self._frozen = self._frozen or picture
            return self._frozen if picture.key else None
        if picture.key:
            self._frozen = picture
        return picture

    def _slowed(self, picture: Picture, clock: float) -> Picture | None:
        if picture.key and clock - self._slow_at < SLOW_S:
            return None
        if picture.key:
            self._slow_at = clock
        return picture
