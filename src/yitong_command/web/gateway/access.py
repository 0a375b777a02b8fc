"""Partners are let in by their token alone, and only where this table says so."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from yitong_command.errors import NotAllowed, NotFound
from yitong_command.web.context import web_of
from yitong_command.web.gateway.tokens import READ, WRITE, Sender, check

RIGHTS: dict[tuple[str, str], str] = {
    ("POST", "/api/gateway/{platform}/reports"): WRITE,
    ("GET", "/api/gateway/{platform}/reports/{external_id}"): READ,
    ("POST", "/api/open311/{platform}/requests.{form}"): WRITE,
    ("GET", "/api/open311/{platform}/requests/{external_id}.{form}"): READ,
    ("GET", "/api/open311/{platform}/services.{form}"): READ,
}
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


async def authorise_partner(request: Request) -> None:
    """Let a partner's request through, or refuse it.

    Raises:
        NotFound: If the address can name nothing.
        NotAllowed: If no partner may use this address.
        TokenRefused: If its token is not good for exactly this request.
    """
    if "\x00" in request.scope["path"]:
        raise NotFound("没有这个地址", "there is no such address")
    right = RIGHTS.get((request.method, request.scope["route"].path))
    if right is None:
        raise NotAllowed("没有人可以使用这个地址", "nobody may use this address")
    web = web_of(request)
    word = str(request.path_params["platform"])
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    body = await request.body() if request.method in WITH_BODY else None
    request.state.sender = check(
        token.strip() if scheme.casefold() == "bearer" else "",
        web.gateway.platforms.partners.get(word),
        right,
        body,
        web.gateway.keys,
        web.clock(),
    )
    request.state.username = f"platform:{word}"


def _sender(request: Request) -> Sender:
    sender: Sender = request.state.sender
    return sender


SenderDep = Annotated[Sender, Depends(_sender)]
