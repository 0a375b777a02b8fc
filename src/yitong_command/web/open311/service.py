"""What GeoReport v2 tells of our categories and cases."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from yitong_command.domain.public import SHOWN, public_codes
from yitong_command.domain.states import FINAL
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.storage.public_cases import PublicCase, PublicFilter, list_public
from yitong_command.storage.session import transaction
from yitong_command.web.context import Web
from yitong_command.web.gateway.states import WORDS
from yitong_command.web.open311.answers import Item

SPAN = timedelta(days=90)
"""How much is told at once, as the standard says."""
CLOSED = frozenset(SHOWN & FINAL)
STATUSES = {"open": SHOWN - CLOSED, "closed": CLOSED}


def services(taxonomy: Taxonomy) -> list[Item]:
    """Every kind of case that is told to everybody."""
    return [
        {
            "service_code": f"{code}.{subtype.code}",
            "service_name": f"{subtype.name_zh} / {subtype.name_en}",
            "description": category.filing,
            "metadata": False,
            "type": "realtime",
            "keywords": category.num,
            "group": f"{category.name_zh} / {category.name_en}",
        }
        for code in public_codes(taxonomy)
        for category in (taxonomy.categories[code],)
        for subtype in category.subtypes.values()
    ]


async def requests(web: Web, wanted: PublicFilter) -> list[Item]:
    """Cases that everybody may know of, newest first."""
    async with transaction(web.readers) as session:
        found = await list_public(session, public_codes(web.county.taxonomy), wanted)
    return [_request(web, case) for case in found]


def span(
    since: datetime | None, until: datetime | None, now: datetime
) -> tuple[datetime, datetime]:
    """The time asked for, at most 90 days; the last 90 if none is."""
    first, last = _aware(since), _aware(until)
    end = last or (first + SPAN if first else now)
    begin = first or end - SPAN
    return max(begin, end - SPAN), end


def states_of(words: Iterable[str]) -> frozenset[str]:
    """Our states for the standard's ``open`` and ``closed``; a wrong word names none.

    Raises:
        ValueError: If a word is neither.
    """
    found: set[str] = set()
    for word in words:
        if word not in STATUSES:
            raise ValueError(word)
        found |= {state.value for state in STATUSES[word]}
    return frozenset(found)


def _aware(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def _request(web: Web, case: PublicCase) -> Item:
    category = web.county.taxonomy.categories[case.category]
    subtype = category.subtypes[case.subtype]
    grid = next((item for item in web.county.grids if item.code == case.grid_code), None)
    over = case.state in CLOSED
    zh, en = WORDS["done" if over else "handling"]
    return {
        "service_request_id": case.case_id,
        "status": "closed" if over else "open",
        "status_notes": f"{zh} / {en}",
        "service_name": f"{subtype.name_zh} / {subtype.name_en}",
        "service_code": f"{case.category}.{case.subtype}",
        "description": f"{category.name_zh}: {subtype.name_zh} / {subtype.name_en}",
        "agency_responsible": None,
        "service_notice": None,
        "requested_datetime": _time(case.reported_at),
        "updated_datetime": _time(case.updated_at),
        "expected_datetime": _time(case.due_at) if case.due_at else None,
        "address": f"{grid.township_zh} {grid.name_zh}" if grid else None,
        "address_id": case.grid_code,
        "zipcode": None,
        "lat": case.lat,
        "long": case.lon,
        "media_url": None,
    }


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
