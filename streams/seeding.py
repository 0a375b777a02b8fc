"""At start: cameras and rosters of the configuration files into the database."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import structlog

from yitong_command.domain.county import County
from yitong_command.settings.cameras import load_logins, load_usernames
from yitong_command.settings.environment import Settings
from yitong_command.settings.secrets import make_vault
from yitong_command.storage.camera_records import list_cameras
from yitong_command.storage.camera_seeds import SeedFiles, seed_cameras
from yitong_command.storage.roster_seeds import seed_roster
from yitong_command.storage.session import make_engine, make_sessions, transaction

log = structlog.get_logger()


async def seed_from_files(settings: Settings, county: County) -> tuple[str, ...]:
    """Take over what changed in cameras, zones and rosters; the cameras it concerned.

    Raises:
        ConfigError: If a camera's password is neither in its variable nor stored, or the key file
            can't be used.
        DatabaseDown: If the database can't be reached.
    """
    usernames = load_usernames(settings)
    vault = make_vault(settings.key_file) if usernames else None
    engine = make_engine(settings.database_url)
    try:
        async with transaction(make_sessions(engine)) as session:
            records = await list_cameras(session)
            stored = {r.camera.camera_id for r in records if r.login is not None}
            files = SeedFiles(
                cameras=tuple(county.cameras.values()),
                usernames=usernames,
                logins=load_logins(settings, os.environ, stored),
            )
            changed = await seed_cameras(session, files, vault, datetime.now(UTC))
            roster = await seed_roster(session, county.roster, datetime.now(UTC))
    finally:
        await engine.dispose()
    log.info("cameras_seeded", cameras=len(files.cameras), changed=list(changed)[:50])
    log.info("roster_seeded", added=roster[0], removed=roster[1])
    return changed
