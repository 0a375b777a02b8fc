"""Partners' tokens: one request, one signed token, used once.

A JWT (HS256). Head: ``kid``, the key's name. Claims: ``iss`` the platform, ``aud`` ``yitong``,
``scope`` with the rights wanted, ``iat`` and ``exp`` at most ten minutes apart, ``jti`` a number
never used before, and with a body ``sha256``, its hash. So a token that is seen on its way can be
used neither again nor for another body, platform or right.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

from yitong_command.settings.platform_keys import PlatformKeys
from yitong_command.settings.platforms import Platform
from yitong_command.web.errors import TokenRefused

AUDIENCE = "yitong"
SKEW = timedelta(seconds=60)
"""How far a partner's clock may be off."""
LONGEST = timedelta(minutes=10)
WRITE = "reports:write"
READ = "reports:read"
ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Sender:
    """A partner whose token is good.

    Attributes:
        platform: Who it is.
        token_id: The token's number.
        expires_at: From when on it would be refused anyway, skew included.
    """

    platform: Platform
    token_id: str
    expires_at: datetime


def sign(  # noqa: PLR0913 - what a token says
    platform: str, kid: str, secret: str, scope: str, token_id: str, now: datetime,
    body: bytes | None = None, life: timedelta = timedelta(minutes=5),
) -> str:  # fmt: skip
    """A token for one request.

    Args:
        platform: Who sends.
        kid: Name of the key.
        secret: The key.
        scope: The right wanted.
        token_id: A number never used before.
        now: The time.
        body: What will be sent, or None for a request without a body.
        life: How long it is good.
    """
    claims: dict[str, Any] = {
        "iss": platform,
        "aud": AUDIENCE,
        "scope": scope,
        "iat": int(now.timestamp()),
        "exp": int((now + life).timestamp()),
        "jti": token_id,
    }
    if body is not None:
        claims["sha256"] = hashlib.sha256(body).hexdigest()
    return jwt.encode(claims, secret, ALGORITHM, {"kid": kid})


def check(  # noqa: PLR0913 - what a token is checked against
    token: str, platform: Platform | None, scope: str, body: bytes | None, keys: PlatformKeys,
    now: datetime,
) -> Sender:  # fmt: skip
    """Who sends this, if the token is good for exactly this request.

    Whether it was used before is asked when something is stored.

    Raises:
        TokenRefused: Naming the claim; an unknown platform and a wrong signature read alike.
        ConfigError: If the file of keys is wrong.
    """
    claims = _claims(token, platform, keys, now)
    if platform is None or claims.get("iss") != platform.platform_id:
        raise _unknown()
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    if issued > now + SKEW:
        raise TokenRefused("iat", "签发时间在未来, 请校时", "issued in the future; set your clock")
    if now >= expires + SKEW:
        raise TokenRefused("exp", "令牌已过期, 请重新签发", "expired; sign a new one")
    if expires - issued > LONGEST:
        raise TokenRefused("exp", "有效期最长 10 分钟", "may be good for 10 minutes at most")
    if scope not in str(claims.get("scope", "")).split():
        raise TokenRefused("scope", f"缺少权限 {scope}", f"the right {scope} is missing")
    token_id = claims.get("jti")
    if not isinstance(token_id, str) or not 8 <= len(token_id) <= 64 or not token_id.isascii():
        raise TokenRefused("jti", "应为 8 到 64 个字符", "must be 8 to 64 characters")
    if body is not None:
        _check_body(claims, body)
    return Sender(platform, token_id.replace("\x00", ""), expires + SKEW)


def _check_body(claims: dict[str, Any], body: bytes) -> None:
    said = str(claims.get("sha256", "")).casefold()
    there = hashlib.sha256(body).hexdigest()
    if not hmac.compare_digest(said.encode(), there.encode()):
        raise TokenRefused(
            "sha256", "与请求体的 SHA-256 不符", "is not the SHA-256 of the request's body"
        )


def _claims(
    token: str, platform: Platform | None, keys: PlatformKeys, now: datetime
) -> dict[str, Any]:
    """What the token says, if its signature is right."""
    if not token:
        raise TokenRefused(
            "Authorization", "缺少 Authorization: Bearer 令牌", "a bearer token is missing"
        )
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        secret = keys.find(platform.platform_id, str(kid), now) if platform else None
        if secret is None:
            raise _unknown()
        # Times are checked with our own clock, which tests can move.
        found: dict[str, Any] = jwt.decode(
            token, secret, [ALGORITHM], audience=AUDIENCE,
            options={
                "require": ["iss", "iat", "exp", "jti"], "verify_exp": False, "verify_iat": False,
                "verify_nbf": False,
            },
        )  # fmt: skip
    except jwt.MissingRequiredClaimError as exc:
        raise TokenRefused(exc.claim, "令牌缺少此项", "the token has no such claim") from exc
    except jwt.InvalidAudienceError as exc:
        raise TokenRefused("aud", f"应为 {AUDIENCE}", f"must be {AUDIENCE}") from exc
    except (jwt.PyJWTError, ValueError, UnicodeError) as exc:
        raise _unknown() from exc
    return found


def _time(claims: dict[str, Any], name: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(claims[name]), UTC)
    except (TypeError, ValueError, OverflowError, OSError) as exc:
        raise TokenRefused(name, "不是时间", "is no time") from exc


def _unknown() -> TokenRefused:
    return TokenRefused(
        "Authorization", "令牌无效: 平台、密钥或签名不对", "platform, key or signature is wrong"
    )
