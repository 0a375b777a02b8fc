"""The lines of `rosters.yaml` as seeds: taken over when they change."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.roster import Duty
from yitong_command.storage import rosters
from yitong_command.storage import tables as t
from yitong_command.storage.locks import lock_names
from yitong_command.storage.roster_json import duty_json

AUTHOR = "file"


async def seed_roster(
    session: AsyncSession, duties: tuple[Duty, ...], at: datetime, *, author: str = AUTHOR
) -> tuple[int, int]:
    """Add the lines that are new in the file and remove those that left it.

    A line's id is made from what it says, so the same line is never added twice; one that people
    removed stays removed, and lines people added are not touched.

    Args:
        session: Open transaction.
        duties: All lines of the file.
        at: Now.
        author: Who is named as author.

    Returns:
        How many were added and how many removed.
    """
    await lock_names(session, [rosters.NAME])
    e = t.roster_entries.c
    query = select(e.entry_id, e.removed, e.author).where(e.kind == "duty")
    known = {row.entry_id: row for row in await session.execute(query)}
    wanted = {seed_id(duty): duty for duty in duties}
    by = rosters.By(author, "system", at)
    added = [key for key in wanted if key not in known]
    gone = [
        key
        for key, row in known.items()
        if key not in wanted and row.author == author and not row.removed
    ]
    back = [
        key for key, row in known.items() if key in wanted and row.author == author and row.removed
    ]
    for key in back:
        await rosters.change(session, key, by, removed=False)
    for key in added:
        duty = wanted[key]
        await rosters.add(session, "duty", duty.username, duty_json(duty), by, "holds", key)
    for key in gone:
        await rosters.change(session, key, by, removed=True)
    return len(added) + len(back), len(gone)


def seed_id(duty: Duty) -> str:
    """The id of a line of a file."""
    text = json.dumps([duty.username, duty_json(duty)], ensure_ascii=False, sort_keys=True)
    return str(uuid5(NAMESPACE_URL, f"yitong:roster:{text}"))
