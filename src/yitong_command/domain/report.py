"""Reports: what a person or another system says, before anybody decided what it means."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import EvidenceRef

NAMESPACE = UUID("b2a7c6de-5f0b-5b0e-9d7c-0f6a51d3c8e4")

CITIZEN_PLATFORM = "citizen"
"""The platform word of the public report page; its external id is the receipt number."""

WORKER_PLATFORM = "worker"
"""The platform word of grid workers' reports from their phones."""


class ReportKind(StrEnum):
    """What a report does to the ones before it of the same platform and external id."""

    NEW = "new"
    UPDATE = "update"
    WITHDRAWN = "withdrawn"


class ReporterKind(StrEnum):
    """Who said it; never a name."""

    CITIZEN = "citizen"
    WORKER = "worker"
    OFFICE = "office"
    DEVICE = "device"
    UNKNOWN = "unknown"


def report_id(platform: str, external_id: str, sequence: int) -> UUID:
    """The same report always has the same id, however often it is sent.

    Args:
        platform: Word of the platform in ``platforms.yaml``, ``citizen`` or ``worker``.
        external_id: The platform's own number.
        sequence: Counts what the platform says under that number, from 0.
    """
    return uuid5(NAMESPACE, f"{platform}|{external_id}|{sequence}")


@dataclass(frozen=True, slots=True)
class Report:
    """One thing that was said about one fact.

    Idempotency is by ``report_id``: a second delivery has the same one and changes nothing. All
    reports of one platform and external id are about one fact, and their sequence says which is
    newer: an ``update`` corrects or adds, ``withdrawn`` takes all of it back. Sequences may have
    gaps. A ``new`` with a higher sequence than one already taken counts as an update.

    Nothing here names a person. Names and telephone numbers stay sealed with whoever received
    the report (``has_contact`` says that there are some); of a key-population report neither
    ``text`` nor ``address`` is told either, only its category: the words are sealed there too.

    Attributes:
        report_id: See :func:`report_id`.
        kind: New, update or withdrawn.
        platform: Who sent it, a word of ``platforms.yaml``, or ``citizen`` or ``worker``.
        external_id: Its number there.
        sequence: Counts what was said under that number, from 0.
        source: Taxonomy source word, for example ``hotline_12345``.
        category: Taxonomy code of category and subtype, ``ar_manhole.missing_shifted``, or None
            if the platform's words fit none: a person must choose. If given, the taxonomy has it,
            and it admits ``source``.
        title: One line, "" of a withdrawal without words.
        text: What was said, "" if nothing more.
        place: Where, in CGCS2000, whatever system it came in; None if only words are known.
        address: Where, in words; "" if there are none. A report has a place or an address,
            unless it is withdrawn.
        grid_code: Grid the platform names, or None; a place, if there is one, counts for more.
        subject: The thing it is about, if the platform names one: ``component:<code>`` of
            GB/T 30428, ``device:<id>`` of GB/T 28181, ``place:<code>`` of a QR code; else None.
            Two reports with the same subject and category are about the same thing.
        severity: 1 highest to 4 as the platform sees it, or None; the taxonomy decides.
        reporter: Who said it.
        reported_by: Account of our own worker, else None.
        has_contact: Whether the reporter can be called back; who may is asked where it is sealed.
        evidence: Pictures in the evidence store, persons and plates masked.
        reported_at: When it was said there, aware UTC; never later than ``received_at``.
        received_at: When we took it, aware UTC.
    """

    report_id: UUID
    kind: ReportKind
    platform: str
    external_id: str
    sequence: int
    source: str
    category: str | None
    title: str
    text: str
    place: Place | None
    address: str
    reported_at: datetime
    received_at: datetime
    grid_code: str | None = None
    subject: str | None = None
    severity: int | None = None
    reporter: ReporterKind = ReporterKind.UNKNOWN
    reported_by: str | None = None
    has_contact: bool = False
    evidence: tuple[EvidenceRef, ...] = ()

    @property
    def thread(self) -> str:
        """What all reports of one platform and number share, ``hotline/GD-7``."""
        return f"{self.platform}/{self.external_id}"
