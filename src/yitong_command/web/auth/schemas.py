"""Requests and answers of signing in."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from yitong_command.web.schemas import In, Out, Text


class SignIn(In):
    """User name and password."""

    username: Text = Field(min_length=1, max_length=64, examples=["desk"])
    password: Text = Field(min_length=1, max_length=200, examples=["a long pass phrase"])


class UserOut(Out):
    """A person who can sign in."""

    username: str = Field(examples=["desk"])
    name_zh: str = Field(examples=["值班员一"])
    name_en: str = Field(examples=["Desk One"])
    role: Literal["operator", "worker", "admin"]
    grid_codes: tuple[str, ...] = Field(examples=[["22032300100101"]])
    post: str = Field(examples=["A"])


class Signed(Out):
    """Who is signed in."""

    user: UserOut


class Workers(Out):
    """Workers a case can be dispatched to."""

    items: tuple[UserOut, ...]
