"""Making webhooks: for the web and the command line alike."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.privacy import GROUP
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.domain.webhook import Wanted, address_fault
from yitong_command.settings.environment import Settings
from yitong_command.settings.secrets import make_vault
from yitong_command.storage import audit, webhooks
from yitong_command.storage.webhooks import ACTIVE, Webhook
from yitong_command.web.errors import BodyRefused

BYTES = 32


def new_secret() -> str:
    """A secret in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def check(url: str, wanted: Wanted, taxonomy: Taxonomy, *, private: bool) -> None:
    """Refuse what could never be sent or never match.

    Raises:
        BodyRefused: Naming the field.
    """
    fault = address_fault(url, private=private)
    if fault is not None:
        raise BodyRefused("url", f"网址{fault[0]}", f"the URL {fault[1]}", "webhook_refused")
    known = taxonomy.categories
    for code in wanted.categories:
        fits = taxonomy.find(code) if "." in code else known.get(code)
        if code != GROUP and (fits is None or fits_protected(code)):
            raise BodyRefused(
                "wanted.categories", f"没有类别 {code}", f"there is no category {code}",
                "webhook_refused",
            )  # fmt: skip


def fits_protected(code: str) -> bool:
    """Whether a code names one service for protected people; only their group may be named."""
    return code.startswith("kp_")


async def make(  # noqa: PLR0913 - what a subscription is made of
    session: AsyncSession, settings: Settings, taxonomy: Taxonomy, name: str, url: str,
    wanted: Wanted, by: tuple[str, str], at: datetime,
) -> tuple[Webhook, str]:  # fmt: skip
    """A new subscription and its secret.

    Args:
        session: Open transaction; the caller commits.
        settings: Where the key is, and which addresses are allowed.
        taxonomy: The categories there are.
        name: What people call it.
        url: Where to send.
        wanted: Which changes.
        by: Who makes it, and in which role.
        at: Now; what happened before is not sent.

    Raises:
        BodyRefused: If it could never work; names the field.
    """
    check(url, wanted, taxonomy, private=settings.webhook_private)
    secret = new_secret()
    hook = Webhook(
        webhook_id=str(uuid4()), name=name, url=url,
        secret=make_vault(settings.key_file).seal(secret), wanted=wanted, state=ACTIVE,
        reason_zh="", reason_en="", made_at=at, made_by=by[0], replay_from=None,
    )  # fmt: skip
    await webhooks.add(session, hook)
    detail = {"url": url, "name": name}
    await audit.record(session, at, *by, "webhook_added", hook.webhook_id, detail)
    return hook, secret
