"""Cases as files for others: CSV that Excel opens, and GeoJSON. Of protected cases no details."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson

from yitong_command.domain.privacy import GROUP
from yitong_command.domain.states import STATE_ZH, State
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.storage.asks import CaseFilter
from yitong_command.storage.cases import list_cases
from yitong_command.storage.session import Sessions, transaction
from yitong_command.storage.views import MAX_PAGE, CaseSummary

COLUMNS = (
    "case_id", "state", "state_zh", "severity", "category", "category_zh", "subtype",
    "subtype_zh", "title_zh", "title_en", "place_zh", "place_en", "lon", "lat", "crs",
    "grid_code", "source", "holder", "condition", "reported_at", "filed_at", "due_at",
    "updated_at", "incident_count",
)  # fmt: skip
BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WITHHELD = ("place_zh", "place_en", "lon", "lat", "crs", "grid_code", "source", "holder")


def fields_of(case: CaseSummary, taxonomy: Taxonomy) -> dict[str, Any]:
    """One case as named values; what is about a protected person has no place and no holder."""
    category = taxonomy.categories.get(case.category)
    subtype = category.subtypes.get(case.subtype) if category else None
    values: dict[str, Any] = {
        name: getattr(case, name) for name in COLUMNS if hasattr(case, name)
    } | {
        "state_zh": STATE_ZH[State(case.state)],
        "category_zh": category.name_zh if category else "",
        "subtype_zh": subtype.name_zh if subtype else "",
        "lon": case.place.lon,
        "lat": case.place.lat,
        "crs": case.place.crs,
    }
    if case.category == GROUP:
        values |= dict.fromkeys(_WITHHELD)
    return {name: values[name] for name in COLUMNS}


def csv_lines(rows: Iterable[dict[str, Any]], *, head: bool) -> str:
    """Rows as CSV; the first piece has the byte order mark and the names.

    A cell that a spreadsheet would take for a formula begins with an apostrophe.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if head:
        out.write(BOM)
        writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return out.getvalue()


def feature(row: dict[str, Any]) -> dict[str, Any]:
    """One case as a GeoJSON feature; without a place its geometry is null."""
    place = None
    if row["lon"] is not None:
        place = {"type": "Point", "coordinates": [row["lon"], row["lat"]]}
    named = {name: value for name, value in row.items() if name not in {"lon", "lat"}}
    return {"type": "Feature", "id": row["case_id"], "geometry": place, "properties": named}


async def sheet(
    sessions: Sessions, wanted: CaseFilter, taxonomy: Taxonomy, form: str
) -> AsyncIterator[str]:
    """The cases of a filter, newest first, piece by piece.

    Args:
        sessions: Reading sessions.
        wanted: Which cases, and who asks.
        taxonomy: For the names.
        form: ``csv`` or ``geojson``.
    """
    first, cursor = True, None
    while first or cursor:
        async with transaction(sessions) as session:
            page = await list_cases(session, replace(wanted, limit=MAX_PAGE, before=cursor))
        rows = [fields_of(case, taxonomy) for case in page.items]
        if form == "csv":
            yield csv_lines(rows, head=first)
        else:
            yield _features(rows, head=first)
        first, cursor = False, page.next
    if form == "geojson":
        yield "\n]}\n"


def _features(rows: list[dict[str, Any]], *, head: bool) -> str:
    parts = [orjson.dumps(feature(row)).decode() for row in rows]
    before = '{"type":"FeatureCollection","features":[\n' if head else ",\n" if parts else ""
    return before + ",\n".join(parts)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
