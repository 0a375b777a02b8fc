"""A person's report: slowed down, photo masked, checked like a partner's, stored, answered."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import EvidenceRef
from yitong_command.domain.report import CITIZEN_PLATFORM, WORKER_PLATFORM, ReporterKind
from yitong_command.domain.taxonomy import Words
from yitong_command.errors import NotFound
from yitong_command.settings.platforms import CITIZEN_SOURCE, WORKER_SOURCE, Platform
from yitong_command.sources.adapters.base import Draft, Wrong
from yitong_command.sources.adapters.settle import Receipt, settle
from yitong_command.storage import reports
from yitong_command.storage.session import transaction
from yitong_command.web.context import Web
from yitong_command.web.errors import BodyRefused, TooManyReports
from yitong_command.web.evidence.header import read_header
from yitong_command.web.gateway.batch import Read, write
from yitong_command.web.gateway.service import TAKEN
from yitong_command.web.gateway.states import WORDS, state_of
from yitong_command.web.reports.schemas import ReceiptOut

CITIZEN = Platform(
    CITIZEN_PLATFORM, Words("群众上报", "Citizens"), "", CITIZEN_SOURCE, "WGS84", 0, {}
)
WORKER = Platform(WORKER_PLATFORM, Words("网格员", "Workers"), "", WORKER_SOURCE, "WGS84", 0, {})
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PHONE = re.compile(r"\+?[0-9][0-9 \-]{5,18}[0-9]")
PHOTO_WAIT_S = 15


@dataclass(frozen=True, slots=True)
class Said:
    """What a person filled in.

    Attributes:
        draft_id: Made by the page, so that sending again is the same report.
        category: One of the choices, or "" for none.
        text: What it is.
        lon: Degrees, or None.
        lat: Degrees, or None.
        crs: System of the two.
        spot: Code of the QR code that was read, or "".
        address: Where, in words.
        phone: For the call back, or "".
        at: When it was seen, if the phone kept it, or None.
    """

    draft_id: UUID
    category: str = ""
    text: str = ""
    lon: float | None = None
    lat: float | None = None
    crs: str = "WGS84"
    spot: str = ""
    address: str = ""
    phone: str = ""
    at: datetime | None = None


def receipt_number(draft_id: UUID) -> str:
    """Ten characters that nobody guesses, the same for the same draft."""
    value = int.from_bytes(hashlib.sha256(draft_id.bytes).digest()[:7]) >> 6
    letters = "".join(_ALPHABET[value >> shift & 31] for shift in range(45, -1, -5))
    return f"{letters[:5]}-{letters[5:]}"


def slow_down(web: Web, what: str, address: str) -> None:
    """Use up one try of this address.

    Raises:
        TooManyReports: If it has none left now.
    """
    wait = web.gateway.public.take(what, address, web.clock())
    if wait:
        raise TooManyReports(wait)


async def report(
    web: Web, platform: Platform, said: Said, photo: bytes | None, username: str | None = None
) -> ReceiptOut:
    """Take a person's report.

    Args:
        web: The parts.
        platform: ``CITIZEN`` or ``WORKER``.
        said: What was filled in.
        photo: A picture as it came from the phone, or None.
        username: The worker who reports, else None.

    Raises:
        BodyRefused: If it can't be taken; names the field.
        TooManyReports: If too many photos are waiting to be masked.
        Refusal: If the photo can't be taken.
    """
    number = receipt_number(said.draft_id)
    try:
        draft, place = _draft(web, platform, said, number)
        receipt = Receipt(
            web.clock(),
            reported_by=username,
            place=place,
            subject=f"place:{said.spot}" if said.spot else None,
        )
        settle(draft, platform, web.county.taxonomy, receipt)
        evidence = await _masked(web, photo, receipt.at) if photo else ()
        receipt = Receipt(receipt.at, evidence, username, place, receipt.subject)
        settled = settle(draft, platform, web.county.taxonomy, receipt)
    except Wrong as exc:
        TAKEN.labels(platform.platform_id, exc.code).inc()
        raise BodyRefused(exc.field or "body", exc.zh, exc.en, exc.code) from exc
    async with transaction(web.sessions) as session:
        (answer,) = await write(
            web.settings.key_file, session, platform.platform_id, [Read(draft, settled, None)]
        )
    TAKEN.labels(platform.platform_id, answer.code or answer.status).inc()
    if answer.status == "refused":
        raise BodyRefused(
            "draft_id", "这份上报已用别的内容提交过", "sent before with other words", "conflict"
        )
    return await state(web, number)


async def state(web: Web, number: str) -> ReceiptOut:
    """How a receipt number stands; nothing else is told of it.

    Raises:
        NotFound: If there is no such number.
    """
    plain = re.sub(r"[\s\-]", "", number).upper().translate(str.maketrans("ILO", "110"))
    number = f"{plain[:5]}-{plain[5:10]}"
    async with transaction(web.readers) as session:
        known = await reports.find(session, CITIZEN_PLATFORM, number) or await reports.find(
            session, WORKER_PLATFORM, number
        )
    if known is None:
        raise NotFound("没有这个回执号,请核对", "there is no such receipt number")
    word = state_of(known)
    zh, en = WORDS[word]
    return ReceiptOut(
        receipt=number, state=word, state_zh=zh, state_en=en, received_at=known.first_at
    )


def _draft(web: Web, platform: Platform, said: Said, number: str) -> tuple[Draft, Place | None]:
    choices = {choice.code for choice in web.gateway.platforms.choices}
    if said.category and said.category not in choices:
        raise Wrong("category", "请从列表中选择", "choose one from the list")
    if said.phone and not _PHONE.fullmatch(said.phone):
        raise Wrong("phone", "电话号码有误", "this is no telephone number")
    spot = web.gateway.platforms.spots.get(said.spot) if said.spot else None
    if said.spot and spot is None:
        raise Wrong("spot", "没有这个位置码", "there is no such place code")
    own_place = said.lon is not None or said.lat is not None
    draft = Draft(
        external_id=number,
        category=said.category or None,
        text=said.text,
        x=said.lon,
        y=said.lat,
        crs=said.crs,
        address=said.address or (spot.name.zh if spot else ""),
        reporter=ReporterKind.WORKER if platform is WORKER else ReporterKind.CITIZEN,
        contact=(said.phone,) if said.phone else (),
        reported_at=said.at,
        names={"x": "lon", "y": "lat"},
    )
    return draft, spot.place if spot and not own_place else None


async def _masked(web: Web, photo: bytes, at: datetime) -> Sequence[EvidenceRef]:
    try:
        async with asyncio.timeout(PHOTO_WAIT_S), web.gateway.photos:
            jpeg = await web.masker.prepare(photo)
    except TimeoutError as exc:
        raise TooManyReports(PHOTO_WAIT_S) from exc
    sha256 = await asyncio.to_thread(web.evidence.put, jpeg)
    header = read_header(jpeg)
    width, height = (header.width, header.height) if header else (0, 0)
    source = hashlib.sha256(photo).hexdigest()
    return (EvidenceRef(sha256, source, at, width, height),)
