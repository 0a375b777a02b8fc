"""Open311 GeoReport v2, ``POST requests.json``: one request as a form.

Its service codes are our own categories. The client gives no number of its own, so what it says is
the number: the same words at the same place, sent again, are the same request.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import parse_qsl

from yitong_command.domain.report import ReporterKind
from yitong_command.settings.platforms import Platform
from yitong_command.sources.adapters.base import Adapter, Draft, Wrong
from yitong_command.sources.adapters.fields import Fields

KEYS = {
    "external_id": ("attribute[external_id]",),
    "code": ("service_code",),
    "text": ("description",),
    "address": ("address_string",),
    "x": ("long",),
    "y": ("lat",),
    "first_name": ("first_name",),
    "last_name": ("last_name",),
    "phone": ("phone",),
    "email": ("email",),
}
_NOT_SAID = {"api_key", "jurisdiction_id", "account_id", "device_id"}


def split(body: bytes) -> list[Any]:
    """The one request of a form body.

    Raises:
        Wrong: If it is no form.
    """
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, strict_parsing=True, max_num_fields=60,
            errors="strict",
        )  # fmt: skip
    except ValueError as exc:
        raise Wrong("", "不是表单", "must be a form in UTF-8", "not_form") from exc
    return [dict(pairs)]


def read(raw: Any, _platform: Platform) -> Draft:
    """One service request."""
    fields = Fields(raw, KEYS)
    said = {name: value for name, value in raw.items() if name not in _NOT_SAID}
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    contact = tuple(fields.text(name, 80) for name in ("last_name", "first_name", "phone", "email"))
    category = fields.needed("code", 80)
    return Draft(
        external_id=fields.text("external_id", 80) or digest[:24],
        category=category,
        text=fields.text("text", 4000),
        x=fields.number("x"),
        y=fields.number("y"),
        address=fields.text("address", 400),
        reporter=ReporterKind.CITIZEN,
        contact=tuple(part for part in contact if part),
        names=fields.names | {"category": "service_code"},
    )


ADAPTER = Adapter("open311", split, read)
