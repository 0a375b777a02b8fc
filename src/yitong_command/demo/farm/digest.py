"""RTSP digest authentication (RFC 2617, MD5), as cameras ask for it."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets

from yitong_command.demo.farm.rtsp_messages import Request

REALM = "yitong-farm"
_FIELD = re.compile(r'\b(\w+)=(?:"([^"]*)"|([^\s,]+))')


def new_nonce() -> str:
    """A nonce for one connection."""
    return secrets.token_hex(16)


def challenge(nonce: str) -> str:
    """Value of the WWW-Authenticate header."""
    return f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5'


def accepts(request: Request, nonce: str, user: str, password: str) -> bool:
    """Whether the request proves that the client knows the password."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "digest":
        return False
    fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(rest)}
    uri = fields.get("uri", "")
    if fields.get("nonce") != nonce or fields.get("username") != user:
        return False
    if uri.rstrip("/") != request.url.rstrip("/"):
        return False
    secret = _md5(f"{user}:{REALM}:{password}")
    action = _md5(f"{request.method}:{uri}")
    if fields.get("qop") == "auth":
        middle = f"{nonce}:{fields.get('nc', '')}:{fields.get('cnonce', '')}:auth"
    else:
        middle = nonce
    expected = _md5(f"{secret}:{middle}:{action}")
    return hmac.compare_digest(expected.encode(), fields.get("response", "").lower().encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
