"""The web application: all routers, guards and files in one place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.gzip import GZipMiddleware

from yitong_command import __version__
from yitong_command.errors import ConfigError, DatabaseDown
from yitong_command.settings.environment import Settings
from yitong_command.storage.known_cameras import FRESH_S
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import transaction
from yitong_command.storage.users import delete_expired
from yitong_command.web import errors, health
from yitong_command.web.access import authorise, unguarded
from yitong_command.web.alerts.router import router as alerts
from yitong_command.web.audit.keeper import keep_sealing
from yitong_command.web.audit.router import router as audit
from yitong_command.web.auth.router import router as auth
from yitong_command.web.auth.sign_on import router as sign_on
from yitong_command.web.cameras.head import router as camera_heads
from yitong_command.web.cameras.health import router as camera_health
from yitong_command.web.cameras.router import router as cameras
from yitong_command.web.cameras.video import router as camera_video
from yitong_command.web.cases.life import router as case_life
from yitong_command.web.cases.router import router as cases
from yitong_command.web.claims.router import router as claims
from yitong_command.web.clock.router import router as clock
from yitong_command.web.context import Web, build_web
from yitong_command.web.contract.router import router as contract
from yitong_command.web.evidence.router import router as evidence
from yitong_command.web.exports.router import router as exports
from yitong_command.web.gateway.access import authorise_partner
from yitong_command.web.gateway.open311 import router as open311
from yitong_command.web.gateway.router import router as gateway
from yitong_command.web.grids.router import router as grids
from yitong_command.web.handovers.router import router as handovers
from yitong_command.web.kpis.router import router as kpis
from yitong_command.web.ledger.router import router as ledger
from yitong_command.web.live.reader import FeedReader, keep_reading
from yitong_command.web.live.router import router as live
from yitong_command.web.merges.router import router as merges
from yitong_command.web.middleware import Around, BodyLimit
from yitong_command.web.modes.router import router as modes
from yitong_command.web.open311.router import router as public_open311
from yitong_command.web.openapi import described
from yitong_command.web.openapi import router as openapi
from yitong_command.web.people.router import router as people
from yitong_command.web.protected.router import router as protected
from yitong_command.web.replay.router import router as replay
from yitong_command.web.reports.router import router as reports
from yitong_command.web.rosters.router import router as rosters
from yitong_command.web.sensors.router import router as sensors
from yitong_command.web.sensors.states import keep_states
from yitong_command.web.spa import Console
from yitong_command.web.stats.router import router as stats
from yitong_command.web.tasks.looks import router as looks
from yitong_command.web.tasks.router import router as tasks
from yitong_command.web.teams.router import router as teams
from yitong_command.web.wall.router import router as wall
from yitong_command.web.warnings.router import router as warnings
from yitong_command.web.webhooks.router import router as webhooks
from yitong_command.web.zones.router import router as zones

log = structlog.get_logger()

RETRY_S = 2.0

ROUTERS: tuple[APIRouter, ...] = (
    protected, kpis, people, sign_on, auth, audit, live, alerts, cases, case_life, tasks, looks,
    camera_health, camera_heads, camera_video, cameras, grids, stats, evidence, contract, ledger,
    replay, openapi, health.router, zones, sensors, reports, merges, claims, clock, rosters,
    modes, wall, handovers, webhooks, exports, warnings, public_open311,
    teams,
)  # fmt: skip

PARTNER_ROUTERS: tuple[APIRouter, ...] = (gateway, open311)
"""Closed to people, open to partners' tokens; see web/gateway/access.py."""


def create_app(settings: Settings, web: Web | None = None) -> FastAPI:
    """The application of one web process; the live feed starts with it.

    Args:
        settings: What to start with.
        web: Its parts, if they were wired already.

    Raises:
        ConfigError: If a configuration file is wrong, or an address has no access rule.
    """
    parts = web or build_web(settings)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        reader = FeedReader(parts.feed, settings.kafka, settings.topic_prefix)
        own = [asyncio.create_task(keep_reading(reader, parts.feed), name="live-feed")]
        prepared = await _prepare_database(parts)
        own.append(asyncio.create_task(_keep_cameras(parts, prepared), name="cameras"))
        own.append(asyncio.create_task(keep_sealing(parts), name="audit"))
        reading = keep_states(
            parts.sensors, settings.kafka, settings.topic_prefix, lambda: parts.feed.filled
        )
        own.append(asyncio.create_task(reading, name="sensor-states"))
        log.info("web_started", cameras=len(parts.cameras))
        try:
            yield
        finally:
            for task in own:
                task.cancel()
            await asyncio.wait(own)
            await parts.close()

    app = assemble()
    app.router.lifespan_context = lifespan
    app.state.web = parts
    return app


async def _prepare_database(web: Web) -> bool:
    """Bring the tables up to date; False if the database can't be reached now."""
    try:
        await asyncio.to_thread(upgrade, web.settings.database_url)
        async with transaction(web.sessions) as session:
            await delete_expired(session, web.clock())
    except DatabaseDown as exc:
        log.warning("database_down", reason=str(exc))
        return False
    return True


async def _keep_cameras(web: Web, prepared: bool) -> None:
    """Have the cameras at hand as the database has them; what is known stays while it is down.

    Until the database is prepared every answer that needs it is a 503.
    """
    while not prepared:
        await asyncio.sleep(RETRY_S)
        prepared = await _prepare_database(web)
    while True:
        try:
            await web.known.refresh(0)
        except DatabaseDown as exc:
            log.debug("cameras_not_refreshed", reason=str(exc))
        await asyncio.sleep(FRESH_S)


def assemble() -> FastAPI:
    """All routes and guards, without the parts behind them."""
    app = FastAPI(
        title="yitong-command", version=__version__, openapi_url=None, docs_url=None,
        redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    wrong = unguarded(ROUTERS)
    if wrong:
        raise ConfigError("web/access.py", "ACCESS", "; ".join(wrong))
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(authorise)])
    for router in PARTNER_ROUTERS:
        app.include_router(router, dependencies=[Depends(authorise_partner)])
    app.mount("/", Console(), name="console")
    errors.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)
    app.add_middleware(Around)
    described(app)
    return app
