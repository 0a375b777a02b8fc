"""Sending one webhook: signed, to an address that may be reached, redirects not followed."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import Any

import aiohttp
import orjson
from aiohttp.abc import AbstractResolver, ResolveResult
from standardwebhooks import Webhook as Signer

from yitong_command.domain.webhook import address_fault, is_outside

TIMEOUT_S = 10.0
_READ = 200


class Refused(OSError):
    """The receiver's name leads to an address where nothing may be sent."""


class OutsideResolver(AbstractResolver):
    """Resolves names and refuses those that lead into private networks.

    What is checked is what is connected to: a name can't change its address in between.
    """

    def __init__(self) -> None:
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name; all must lie outside."""
        found = await self._inner.resolve(host, port, family)
        for item in found:
            if not is_outside(item["host"]):
                raise Refused(f"{host} is inside a private network ({item['host']})")
        return found

    async def close(self) -> None:
        """Let go of what it holds."""
        await self._inner.close()


class Mailer:
    """Sends webhooks.

    Args:
        private: Whether addresses inside private networks are allowed.
        timeout_s: Seconds until a receiver is too slow.
    """

    def __init__(self, *, private: bool, timeout_s: float = TIMEOUT_S) -> None:
        self._private = private
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, url: str, secret: str, number: str, body: dict[str, Any], now: datetime
    ) -> tuple[int, str]:
        """Send one message; its answer's status, and "" or what went wrong.

        Args:
            url: Where to.
            secret: ``whsec_…``, to sign with.
            number: The message's number.
            body: What to send.
            now: The time that is signed.

        Returns:
            Status 0 if there was no answer at all.
        """
        fault = address_fault(url, private=self._private)
        if fault is not None:
            return 0, f"{fault[0]} / {fault[1]}"
        data = orjson.dumps(body)
        at = datetime.fromtimestamp(int(now.timestamp()), UTC)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "yitong-webhooks/1",
            "webhook-id": number,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Signer(secret).sign(number, at, data.decode()),
        }
        try:
            session = self._opened()
            async with session.post(
                url, data=data, headers=headers, allow_redirects=False
            ) as answer:
                text = await answer.content.read(_READ)
                return answer.status, _problem(answer.status, text)
        except TimeoutError:
            return 0, "太慢, 没有回答 / no answer in time"
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            why = exc.__cause__ if isinstance(exc.__cause__, Refused) else exc
            return 0, f"连不上 / can't be reached: {why}"[:300]

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            resolver = None if self._private else OutsideResolver()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, limit=64, limit_per_host=8),
                timeout=self._timeout,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session


def _problem(status: int, text: bytes) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"HTTP {status}: 不跟随跳转 / redirects are not followed"
    return f"HTTP {status}: {text.decode(errors='replace')}".replace("\x00", "")
