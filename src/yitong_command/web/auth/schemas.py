"""Requests and answers of signing in."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from yitong_command.domain.roles import Right
from yitong_command.web.schemas import In, Out, Text

RoleWord = Literal["operator", "supervisor", "worker", "admin", "auditor", "wall"]


class SignIn(In):
    """User name and password."""

    username: Text = Field(min_length=1, max_length=64, examples=["desk"])
    password: Text = Field(min_length=1, max_length=200, examples=["a long pass phrase"])


class PasswordChange(In):
    """The current password and a new one."""

    current: Text = Field(min_length=1, max_length=200, examples=["a long pass phrase"])
    new: Text = Field(min_length=1, max_length=200, examples=["another long pass phrase"])


class UserOut(Out):
    """A person who can sign in."""

    username: str = Field(examples=["desk"])
    name_zh: str = Field(examples=["值班员一"])
    name_en: str = Field(examples=["Desk One"])
    role: RoleWord
    grid_codes: tuple[str, ...] = Field(examples=[["22032300100101"]])
    post: str = Field(examples=["A"])
    phone: str = Field("", description="Duty telephone", examples=["0434-5550101"])


class Me(UserOut):
    """The person who is signed in, and what they may do."""

    rights: tuple[Right, ...] = Field(examples=[["cases_see", "self"]])
    detail_roles: tuple[str, ...] = Field(examples=[["justice_office"]])
    must_change: bool = Field(description="the password must be changed before anything else")


class Signed(Out):
    """Who is signed in."""

    user: Me


class SessionOut(Out):
    """A signed-in browser of this person."""

    session_id: str
    created_at: AwareDatetime
    seen_at: AwareDatetime
    expires_at: AwareDatetime
    address: str
    agent: str
    current: bool


class SessionsOut(Out):
    """The browsers in which this person is signed in, newest first."""

    items: tuple[SessionOut, ...]


class Ended(Out):
    """How many sessions were ended."""

    ended: int


class Methods(Out):
    """How one can sign in here."""

    password: bool
    oidc_name_zh: str | None
    oidc_name_en: str | None


class Workers(Out):
    """Workers a case can be dispatched to."""

    items: tuple[UserOut, ...]
