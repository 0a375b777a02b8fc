"""Outbox rows: every change of a case, task or alert as the wire models write it.

The bus and the store do not know each other, so the fields are written here by name; a contract
test decodes every one of them with the wire models.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import RowMapping, insert
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.case import Actor
from yitong_command.domain.privacy import told
from yitong_command.storage import tables as t

Row = RowMapping | Mapping[str, Any]


def case_notice(
    case: Row, previous_state: str | None, at: datetime, by: Actor, incident_ids: Iterable[str] = ()
) -> dict[str, Any]:
    """The outbox row of a changed case.

    Args:
        case: All columns of the case as it is now.
        previous_state: State before; the same as now if only an incident was added.
        at: When it changed.
        by: Who changed it.
        incident_ids: Incidents that this change brought into the case.
    """
    case = told_case(case)
    payload = {
        "case_id": case["case_id"],
        "version": case["version"],
        "state": case["state"],
        "previous_state": previous_state,
        "category": category_of(case),
        "severity": case["severity"],
        "title_zh": case["title_zh"],
        "title_en": case["title_en"],
        "grid_code": case["grid_code"],
        "place": place_of(case),
        "holder": case["holder"],
        "due_at": _time(case["due_at"]),
        "changed_at": _time(at),
        "changed_by": by.username,
        "incident_ids": list(incident_ids),
    }
    return _row("cases", payload, at)


def task_notice(task: Row, case: Row, at: datetime) -> dict[str, Any]:
    """The outbox row of a changed task."""
    case = told_case(case)
    payload = {
        "task_id": task["task_id"],
        "case_id": task["case_id"],
        "state": task["state"],
        "assignee": task["assignee"],
        "post": task["post"],
        "severity": case["severity"],
        "title_zh": case["title_zh"],
        "title_en": case["title_en"],
        "due_at": _time(task["due_at"]),
        "changed_at": _time(at),
    }
    return _row("tasks", payload, at)


def alert_notice(alert: dict[str, Any], case: Row, change: str, at: datetime) -> dict[str, Any]:
    """The outbox row of a changed alert; writes the change into ``alert`` too.

    Args:
        alert: All columns of the alert; ``change``, ``change_id`` and ``changed_at`` are set.
        case: All columns of its case.
        change: opened, repeated, cleared, confirmed or rejected.
        at: When.
    """
    alert |= {"change": change, "changed_at": at}
    own = told({**alert, "category": case["category"]})
    case = told_case(case)
    payload = {
        **{name: own[name] for name in _ALERT_OWN},
        **{name: case[name] for name in _ALERT_OF_CASE},
        "category": category_of(case),
        "place": place_of(case),
        "began_at": _time(alert["began_at"]),
        "opened_at": _time(alert["opened_at"]),
        "changed_at": _time(at),
        "case_state": case["state"],
        "case_version": case["version"],
    }
    row = _row("alerts", payload, at)
    alert["change_id"] = row["change_id"]
    return row


async def write(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """Put rows into the outbox, in order."""
    if rows:
        await session.execute(insert(t.outbox), rows)


def told_case(case: Row) -> Row:
    """A case as everybody may see it; see :mod:`yitong_command.domain.privacy`."""
    return told(case)  # type: ignore[arg-type]  # a row is a mapping in all but its base


def place_of(case: Row) -> dict[str, Any]:
    """The place of a case as the wire models write it."""
    return {"lon": case["lon"], "lat": case["lat"], "crs": case["crs"]}


def category_of(case: Row) -> str:
    """Category and subtype with a dot."""
    return f"{case['category']}.{case['subtype']}"


_ALERT_OWN = (
    "alert_id", "case_id", "change", "kind", "camera_id", "view_id", "zone_id", "box", "evidence",
    "reason_zh", "reason_en", "repeats", "second_look",
)  # fmt: skip
_ALERT_OF_CASE = (
    "severity", "source", "title_zh", "title_en", "place_zh", "place_en", "grid_code",
)  # fmt: skip


def _row(topic: str, payload: dict[str, Any], at: datetime) -> dict[str, Any]:
    change_id = str(uuid4())
    payload = {"schema_version": 1, "change_id": change_id, **payload}
    return {
        "change_id": change_id,
        "topic": topic,
        "key": payload["case_id"],
        "payload": payload,
        "at": at,
    }


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
