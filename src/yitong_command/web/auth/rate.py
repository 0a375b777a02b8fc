"""Slows down guessing of passwords, in bounded memory."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(slots=True)
class _Bucket:
    tries: float
    at: datetime


class SignInLimiter:
    """Two token buckets: one per user and address, a wider one per address.

    Args:
        per_user: Tries that one address has for one user before it must wait.
        per_address: Tries that one address has for all users.
        refill: Time after which a used-up bucket is full again.
        size: Buckets kept of each kind; the ones unused for longest are forgotten.
    """

    def __init__(
        self,
        per_user: int = 8,
        per_address: int = 60,
        refill: timedelta = timedelta(minutes=5),
        size: int = 10_000,
    ) -> None:
        self._refill = refill
        self._size = size
        self._kinds: tuple[tuple[int, OrderedDict[str, _Bucket]], ...] = (
            (per_user, OrderedDict()),
            (per_address, OrderedDict()),
        )

    def take(self, username: str, address: str, now: datetime) -> int:
        """Use up one try; call it before the password is looked at.

        Args:
            username: The user tried, as typed.
            address: Where the try comes from.
            now: The time.

        Returns:
            0 if it may go on, else the seconds to wait.
        """
        network = _network(address)
        keys = (f"{username}\n{network}", network)
        buckets = [
            self._bucket(kind, key, now) for kind, key in zip(self._kinds, keys, strict=True)
        ]
        waits = [
            self._wait(kind[0], bucket) for kind, bucket in zip(self._kinds, buckets, strict=True)
        ]
        if any(waits):
            return max(waits)
        for bucket in buckets:
            bucket.tries -= 1
        return 0

    def succeeded(self, username: str, address: str) -> None:
        """Forget the tries for this user and give the address its try back."""
        network = _network(address)
        (_, users), (per_address, addresses) = self._kinds
        users.pop(f"{username}\n{network}", None)
        if network in addresses:
            addresses[network].tries = min(per_address, addresses[network].tries + 1)

    def _bucket(
        self, kind: tuple[int, OrderedDict[str, _Bucket]], key: str, now: datetime
    ) -> _Bucket:
        most, buckets = kind
        bucket = buckets.setdefault(key, _Bucket(most, now))
        buckets.move_to_end(key)
        gained = (now - bucket.at) / self._refill * most
        bucket.tries, bucket.at = min(most, bucket.tries + max(0.0, gained)), now
        while len(buckets) > self._size:
            buckets.popitem(last=False)
        return bucket

    def _wait(self, most: int, bucket: _Bucket) -> int:
        if bucket.tries >= 1:
            return 0
        return math.ceil((1 - bucket.tries) / most * self._refill.total_seconds())


def _network(address: str) -> str:
    """The address, or the /64 it is in: one IPv6 line owns all of those."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
