"""Faults a real camera can have, put on purpose for a time."""

from __future__ import annotations

from enum import StrEnum

from yitong_command.demo.farm.clip import Clip, Picture

SLOW_S = 20.0
STORM_S = 0.7


class Fault(StrEnum):
    """What is wrong with a camera.

    ``drop`` closes every connection, ``storm`` each one a moment after it plays, ``refuse`` knows
    no login any more, ``slow`` sends a picture now and then.
    """

    NONE = "none"
    FREEZE = "freeze"
    BLACK = "black"
    DROP = "drop"
    CORRUPT = "corrupt"
    SLOW = "slow"
    STORM = "storm"
    REFUSE = "refuse"


class FaultState:
    """A camera's fault and what it does to the pictures.

    A frozen or black camera goes back to its scene only at the scene's next key picture, so the
    client never gets a picture whose references it did not see.
    """

    def __init__(self) -> None:
        self._fault = Fault.NONE
        self._until: float | None = None
        self._showing = Fault.NONE
        self._frozen: Picture | None = None
        self._black: Clip | None = None
        self._black_index = 0
        self._slow_at = 0.0

    def set(self, fault: Fault, until: float | None, black: Clip | None = None) -> None:
        """Put a fault on, or take it off with ``NONE``.

        Args:
            fault: Which.
            until: Clock time at which it passes, or None.
            black: The clip to show for ``BLACK``.
        """
        self._fault = fault
        self._until = until
        if fault is Fault.BLACK:
            self._black = black
            self._black_index = 0

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
        if fault in (Fault.FREEZE, Fault.BLACK):
            self._showing = fault
        elif picture.key:
            self._showing = Fault.NONE
        if self._showing is Fault.BLACK and self._black:
            black = self._black.pictures[self._black_index % len(self._black.pictures)]
            self._black_index += 1
            return black
        if self._showing is Fault.FREEZE:
            self._frozen = self._frozen or picture
            return self._frozen if picture.key else None
        if picture.key:
            self._frozen = picture
        return picture

    def _slowed(self, picture: Picture, clock: float) -> Picture | None:
        if not picture.key or clock - self._slow_at < SLOW_S:
            return None
        self._slow_at = clock
        return picture
