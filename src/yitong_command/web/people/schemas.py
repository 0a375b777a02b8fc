"""Accounts as an administrator sees and makes them."""

from __future__ import annotations

from pydantic import Field

from yitong_command.web.auth.schemas import RoleWord, UserOut
from yitong_command.web.schemas import In, Out, Text

Code = Text


class AccountOut(UserOut):
    """An account with its state."""

    active: bool
    must_change: bool
    detail_roles: tuple[str, ...]


class Accounts(Out):
    """All accounts, by name."""

    items: tuple[AccountOut, ...]


class AccountIn(In):
    """What an account may be; replaces everything about it but the password."""

    name_zh: Text = Field(min_length=1, max_length=80, examples=["值班员一"])
    name_en: Text = Field(min_length=1, max_length=80, examples=["Desk One"])
    role: RoleWord
    grid_codes: tuple[Code, ...] = Field(
        (), max_length=500, description="codes of grids, villages or townships; empty: the county"
    )
    detail_roles: tuple[Code, ...] = Field((), max_length=20, examples=[["health_center"]])
    post: Text = Field("A", pattern="^[AB]$")
    phone: Text = Field("", pattern=r"^(\+?[0-9][0-9 -]{2,18})?$", examples=["0434-5550101"])
    active: bool = True


class Given(Out):
    """A new password: told once, to be changed at the first sign-in."""

    username: str
    password: str
