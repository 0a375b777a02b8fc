"""OpenID Connect as a client: code flow with PKCE, state and nonce; the token is checked whole."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from yitong_command.settings.oidc import SignOn

ALGORITHMS = ["RS256", "PS256", "ES256"]
"""Signatures of a public key; a token signed with a shared secret, or not at all, is none."""

LEEWAY_S = 60
STARTED = timedelta(minutes=10)
_TIMEOUT_S = 10.0


class SignOnFailed(Exception):
    """Why somebody was not signed in; the page has words for every code."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one browser must come back with; it keeps this sealed until then."""

    state: str
    nonce: str
    verifier: str
    began_at: str

    @classmethod
    def new(cls, now: datetime) -> Attempt:
        """An attempt that nobody can guess."""
        made = [secrets.token_urlsafe(32) for _ in range(3)]
        return cls(made[0], made[1], made[2], now.isoformat())

    @classmethod
    def read(cls, text: str) -> Attempt:
        """What :meth:`text` wrote."""
        return cls(**json.loads(text))

    def text(self) -> str:
        """It as text, to be sealed."""
        return json.dumps(asdict(self))

    def check(self, state: str, code: str, error: str, now: datetime) -> None:
        """Refuse a state that is not its own, one that came too late, or one without a code."""
        if not secrets.compare_digest(self.state.encode(), state.encode()):
            raise SignOnFailed("state", "the state is another one")
        if now - datetime.fromisoformat(self.began_at) > STARTED:
            raise SignOnFailed("late", "the attempt began too long ago")
        if error or not code:
            raise SignOnFailed("denied", error[:80] or "there is no code")


class Provider:
    """One sign-on.

    Args:
        sign_on: Where it is.
        http: Client for its addresses.
    """

    def __init__(self, sign_on: SignOn, http: httpx.AsyncClient) -> None:
        self.sign_on = sign_on
        self._http = http
        self._found: dict[str, Any] | None = None

    async def address(self, attempt: Attempt) -> str:
        """Where the browser is sent to sign in."""
        digest = hashlib.sha256(attempt.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.sign_on.client_id,
            "redirect_uri": self.sign_on.redirect_uri,
            "scope": " ".join(self.sign_on.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = (await self._discovered())["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    async def claims(self, code: str, attempt: Attempt, now: datetime) -> dict[str, Any]:
        """Who came back, as a token says that is signed, ours, of this attempt and not expired.

        Raises:
            SignOnFailed: If it is not, or the sign-on can't be reached.
        """
        found = await self._discovered()
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.sign_on.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        login = httpx.BasicAuth(self.sign_on.client_id, self.sign_on.client_secret)
        answer = await self._asked("POST", found["token_endpoint"], data=sent, auth=login)
        keys = await self._asked("GET", found["jwks_uri"])
        return self._checked(answer.get("id_token"), keys, attempt, now)

    def _checked(
        self, token: object, keys: dict[str, Any], attempt: Attempt, now: datetime
    ) -> dict[str, Any]:
        if not isinstance(token, str):
            raise SignOnFailed("token", "there is no id_token")
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self.sign_on.issuer},
            aud={"essential": True, "value": self.sign_on.client_id},
            nonce={"essential": True, "value": attempt.nonce},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            read = jwt.decode(token, KeySet.import_key_set(_key_set(keys)), algorithms=ALGORITHMS)
            registry.validate(read.claims)
        except (JoseError, ValueError) as exc:
            raise SignOnFailed("token", str(exc)) from exc
        claims: dict[str, Any] = read.claims
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1:
            self._our_party(claims)
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise SignOnFailed("token", "the subject is no name")
        return claims

    def _our_party(self, claims: dict[str, Any]) -> None:
        """A token for several must have been made for us."""
        if claims.get("azp") != self.sign_on.client_id:
            raise SignOnFailed("token", "the token was made for somebody else")

    async def _discovered(self) -> dict[str, Any]:
        if self._found is None:
            base = self.sign_on.issuer.rstrip("/")
            found = await self._asked("GET", f"{base}/.well-known/openid-configuration")
            if found.get("issuer") != self.sign_on.issuer:
                raise SignOnFailed("unreachable", "the sign-on says it is another one")
            needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if not all(isinstance(found.get(name), str) for name in needed):
                raise SignOnFailed("unreachable", "the sign-on does not say its addresses")
            self._found = found
        return self._found

    async def _asked(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        try:
            answer = await self._http.request(method, url, timeout=_TIMEOUT_S, **more)
        except httpx.HTTPError as exc:
            raise SignOnFailed("unreachable", str(exc)) from exc
        if answer.status_code != httpx.codes.OK:
            code = "token" if method == "POST" else "unreachable"
            raise SignOnFailed(code, f"the sign-on answered {answer.status_code}")
        try:
            body = answer.json()
        except ValueError as exc:
            raise SignOnFailed("unreachable", "the answer is no JSON") from exc
        if not isinstance(body, dict):
            raise SignOnFailed("unreachable", "the answer is no object")
        return body


def _key_set(keys: dict[str, Any]) -> KeySetSerialization:
    """The sign-on's public keys."""
    if not isinstance(keys.get("keys"), list):
        raise SignOnFailed("unreachable", "the sign-on does not say its keys")
    return {"keys": keys["keys"]}
