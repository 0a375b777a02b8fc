"""Logging in to a camera: digest (RFC 2617 and 7616) and basic authentication."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from yitong_command.sources.rtsp.failure import LoginRefused

_PARAMETER = re.compile(r'([A-Za-z][A-Za-z0-9-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_MOST_ATTEMPTS = 3
_DIGESTS = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way of logging in that the camera offers.

    Attributes:
        scheme: ``digest`` or ``basic``.
        realm: Name of what is protected; part of the digest.
        nonce: The camera's number for this challenge, "" for basic.
        opaque: Returned as it came, or None.
        algorithm: As it came, ``MD5`` if absent; may end in ``-sess``.
        qop: Whether ``auth`` quality of protection is offered.
        stale: The login was right and only the nonce was too old.
    """

    scheme: str
    realm: str
    nonce: str = ""
    opaque: str | None = None
    algorithm: str = "MD5"
    qop: bool = False
    stale: bool = False

    @property
    def strength(self) -> int:
        """Higher is better; 0 can't be answered."""
        if self.scheme == "basic":
            return 1
        return {"MD5": 2, "SHA-256": 3}.get(_plain(self.algorithm), 0)


def parse_challenge(header: str) -> Challenge | None:
    """One ``WWW-Authenticate`` value, or None if we don't know its scheme."""
    scheme, _, rest = header.strip().partition(" ")
    values = {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else bare
        for name, quoted, bare in _PARAMETER.findall(rest)
    }
    realm = values.get("realm", "")
    if scheme.lower() == "basic":
        return Challenge("basic", realm)
    if scheme.lower() != "digest":
        return None
    qop = {word.strip() for word in values.get("qop", "").split(",")}
    return Challenge(
        "digest",
        realm,
        values.get("nonce", ""),
        values.get("opaque"),
        values.get("algorithm") or "MD5",
        "auth" in qop,
        values.get("stale", "").lower() == "true",
    )


class Authorizer:
    """Answers a camera's challenges for one session.

    Args:
        credentials: User name and password, or None.
        token: Makes the client's own nonce.
    """

    def __init__(
        self,
        credentials: tuple[str, str] | None,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._credentials = credentials
        self._token = token
        self._challenge: Challenge | None = None
        self._count = 0
        self._attempts = 0

    def challenged(self, headers: Sequence[str]) -> None:
        """Take the challenge of a 401.

        Raises:
            LoginRefused: If the login was wrong, is missing, or can't be done.
        """
        offers = [offer for header in headers if (offer := parse_challenge(header))]
        best = max(offers, key=lambda offer: offer.strength, default=None)
        if best is None or best.strength == 0:
            raise LoginRefused("摄像机的登录方式不受支持", "unsupported authentication scheme")
        if self._credentials is None:
            raise LoginRefused(
                "摄像机要求用户名和密码", "the camera asks for a user name and password"
            )
        if self._attempts >= (_MOST_ATTEMPTS if best.stale else 1):
            raise LoginRefused("用户名或密码错误", "the user name or password is wrong")
        self._challenge = best
        self._attempts += 1
        self._count = 0

    def accepted(self) -> None:
        """The last answer was right, so the next challenge is about a nonce that grew old."""
        self._attempts = 0

    def header(self, method: str, uri: str) -> str | None:
        """Value of ``Authorization`` for a request, or None before any challenge."""
        challenge = self._challenge
        if challenge is None or self._credentials is None:
            return None
        self._count += 1
        if challenge.scheme == "basic":
            return "Basic " + base64.b64encode(":".join(self._credentials).encode()).decode()
        return self._digest(challenge, self._credentials, method, uri)

    def _digest(
        self, challenge: Challenge, credentials: tuple[str, str], method: str, uri: str
    ) -> str:
        user, password = credentials
        cnonce, count = self._token(), f"{self._count:08x}"
        secret = _hash(challenge, f"{user}:{challenge.realm}:{password}")
        if challenge.algorithm.lower().endswith("-sess"):
            secret = _hash(challenge, f"{secret}:{challenge.nonce}:{cnonce}")
        request = _hash(challenge, f"{method}:{uri}")
        middle = f"{challenge.nonce}:{count}:{cnonce}:auth" if challenge.qop else challenge.nonce
        fields = {
            "username": _quote(user),
            "realm": _quote(challenge.realm),
            "nonce": _quote(challenge.nonce),
            "uri": _quote(uri),
            "response": _quote(_hash(challenge, f"{secret}:{middle}:{request}")),
            "algorithm": challenge.algorithm,
        }
        if challenge.opaque is not None:
            fields["opaque"] = _quote(challenge.opaque)
        if challenge.qop:
            fields |= {"qop": "auth", "nc": count}
        if challenge.qop or challenge.algorithm.lower().endswith("-sess"):
            fields["cnonce"] = _quote(cnonce)
        return "Digest " + ", ".join(f"{name}={value}" for name, value in fields.items())


def _plain(algorithm: str) -> str:
    return algorithm.upper().removesuffix("-SESS")


def _hash(challenge: Challenge, text: str) -> str:
    name = _DIGESTS[_plain(challenge.algorithm)]
    return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
