"""Seals audit rows soon after they are committed, and anchors the head of the chain.

Every web process runs one; they wait for each other in the database. Rows written by commands and
by the route part are sealed here too.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy.exc import DBAPIError

from yitong_command.errors import ConfigError, DatabaseDown
from yitong_command.storage import sealing
from yitong_command.storage.anchors import anchors_file, write_anchor
from yitong_command.storage.session import transaction
from yitong_command.web.context import Web

log = structlog.get_logger()

EVERY_S = 1.0
ANCHOR_EVERY = timedelta(minutes=1)
LATE = timedelta(seconds=60)
SEALED = Counter("yitong_web_audit_sealed_total", "Audit rows sealed by this process")
UNSEALED = Gauge("yitong_web_audit_unsealed_rows", "Audit rows that are not sealed yet")


async def keep_sealing(web: Web) -> None:
    """Seal and anchor until cancelled; what fails is tried again and told by the health page."""
    anchored = web.clock() - ANCHOR_EVERY
    while True:
        try:
            await seal_all(web)
            if web.clock() - anchored >= ANCHOR_EVERY:
                await anchor(web, web.clock())
                anchored = web.clock()
        except DatabaseDown as exc:
            log.debug("audit_not_sealed", reason=str(exc))
        except (DBAPIError, ConfigError) as exc:
            # A place taken twice, or a full disk: the rows wait, and the health page says so.
            log.warning("audit_not_sealed", reason=str(exc)[:300])
        await asyncio.sleep(EVERY_S)


async def seal_all(web: Web) -> int:
    """Seal every row that waits; returns how many."""
    done = 0
    while True:
        async with transaction(web.readers) as session:
            left = await sealing.waiting(session)
        UNSEALED.set(left.count)
        if not left.count:
            return done
        async with transaction(web.sessions) as session:
            done += (count := await sealing.seal(session))
        SEALED.inc(count)


async def anchor(web: Web, at: datetime) -> None:
    """Write the head of the chain to the anchors' file and to the log.

    Raises:
        ConfigError: If the file can't be written.
    """
    async with transaction(web.readers) as session:
        head = await sealing.head(session)
    if write_anchor(anchors_file(web.settings.data_dir), head, at):
        log.info("audit_anchored", seq=head.seq, hash=head.hash)


async def late(web: Web) -> str:
    """What is wrong with the sealing, or "" while it keeps up."""
    async with transaction(web.readers) as session:
        left = await sealing.waiting(session)
    if left.oldest_at is None or web.clock() - left.oldest_at < LATE:
        return ""
    return f"{left.count} audit rows wait since {left.oldest_at.isoformat(timespec='seconds')}"
