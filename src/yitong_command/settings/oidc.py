"""The county's sign-on, from ``oidc.yaml``: where it is, and what its claims make of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from yitong_command.domain.grid import Grid
from yitong_command.domain.roles import Role
from yitong_command.domain.taxonomy import Words
from yitong_command.errors import ConfigError
from yitong_command.settings.files import Strict, check, read_yaml

FILE = "oidc.yaml"
SECRET = "YITONG_OIDC_SECRET"  # noqa: S105
_LOCAL = frozenset({"127.0.0.1", "::1", "localhost"})

Granted = Literal["operator", "supervisor", "worker", "admin", "auditor", "wall"]


@dataclass(frozen=True, slots=True)
class SignOn:
    """The county's sign-on.

    Attributes:
        issuer: Its address, exactly as its tokens say it.
        client_id: What it knows us as.
        client_secret: Our secret there.
        redirect_uri: Where it sends browsers back to; ends in ``/api/auth/oidc/callback``.
        name: Its names, for the button.
        scopes: What is asked for; ``openid`` is among it.
        role_claim: Claim whose values say what a person is.
        roles: Those values, to roles.
        area_claim: Claim whose values say where, or None.
        areas: Those values, to codes of townships, villages or grids; "" is the county.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    name: Words
    scopes: tuple[str, ...]
    role_claim: str
    roles: Mapping[str, Role]
    area_claim: str | None
    areas: Mapping[str, str]

    def role_of(self, claims: Mapping[str, Any]) -> Role | None:
        """What the claims make of a person, or None: nothing known, or two things at once."""
        found = {self.roles[value] for value in _values(claims, self.role_claim, self.roles)}
        return found.pop() if len(found) == 1 else None

    def areas_of(self, claims: Mapping[str, Any]) -> tuple[str, ...] | None:
        """Codes of the person's area, () for the county; None if the claims name none we know."""
        if self.area_claim is None:
            return ()
        known = _values(claims, self.area_claim, self.areas)
        codes = sorted({self.areas[value] for value in known})
        if not codes:
            return None
        return () if "" in codes else tuple(codes)


class _File(Strict):
    issuer: str
    client_id: str = Field(min_length=1)
    redirect_uri: str
    name_zh: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    scopes: tuple[str, ...] = ("openid", "profile")
    role_claim: str = Field(min_length=1)
    roles: dict[str, Granted] = Field(min_length=1)
    area_claim: str | None = None
    areas: dict[str, str] = Field(default_factory=dict)

    @field_validator("issuer", "redirect_uri")
    @classmethod
    def _closed(cls, value: str) -> str:
        parts = urlsplit(value)
        local = parts.scheme == "http" and parts.hostname in _LOCAL
        if not parts.hostname or not (parts.scheme == "https" or local):
            raise ValueError("须以 https:// 开头 / must begin with https://")
        return value

    @field_validator("redirect_uri")
    @classmethod
    def _ours(cls, value: str) -> str:
        if urlsplit(value).path != "/api/auth/oidc/callback":
            raise ValueError("须以 /api/auth/oidc/callback 结尾 / must end in it")
        return value

    @field_validator("scopes")
    @classmethod
    def _openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "openid" not in value:
            raise ValueError("须含 openid / must have openid")
        return value


def load_sign_on(folder: Path, secret: str | None, grids: tuple[Grid, ...]) -> SignOn | None:
    """The county's sign-on, or None if there is no file: then there are local accounts only.

    Args:
        folder: The configuration.
        secret: Our secret at the sign-on.
        grids: Whose codes areas may name.

    Raises:
        ConfigError: If something in the file is wrong, or only one of file and secret is there.
    """
    path = folder / FILE
    if not path.is_file():
        if secret:
            raise ConfigError("environment", SECRET, f"没有 {FILE} / there is no {FILE}")
        return None
    content = check(_File, path, read_yaml(path))
    if not secret:
        raise ConfigError("environment", SECRET, f"{FILE} 需要它 / {FILE} needs it")
    _check_areas(path, content, grids)
    return SignOn(
        issuer=content.issuer,
        client_id=content.client_id,
        client_secret=secret,
        redirect_uri=content.redirect_uri,
        name=Words(content.name_zh, content.name_en),
        scopes=content.scopes,
        role_claim=content.role_claim,
        roles={value: Role(role) for value, role in content.roles.items()},
        area_claim=content.area_claim,
        areas=content.areas,
    )


def _check_areas(path: Path, content: _File, grids: tuple[Grid, ...]) -> None:
    if (content.area_claim is None) != (not content.areas):
        raise ConfigError(str(path), "areas", "与 area_claim 须同时有 / goes with area_claim")
    for value, code in content.areas.items():
        if code and not any(grid.code.startswith(code) for grid in grids):
            raise ConfigError(str(path), f"areas.{value}", f"没有网格 / no such area: {code!r}")


def _values(claims: Mapping[str, Any], name: str, known: Mapping[str, object]) -> tuple[str, ...]:
    told = claims.get(name)
    several = told if isinstance(told, list) else [told]
    return tuple(value for value in several if isinstance(value, str) and value in known)
