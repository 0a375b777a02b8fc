"""Which messages of the live feed a screen may show: by role, by area, or one's own."""

from __future__ import annotations

from dataclasses import dataclass

from yitong_command.domain.roles import DESK, Role, in_area
from yitong_command.web.live.ring import Entry
from yitong_command.web.live.wire import sse

DEVICES = frozenset({"camera", "fault"})
_EVENTS = {Role.WALL: DEVICES | {"alert", "case"}, Role.ADMIN: DEVICES}
_NUDGE = sse("wall", "{}")


Sight = tuple[Role, str, tuple[str, ...], frozenset[str] | None]
"""What a view shows by; two with the same one show the same."""


@dataclass(frozen=True, slots=True)
class View:
    """What one screen may show.

    Attributes:
        role: Of the person who watches.
        username: Their account: a worker sees what is theirs, and nothing else.
        area: Their area.
        cameras: Cameras in it, or None for all.
    """

    role: Role
    username: str = ""
    area: tuple[str, ...] = ()
    cameras: frozenset[str] | None = None

    @property
    def sight(self) -> Sight:
        """What it shows by: the account counts for a worker alone."""
        own = self.username if self.role is Role.WORKER else ""
        return self.role, own, self.area, self.cameras

    def shows(self, entry: Entry) -> bool:
        """Whether this screen gets a message."""
        if self.role is Role.WORKER:
            return entry.reader == self.username
        if self.role not in DESK and entry.event not in _EVENTS.get(self.role, frozenset()):
            return False
        if entry.event in DEVICES:
            return self._shows_any(entry.cameras)
        return in_area(self.role, self.area, entry.grid_code)

    def body(self, entry: Entry) -> bytes:
        """What this screen gets of it: a wall is only told that its numbers have changed."""
        if self.role is Role.WALL and entry.event not in DEVICES:
            return _NUDGE
        return entry.body

    def shows_camera(self, camera_id: str) -> bool:
        """Whether this screen is told how a camera is."""
        return self.role is not Role.WORKER and self._shows_any((camera_id,))

    def _shows_any(self, cameras: tuple[str, ...]) -> bool:
        return self.cameras is None or any(name in self.cameras for name in cameras)


EVERYTHING = View(Role.OPERATOR)
"""The desk of the whole county."""
