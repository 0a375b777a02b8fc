"""Cases as CSV and GeoJSON, for the desk, in one's area, audited before the first row."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from yitong_command.storage import audit
from yitong_command.storage.asks import CaseFilter
from yitong_command.storage.case_sheet import sheet
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.context import Web
from yitong_command.web.deps import PersonDep, WebDep
from yitong_command.web.schemas import Text

router = APIRouter(tags=["cases"])

WordList = Annotated[Text, Query(max_length=400, description="one or more, with commas between")]
MEDIA = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json"}


@router.get("/api/cases.csv", response_class=StreamingResponse)
async def cases_csv(  # noqa: PLR0913 - the filters
    web: WebDep, person: PersonDep, state: WordList = "", category: WordList = "",
    grid: WordList = "", q: Annotated[Text, Query(max_length=100)] = "",
) -> StreamingResponse:  # fmt: skip
    """Cases as CSV in UTF-8 with a byte order mark, as Excel wants it."""
    return await _file(web, person, "csv", _wanted(person, state, category, grid, q))


@router.get("/api/cases.geojson", response_class=StreamingResponse)
async def cases_geojson(  # noqa: PLR0913 - the filters
    web: WebDep, person: PersonDep, state: WordList = "", category: WordList = "",
    grid: WordList = "", q: Annotated[Text, Query(max_length=100)] = "",
) -> StreamingResponse:  # fmt: skip
    """Cases as GeoJSON."""
    return await _file(web, person, "geojson", _wanted(person, state, category, grid, q))


def _wanted(person: Person, state: str, category: str, grid: str, q: str) -> CaseFilter:
    return CaseFilter(
        states=_words(state), categories=_words(category), grid_codes=_words(grid), text=q,
        visible_to=person.actor,
    )  # fmt: skip


async def _file(web: Web, person: Person, form: str, wanted: CaseFilter) -> StreamingResponse:
    detail = {
        "form": form, "states": wanted.states, "categories": wanted.categories,
        "grids": wanted.grid_codes, "text": wanted.text,
    }  # fmt: skip
    now = web.clock()
    async with transaction(web.sessions) as session:
        await audit.record(
            session, now, person.username, person.role.value, "cases_exported", form, detail
        )
    name = f"cases-{now:%Y%m%d-%H%M}.{form}"
    return StreamingResponse(
        sheet(web.readers, wanted, web.county.taxonomy, form),
        media_type=MEDIA[form],
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.split(",")) if word)
