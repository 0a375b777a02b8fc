"""Notes on protected cases never stand in the open: they are sealed on the way in."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.settings.secrets import make_vault
from yitong_command.storage.details import Detail, keep_note
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web


async def kept(web: Web, session: AsyncSession, person: Person, case_id: str, note: str) -> str:
    """A note as it may be stored with a move of this case."""
    if not note.strip():
        return note
    vault = make_vault(web.settings.key_file)
    return await keep_note(session, vault, case_id, Detail(note, person.username, web.clock()))
