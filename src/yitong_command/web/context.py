"""The parts of one web process, wired once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncEngine

from yitong_command.domain.camera import Camera
from yitong_command.domain.county import County
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import Settings
from yitong_command.settings.oidc import load_sign_on
from yitong_command.settings.platform_keys import PlatformKeys
from yitong_command.settings.platforms import load_platforms
from yitong_command.settings.rules import RuleBook, load_rules
from yitong_command.sources.adapters import ADAPTERS
from yitong_command.storage.evidence import EvidenceStore
from yitong_command.storage.known_cameras import KnownCameras
from yitong_command.storage.session import Sessions, make_engine, make_readers, make_sessions
from yitong_command.web.auth.oidc import Provider
from yitong_command.web.auth.passwords import Passwords
from yitong_command.web.auth.rate import SignInLimiter
from yitong_command.web.evidence.masking import Masker
from yitong_command.web.gateway.parts import Gateway
from yitong_command.web.live.cameras import CameraStates
from yitong_command.web.live.feed import FeedLimits, LiveFeed
from yitong_command.web.sensors.states import SensorStates

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Web:
    """The parts of one web process.

    Attributes:
        settings: What it was started with.
        county: Taxonomy, grids, rosters and calendar.
        known: The cameras as the database has them.
        rules: Settings of the rules, and what a zone may change of them.
        engine: Database engine.
        sessions: Sessions that write.
        readers: Sessions that only read.
        evidence: The picture store.
        feed: The live feed.
        http: Client for pictures and looks of the ingest workers.
        passwords: Hashes and checks passwords.
        limiter: Slows down guessing of passwords.
        masker: Blurs workers' photos.
        gateway: Partner platforms, their keys, and what the public page offers.
        clock: Reads the time.
        sensors: What the sensor part said last of every sensor.
        sign_on: The county's sign-on, or None.
    """

    settings: Settings
    county: County
    known: KnownCameras
    rules: RuleBook
    engine: AsyncEngine
    sessions: Sessions
    readers: Sessions
    evidence: EvidenceStore
    feed: LiveFeed
    http: httpx.AsyncClient
    passwords: Passwords
    limiter: SignInLimiter
    masker: Masker
    gateway: Gateway
    clock: Clock
    sensors: SensorStates = field(default_factory=SensorStates)
    sign_on: Provider | None = None

    @property
    def cameras(self) -> Mapping[str, Camera]:
        """The county's cameras by their id."""
        return self.known.cameras

    async def close(self) -> None:
        """Let go of connections and threads."""
        self.masker.close()
        await self.http.aclose()
        await self.engine.dispose()


def build_web(
    settings: Settings,
    *,
    clock: Clock = utc_now,
    passwords: Passwords | None = None,
    limits: FeedLimits | None = None,
) -> Web:
    """Wire the parts.

    Args:
        settings: What to start with.
        clock: Reads the time.
        passwords: Another cost of hashing.
        limits: Other bounds of the live feed.

    Raises:
        ConfigError: If a configuration file is wrong; names file and key.
    """
    county = load_county(settings)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    sign_on = load_sign_on(settings.config_dir, settings.oidc_secret, tuple(county.grids))
    http = httpx.AsyncClient(timeout=2.0, limits=httpx.Limits(max_connections=64))
    engine = make_engine(settings.database_url)
    readers = make_readers(engine)
    return Web(
        settings=settings,
        county=county,
        known=KnownCameras(readers, county.cameras),
        rules=load_rules(settings),
        engine=engine,
        sessions=make_sessions(engine),
        readers=readers,
        evidence=EvidenceStore(settings.evidence_dir),
        feed=LiveFeed(CameraStates(), clock, limits),
        http=http,
        passwords=passwords or Passwords(),
        limiter=SignInLimiter(),
        masker=Masker(settings.models_dir),
        gateway=Gateway(
            load_platforms(settings.config_dir, county.taxonomy, frozenset(ADAPTERS)),
            PlatformKeys(settings.platform_keys),
        ),
        clock=clock,
        sign_on=Provider(sign_on, http) if sign_on else None,
    )


def web_of(request: Request) -> Web:
    """The parts of the process that answers this request."""
    web: Web = request.app.state.web
    return web
