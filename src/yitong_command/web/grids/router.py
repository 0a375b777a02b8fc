"""Grids with their load, and the taxonomy."""

from __future__ import annotations

from fastapi import APIRouter

from yitong_command.domain.grid import Grid
from yitong_command.domain.roles import in_area
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.storage.session import transaction
from yitong_command.storage.stats import open_cases_by_grid
from yitong_command.web.auth.service import Person
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.grids.schemas import (
    CategoryOut,
    GridFeature,
    GridProperties,
    Grids,
    PolygonOut,
    RejectReason,
    RoleWords,
    SeverityOut,
    SubtypeOut,
    TaxonomyOut,
)

router = APIRouter(tags=["grids"])


@router.get("/api/grids")
async def grids(web: WebDep, person: PersonDep) -> Grids:
    """All grids as GeoJSON, those of one's area with their number of open cases."""
    async with transaction(web.readers) as session:
        open_cases = await open_cases_by_grid(session)
    return Grids(
        features=tuple(
            _feature(grid, open_cases.get(grid.code, 0) if _counted(person, grid) else 0)
            for grid in web.county.grids
        )
    )


@router.get("/api/taxonomy")
async def taxonomy(web: WebDep) -> TaxonomyOut:
    """Categories, severities and the reasons for not filing."""
    return _taxonomy(web.county.taxonomy)


def _counted(person: Person, grid: Grid) -> bool:
    return in_area(person.role, person.user.grid_codes, grid.code)


def _feature(grid: Grid, open_cases: int) -> GridFeature:
    ring = tuple((corner.x, corner.y) for corner in (*grid.polygon, grid.polygon[0]))
    properties = GridProperties(
        code=grid.code,
        name_zh=grid.name_zh,
        name_en=grid.name_en,
        township_zh=grid.township_zh,
        township_en=grid.township_en,
        kind=grid.kind,
        open_cases=open_cases,
    )
    return GridFeature(
        id=grid.code, properties=properties, geometry=PolygonOut(coordinates=(ring,))
    )


def _taxonomy(found: Taxonomy) -> TaxonomyOut:
    return TaxonomyOut(
        categories=tuple(
            CategoryOut(
                code=category.code,
                num=category.num,
                group=category.group.value,
                name_zh=category.name_zh,
                name_en=category.name_en,
                severity=category.severity,
                subtypes=tuple(
                    SubtypeOut(
                        code=subtype.code,
                        name_zh=subtype.name_zh,
                        name_en=subtype.name_en,
                        severity=subtype.severity,
                        resolve=subtype.resolve.text,
                    )
                    for subtype in category.subtypes.values()
                ),
            )
            for category in found.categories.values()
        ),
        severity={
            str(level): SeverityOut.model_validate(info) for level, info in found.severities.items()
        },
        reject_reasons=tuple(
            RejectReason.model_validate(reason) for _, reason in sorted(found.reasons.items())
        ),
        detail_roles=tuple(
            RoleWords(code=code, name_zh=words.zh, name_en=words.en)
            for code, words in sorted(found.roles.items())
            if any(code in category.detail_roles for category in found.categories.values())
        ),
    )
