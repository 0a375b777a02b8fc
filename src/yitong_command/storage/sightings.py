"""What was told of open cases: kept for merging, and found again by place, street and thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.geometry import Place, grid_cell
from yitong_command.domain.merging import Merging
from yitong_command.routing.likeness import Sighting
from yitong_command.routing.nearby import Nearby
from yitong_command.routing.open_case import STREET, OpenCase, street_of, wanted_keys
from yitong_command.storage import tables as t
from yitong_command.storage.locks import lock_names

_CRS = "CGCS2000"
_s = t.sightings.c
_OPEN = (
    select(_s.case_id)
    .join(t.cases, t.cases.c.case_id == _s.case_id)
    .where(t.cases.c.open_key.is_not(None))
)


def sighting_row(sighting_id: str, case_id: str, sighting: Sighting) -> dict[str, Any]:
    """The row of a telling.

    Args:
        sighting_id: An incident's id, or platform and number of a report.
        case_id: Its case.
        sighting: What was told.
    """
    place = sighting.place
    return {
        "sighting_id": sighting_id,
        "case_id": case_id,
        "path": [],
        "category": sighting.category,
        "subject": sighting.subject,
        "source": sighting.source,
        "lon": place.lon if place else None,
        "lat": place.lat if place else None,
        "crs": place.crs if place else _CRS,
        "words": sighting.words,
        "cell": grid_cell(place) if place else "",
        "street": street_of(sighting.words)[:40],
        "at": sighting.at,
    }


def sighting_of_row(row: RowMapping) -> Sighting:
    """The telling in a row."""
    placed = row["lon"] is not None
    place = Place(row["lon"], row["lat"], row["crs"]) if placed else None
    return Sighting(row["category"], row["subject"], row["source"], place, row["at"], row["words"])


async def lock_kinds(session: AsyncSession, categories: Iterable[str], merging: Merging) -> None:
    """Hold these subtypes, and those people take them for, until the transaction ends.

    Two workers that hear of one fact at the same time wait for each other.
    """
    kinds = {kind for category in set(categories) for kind in merging.neighbours_of(category)}
    await lock_names(session, {f"intake:{kind}" for kind in kinds})


async def open_cases(
    session: AsyncSession, wanted: Sequence[Sighting], merging: Merging
) -> list[OpenCase]:
    """Every open case that one of these tellings could belong to, locked.

    Args:
        session: Open transaction, in which :func:`lock_kinds` was called.
        wanted: What was told.
        merging: Rules and errors.
    """
    ids, known = await _of_subjects(session, wanted)
    rest = [item for item in wanted if (item.category, item.subject) not in known]
    cells: set[str] = set()
    streets: set[str] = set()
    categories: set[str] = set()
    for sighting in rest:
        for category, keys in wanted_keys(sighting, merging).items():
            categories.add(category)
            streets |= {key[len(STREET) :][:40] for key in keys if key.startswith(STREET)}
            cells |= {key for key in keys if not key.startswith(STREET)}
    if cells:
        ids |= await _in_reach(session, rest, cells, categories, merging)
    if streets:
        query = _OPEN.where(_s.street.in_(streets), _s.category.in_(categories))
        ids.update(await session.scalars(query))
    return await load_cases(session, ids)


async def _of_subjects(
    session: AsyncSession, wanted: Sequence[Sighting]
) -> tuple[set[str], set[tuple[str, str]]]:
    """Open cases of the same things, and what needs no looking around for that."""
    subjects = {sighting.subject for sighting in wanted if sighting.subject}
    if not subjects:
        return set(), set()
    pairs = {(sighting.category, sighting.subject) for sighting in wanted}
    query = _OPEN.add_columns(_s.category, _s.subject).where(
        _s.subject.in_(subjects), _s.category.in_({category for category, _ in pairs})
    )
    found = [row for row in await session.execute(query) if (row[1], row[2]) in pairs]
    return {row[0] for row in found}, {(row[1], row[2]) for row in found}


async def _in_reach(
    session: AsyncSession,
    wanted: Sequence[Sighting],
    cells: set[str],
    categories: set[str],
    merging: Merging,
) -> set[str]:
    """Open cases told of near enough; whole cells of them are looked at, few are loaded."""
    nearby = Nearby(merging)
    query = _OPEN.add_columns(_s.category, _s.source, _s.lon, _s.lat, _s.crs).where(
        _s.cell.in_(cells), _s.category.in_(categories)
    )
    for case_id, category, source, lon, lat, crs in await session.execute(query):
        nearby.keep(case_id, category, source, Place(lon, lat, crs))
    ids: set[str] = set()
    for one in wanted:
        if one.place:
            ids |= nearby.around(one.category, one.source, one.place)
    return ids


async def load_cases(session: AsyncSession, case_ids: Iterable[str]) -> list[OpenCase]:
    """Those of these cases that are open, with everything told of them, locked."""
    c, s = t.cases.c, t.sightings.c
    query = select(c.case_id, c.last_seen_at).where(
        c.case_id.in_(set(case_ids)), c.open_key.is_not(None)
    )
    found = await session.execute(query.order_by(c.case_id).with_for_update())
    seen = {case_id: last_seen_at for case_id, last_seen_at in found}
    if not seen:
        return []
    told: dict[str, list[Sighting]] = {}
    rows = select(t.sightings).where(s.case_id.in_(seen)).order_by(s.case_id, s.at, s.sighting_id)
    for row in (await session.execute(rows)).mappings():
        told.setdefault(row["case_id"], []).append(sighting_of_row(row))
    return [
        OpenCase(case_id, tuple(told[case_id]), last_seen_at)
        for case_id, last_seen_at in seen.items()
        if case_id in told
    ]
