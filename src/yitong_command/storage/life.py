"""What happened in a case besides its steps: holdings, pauses, asked, receipts, urging, proofs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.pause import Pause
from yitong_command.storage import tables as t
from yitong_command.storage.holdings import HoldingView, holdings_of
from yitong_command.storage.move_clock import pauses_of

_OPINION = "opinion"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalView:
    """What one person asked for, and what another answered; open while ``decided_at`` is None."""

    id: int
    kind: str
    asked_by: str
    asked_at: datetime
    note: str
    reason: str | None
    until: datetime | None
    minutes: int | None
    decided_by: str | None
    decided_at: datetime | None
    granted: bool | None
    answer: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """What a body that took over gave."""

    body: str
    number: str
    issued_at: datetime
    taken_at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActView:
    """Urging or a return call."""

    kind: str
    at: datetime
    by: str
    role: str
    note: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionView:
    """What the detector thinks of a picture taken as proof: an opinion, not a decision."""

    sha256: str
    at: datetime
    opinion: str
    score: float | None
    words_zh: str
    words_en: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """All of it, for one case."""

    holdings: tuple[HoldingView, ...] = ()
    pauses: tuple[Pause, ...] = ()
    proposals: tuple[ProposalView, ...] = ()
    receipts: tuple[ReceiptView, ...] = ()
    acts: tuple[ActView, ...] = ()
    opinions: tuple[OpinionView, ...] = ()
    hold: str | None = None

    @property
    def asked(self) -> ProposalView | None:
        """What waits for a second person, or None."""
        return next((item for item in self.proposals if item.decided_at is None), None)


async def life_of(session: AsyncSession, case_id: str) -> Life:
    """What happened in a case besides its steps; everything oldest first."""
    m = t.evidence_manifest.c
    opinions = select(m.sha256, m.at, m.detail).where(m.case_id == case_id, m.entry == _OPINION)
    held = select(t.legal_holds.c.reason).where(
        t.legal_holds.c.case_id == case_id, t.legal_holds.c.lifted_at.is_(None)
    )
    return Life(
        holdings=await holdings_of(session, case_id),
        pauses=await pauses_of(session, case_id),
        proposals=await _of(session, case_id, t.proposals, "id", ProposalView),
        receipts=await _of(session, case_id, t.receipts, "taken_at", ReceiptView),
        acts=await _of(session, case_id, t.case_acts, "id", ActView),
        opinions=tuple(
            OpinionView(sha256=row.sha256 or "", at=row.at, **row.detail)
            for row in await session.execute(opinions.order_by(m.seq))
        ),
        hold=await session.scalar(held),
    )


async def _of(
    session: AsyncSession, case_id: str, table: Table, order: str, view: type[Any]
) -> tuple[Any, ...]:
    columns = [table.c[name] for name in view.__slots__]
    query = select(*columns).where(table.c.case_id == case_id).order_by(table.c[order])
    return tuple(view(**row) for row in (await session.execute(query)).mappings())
