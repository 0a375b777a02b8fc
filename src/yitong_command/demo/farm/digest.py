"""RTSP logins as cameras ask for them: digest (RFC 2617 and 7616) and basic."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets

from yitong_command.demo.farm.manners import PLAIN, Login, Manners
from yitong_command.demo.farm.rtsp_messages import Request

REALM = "yitong-farm"
_FIELD = re.compile(r'\b(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256"}


class Door:
    """Asks the clients of one connection for their logins."""

    def __init__(self) -> None:
        self._nonce = secrets.token_hex(16)
        self._uses = 0

    def challenges(self, manners: Manners = PLAIN, stale: bool = False) -> tuple[str, ...]:
        """Values of the WWW-Authenticate headers."""
        offers = []
        for algorithm in _algorithms(manners):
            qop = ', qop="auth"' if algorithm != "MD5" else ""
            old = ", stale=true" if stale else ""
            offers.append(
                f'Digest realm="{REALM}", nonce="{self._nonce}", algorithm={algorithm}{qop}{old}'
            )
        if manners.login in (Login.BASIC, Login.ANY):
            offers.append(f'Basic realm="{REALM}"')
        return tuple(offers)

    def refusal(
        self, request: Request, login: tuple[str, str], manners: Manners = PLAIN
    ) -> tuple[str, ...]:
        """Challenges to answer a request with; none if it proves that it knows the password."""
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic" and manners.login in (Login.BASIC, Login.ANY):
            return () if _basic(rest, login) else self.challenges(manners)
        if scheme.lower() != "digest" or not self._digest(request, rest, login, manners):
            return self.challenges(manners)
        self._uses += 1
        if manners.nonce_uses and self._uses > manners.nonce_uses:
            self._nonce, self._uses = secrets.token_hex(16), 0
            return self.challenges(manners, stale=True)
        return ()

    def _digest(
        self, request: Request, rest: str, login: tuple[str, str], manners: Manners
    ) -> bool:
        fields = {
            name.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
            for name, quoted, plain in _FIELD.findall(rest)
        }
        algorithm, uri = fields.get("algorithm", "MD5"), fields.get("uri", "")
        if algorithm not in _algorithms(manners) or fields.get("nonce") != self._nonce:
            return False
        if fields.get("username") != login[0] or uri.rstrip("/") != request.url.rstrip("/"):
            return False
        secret = _hash(algorithm, f"{login[0]}:{REALM}:{login[1]}")
        action = _hash(algorithm, f"{request.method}:{uri}")
        middle = self._nonce
        if fields.get("qop") == "auth":
            middle += f":{fields.get('nc', '')}:{fields.get('cnonce', '')}:auth"
        expected = _hash(algorithm, f"{secret}:{middle}:{action}")
        return hmac.compare_digest(expected.encode(), fields.get("response", "").lower().encode())


def _algorithms(manners: Manners) -> tuple[str, ...]:
    if manners.login is Login.BASIC:
        return ()
    if manners.login is Login.DIGEST:
        return ("MD5",)
    return ("SHA-256",) if manners.login is Login.DIGEST_SHA256 else ("SHA-256", "MD5")


def _basic(rest: str, login: tuple[str, str]) -> bool:
    try:
        given = base64.b64decode(rest, validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(given, ":".join(login).encode())


def _hash(algorithm: str, text: str) -> str:
    return hashlib.new(_HASHES[algorithm], text.encode(), usedforsecurity=False).hexdigest()
