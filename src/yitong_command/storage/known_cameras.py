"""The cameras as the database has them, at hand without asking it each time."""

from __future__ import annotations

import time
from collections.abc import Mapping

from yitong_command.domain.camera import Camera
from yitong_command.storage import camera_records as store
from yitong_command.storage.session import Sessions, transaction

FRESH_S = 1.0


class KnownCameras:
    """All cameras that are watched, by their id, as of the last refresh.

    Args:
        readers: Reading sessions.
        before: What holds until a database knows any camera: those of the configuration files.
    """

    def __init__(self, readers: Sessions, before: Mapping[str, Camera]) -> None:
        self._readers = readers
        self._mark = (0, 0)
        self._read_at = float("-inf")
        self.cameras: dict[str, Camera] = dict(before)

    async def refresh(self, fresh_s: float = FRESH_S) -> bool:
        """Read them again if any has changed; True if so.

        Args:
            fresh_s: What was read less than this many seconds ago is good enough.

        Raises:
            DatabaseDown: If it can't be reached; what was read before stays.
        """
        if time.monotonic() - self._read_at < fresh_s:
            return False
        async with transaction(self._readers) as session:
            mark = await store.mark(session)
            changed = mark != self._mark
            if changed:
                records = await store.list_cameras(session)
                self.cameras = {record.camera.camera_id: record.camera for record in records}
        self._mark, self._read_at = mark, time.monotonic()
        return changed
