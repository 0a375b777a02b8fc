"""A process that fires timers, to be killed: `python -m tests.firing DATABASE_URL TIME`."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime

from streams.timers import TimerLoop
from tests.kit import county
from yitong_command.storage.session import make_engine, make_readers, make_sessions


class _Relay:
    def kick(self) -> None:
        """Nothing is sent here."""


async def main(url: str, at: datetime) -> None:
    """Fire what is due until nothing is; says when it begins and when it is done."""
    engine = make_engine(url)
    loop = TimerLoop(
        make_sessions(engine), make_readers(engine), county(), _Relay(), "killed", lambda: at
    )
    # The one killed before had the lease, and this clock stands: it would never run out.
    print("begin", flush=True)
    while await loop.fire_due():
        pass
    print("done", flush=True)
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], datetime.fromisoformat(sys.argv[2])))
