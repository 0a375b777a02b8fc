"""Rows that a report makes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from yitong_command.domain.case import State
from yitong_command.domain.county import County
from yitong_command.domain.geometry import Place, grid_cell
from yitong_command.domain.grid import Grid
from yitong_command.domain.report import Report
from yitong_command.domain.taxonomy import Group
from yitong_command.routing.assign import grid_of
from yitong_command.routing.merge import open_key
from yitong_command.routing.reports import UNSORTED

KIND = "report"
"""In the place of an incident's kind, on the alert of a case that people told of."""


def report_case_row(report: Report, case_id: str, county: County, at: datetime) -> dict[str, Any]:
    """A new case for a report, in state reported.

    A report without coordinates lies in the middle of the grid it names, or of the county; its
    case has no grid then unless it names one, and an operator dispatches it.

    Raises:
        ValueError: If the taxonomy does not know the report's category.
    """
    code = report.category or UNSORTED
    found = county.taxonomy.find(code)
    if found is None:
        raise ValueError(f"there is no category {code!r}")
    category, subtype = found
    named = next((grid for grid in county.grids if grid.code == report.grid_code), None)
    place = report.place or _middle((named,) if named else county.grids)
    grid = grid_of(place, county.grids) if report.place else named
    words = report_place_words(report, grid, county)
    return {
        "case_id": case_id,
        "version": 1,
        "state": State.REPORTED.value,
        "category": category.code,
        "subtype": subtype.code,
        "severity": subtype.severity,
        "title_zh": f"{subtype.name_zh} · {words[0]}",
        "title_en": f"{subtype.name_en} · {words[1]}",
        "place_zh": words[0],
        "place_en": words[1],
        "lon": place.lon,
        "lat": place.lat,
        "crs": place.crs,
        "cell": grid_cell(place),
        "grid_code": grid.code if grid else None,
        "subject": report.subject or report.thread,
        "source": report.source,
        "camera_id": None,
        "evidence": report.evidence[-1].sha256 if report.evidence else None,
        "holder": None,
        "due_at": None,
        "reported_at": at,
        "began_at": report.reported_at,
        "last_seen_at": report.reported_at,
        "updated_at": at,
        "condition": "open",
        "incident_count": 1,
        "merge_reason_zh": "",
        "merge_reason_en": "",
        "open_key": open_key(code, report.subject or "", report.thread, county.taxonomy.merging),
    }


def report_place_words(report: Report, grid: Grid | None, county: County) -> tuple[str, str]:
    """Where it is in words, Chinese then English; of key population never more than the grid."""
    found = county.taxonomy.find(report.category or UNSORTED)
    sealed = found is not None and found[0].group is Group.KEY_POPULATION
    if report.address and not sealed:
        return report.address, report.address
    if grid is not None:
        return grid.name_zh, grid.name_en
    return "地点不详", "place not known"


def report_alert_row(report: Report, case_id: str) -> dict[str, Any]:
    """A new alert for a report."""
    reason_zh, reason_en = report_words(report)
    return {
        "alert_id": f"{case_id}-A",
        "case_id": case_id,
        "state": "open",
        "kind": KIND,
        "camera_id": None,
        "view_id": None,
        "zone_id": None,
        "box": None,
        "evidence": report.evidence[-1].sha256 if report.evidence else None,
        "reason_zh": reason_zh,
        "reason_en": reason_en,
        "began_at": report.reported_at,
        "opened_at": report.received_at,
        "repeats": 0,
        "second_look": False,
    }


def report_words(report: Report) -> tuple[str, str]:
    """What an operator reads of a report, Chinese then English."""
    said = (report.text or report.title)[:300]
    zh, en = f"{report.platform} {report.external_id}", f"{report.platform} {report.external_id}"
    if report.category in {None, UNSORTED}:
        zh, en = f"{zh} 未给出可识别的类别,请人工分类", f"{en} names no category; choose one"
    return (f"{zh}: {said}", f"{en}: {said}") if said else (zh, en)


def report_evidence_rows(report: Report, case_id: str) -> list[dict[str, Any]]:
    """Links from a case to the pictures of a report."""
    by = report.reported_by or report.platform
    return [
        {
            "case_id": case_id,
            "sha256": item.sha256,
            "kind": "before",
            "captured_at": item.captured_at,
            "by": by,
        }
        for item in report.evidence
    ]


def _middle(grids: tuple[Grid, ...]) -> Place:
    boxes = [grid.box for grid in grids]
    lon = (min(box.x0 for box in boxes) + max(box.x1 for box in boxes)) / 2
    lat = (min(box.y0 for box in boxes) + max(box.y1 for box in boxes)) / 2
    return Place(lon, lat)
