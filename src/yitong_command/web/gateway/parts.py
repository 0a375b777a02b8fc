"""What the gateway is made of, wired once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from yitong_command.settings.platform_keys import PlatformKeys
from yitong_command.settings.platforms import Platforms
from yitong_command.web.auth.rate import SignInLimiter

PHOTOS_AT_ONCE = 4


def public_limiter() -> SignInLimiter:
    """Ten of each thing in ten minutes from one address, and a hundred of all together."""
    return SignInLimiter(per_user=10, per_address=100, refill=timedelta(minutes=10))


@dataclass(slots=True)
class Budget:
    """How many items each platform sent in the current minute."""

    _minute: int = 0
    _taken: dict[str, int] = field(default_factory=dict)

    def take(self, platform: str, items: int, most: int, now: datetime) -> int:
        """Use up items of this minute; 0 if there were enough, else the seconds to wait.

        Args:
            platform: Who sends.
            items: How many; a batch is taken whole or not at all.
            most: How many a minute allows; a first batch may always come.
            now: The time.
        """
        minute = int(now.timestamp() // 60)
        if minute != self._minute:
            self._minute = minute
            self._taken.clear()
        taken = self._taken.get(platform, 0)
        if taken and taken + items > most:
            return 60 - int(now.timestamp() % 60)
        self._taken[platform] = taken + items
        return 0


@dataclass(frozen=True, slots=True)
class Gateway:
    """The parts of the gateway.

    Attributes:
        platforms: Partners, places of QR codes, choices of the public page.
        keys: With which partners sign.
        budget: What each sent in this minute.
        public: Slows down whoever uses the public page.
        photos: People's photos that are being masked at once.
    """

    platforms: Platforms
    keys: PlatformKeys
    budget: Budget = field(default_factory=Budget)
    public: SignInLimiter = field(default_factory=public_limiter)
    photos: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PHOTOS_AT_ONCE))
