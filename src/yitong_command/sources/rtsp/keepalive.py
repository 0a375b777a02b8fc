"""Telling a camera that we are still there, in the way it listens to."""

from __future__ import annotations

DEFAULT_TIMEOUT_S = 60
_SHARE = 3.0
_UNSUPPORTED = range(400, 600)
_ABOUT_THE_SESSION = (401, 454)


class KeepAlive:
    """Which request keeps a session alive, and when it is due.

    Some cameras count OPTIONS, some GET_PARAMETER, and some offer both and count one of them. So
    both take turns, three times per timeout, and one that is refused is left out from then on:
    whichever a camera counts comes well before its session ends.
    """

    def __init__(self) -> None:
        self._methods = ["OPTIONS"]
        self._turn = 0
        self._asked = "OPTIONS"
        self._every_s = DEFAULT_TIMEOUT_S / _SHARE
        self._due_s = 0.0

    def offers(self, public: str) -> None:
        """Take the methods that the camera says it knows."""
        if "GET_PARAMETER" in public.upper():
            self._methods = ["GET_PARAMETER", "OPTIONS"]

    def timeout(self, seconds: int) -> None:
        """Take the time after which the camera ends a silent session."""
        self._every_s = max(1.0, seconds / _SHARE)

    def begin(self, now_s: float) -> None:
        """The camera plays from now on."""
        self._due_s = now_s + self._every_s

    def due(self, now_s: float) -> str | None:
        """The request to send now, or None."""
        if now_s < self._due_s:
            return None
        self._due_s = now_s + self._every_s
        self._asked = self._methods[self._turn % len(self._methods)]
        self._turn += 1
        return self._asked

    def answered(self, status: int) -> None:
        """Take the answer to the last request."""
        if status not in _UNSUPPORTED or status in _ABOUT_THE_SESSION:
            return
        others = [method for method in self._methods if method != self._asked]
        self._methods = others or ["OPTIONS"]
