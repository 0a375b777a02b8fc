"""From database rows to views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import RowMapping

from yitong_command.domain.geometry import Place
from yitong_command.storage.notices import category_of, told_case
from yitong_command.storage.views import AlertView, CaseSummary, IncidentView, TaskView, User

Row = RowMapping | Mapping[str, Any]


def case_fields(row: Row) -> dict[str, Any]:
    """The fields of a case summary, from a row of cases with its holder's names."""
    special = {"place", "holder_name_zh", "holder_name_en"}
    row = told_case(row)
    values = {f.name: row[f.name] for f in fields(CaseSummary) if f.name not in special}
    return values | {
        "place": place(row),
        "holder_name_zh": row["holder_name_zh"] or row["holder"] or "",
        "holder_name_en": row["holder_name_en"] or row["holder"] or "",
    }


def incident_view(row: Row) -> IncidentView:
    """One incident of a case."""
    values = {f.name: row[f.name] for f in fields(IncidentView)}
    return IncidentView(**values | {"evidence": tuple(row["evidence"])})


def task_view(row: Row) -> TaskView:
    """A task, from a row of tasks joined with its case and its assignee's names."""
    special = {"place", "category", "assignee_name_zh", "assignee_name_en"}
    row = told_case(row)
    values = {f.name: row[f.name] for f in fields(TaskView) if f.name not in special}
    return TaskView(
        **values,
        place=place(row),
        category=category_of(row),
        assignee_name_zh=row["assignee_name_zh"] or row["assignee"],
        assignee_name_en=row["assignee_name_en"] or row["assignee"],
    )


def alert_view(row: Row) -> AlertView:
    """An alert, from a row of alerts joined with its case."""
    special = {"place", "category", "schema_version"}
    row = told_case(row)
    values = {f.name: row[f.name] for f in fields(AlertView) if f.name not in special}
    return AlertView(**values, place=place(row), category=category_of(row))


def user(row: Row) -> User:
    """A person, from a row of users."""
    values = {f.name: row[f.name] for f in fields(User)}
    lists = {name: tuple(row[name] or ()) for name in ("grid_codes", "detail_roles")}
    return User(**values | lists)


def place(row: Row) -> Place:
    """Where a case is."""
    return Place(row["lon"], row["lat"], row["crs"])
