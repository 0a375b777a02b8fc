"""Wire model of reports: what people and partner platforms say.

The record key is ``platform/external_id``, not the grid cell: an update or withdrawal must never
overtake what it changes, and a report may have no place, or move. Who joins reports of different
platforms locks by category in the database, as for incidents.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from yitong_command.bus.messages import EvidenceModel, Message, PlaceModel
from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import EvidenceRef
from yitong_command.domain.report import Report, ReporterKind, ReportKind


class ReportMessage(Message):
    """One report, checked and with its place converted; see :class:`Report` for every field."""

    report_id: UUID
    kind: ReportKind
    platform: str = Field(pattern=r"^[a-z][a-z0-9-]{1,31}$")
    external_id: str = Field(min_length=1, max_length=80)
    sequence: int = Field(ge=0, le=2**31 - 1)
    source: str = Field(pattern=r"^[a-z0-9_]+$", max_length=40)
    category: str | None = Field(None, pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$", max_length=80)
    title: str = Field("", max_length=200)
    text: str = Field("", max_length=4000)
    place: PlaceModel | None = None
    address: str = Field("", max_length=400)
    grid_code: str | None = Field(None, pattern=r"^[0-9]{6,16}$")
    subject: str | None = Field(None, max_length=120)
    severity: int | None = Field(None, ge=1, le=4)
    reporter: ReporterKind = ReporterKind.UNKNOWN
    reported_by: str | None = Field(None, max_length=64)
    has_contact: bool = False
    evidence: tuple[EvidenceModel, ...] = ()
    reported_at: AwareDatetime
    received_at: AwareDatetime

    @classmethod
    def of(cls, report: Report) -> ReportMessage:
        """The wire form of a report."""
        return cls.model_validate(report, from_attributes=True)

    def to_domain(self) -> Report:
        """The domain value this message carries."""
        values = {name: getattr(self, name) for name in _PLAIN}
        return Report(
            **values,
            place=Place(**self.place.model_dump()) if self.place else None,
            evidence=tuple(EvidenceRef(**item.model_dump()) for item in self.evidence),
        )

    @property
    def key(self) -> str:
        """Record key: platform and its number, so that one report's changes stay in order."""
        return f"{self.platform}/{self.external_id}"


_PLAIN = tuple(
    name
    for name in ReportMessage.model_fields
    if name not in {"schema_version", "place", "evidence"}
)
