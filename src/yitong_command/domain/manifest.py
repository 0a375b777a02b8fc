"""The manifest of a case's evidence: a chain of entries, each holding the hash of the one before.

Changing, removing or inserting an entry breaks the chain at that place; what is cut off at the
end is seen against the head that the audit log keeps of every closing and export. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

FIRST = "0" * 64
"""Stands before the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that was done with evidence of a case.

    Attributes:
        case_id: The case.
        seq: 1 for the first.
        entry: captured, adopted, opinion, receipt, purged, held, released or exported.
        sha256: The picture it is about, or None.
        at: When, aware.
        by: Who; a camera id for what a camera took.
        detail: More, as JSON.
        prev: Hash of the entry before, or ``FIRST``.
        hash: Of all of the above.
    """

    case_id: str
    seq: int
    entry: str
    sha256: str | None
    at: datetime
    by: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    prev: str
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was: ``where`` names the row or file."""

    where: str
    zh: str
    en: str


def digest(entry: Entry) -> str:
    """The hash that an entry must have, SHA-256 in hex over its canonical JSON."""
    content = {
        "case_id": entry.case_id,
        "seq": entry.seq,
        "entry": entry.entry,
        "sha256": entry.sha256,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "by": entry.by,
        "detail": dict(entry.detail),
        "prev": entry.prev,
    }
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def chain_faults(case_id: str, entries: Iterable[Entry]) -> list[Fault]:
    """Every place where a chain is not whole; empty if it is.

    Args:
        case_id: The case that all of them must be of.
        entries: As stored, in the order of ``seq``.
    """
    faults: list[Fault] = []
    prev, seq = FIRST, 0
    for entry in entries:
        seq += 1
        where = f"{case_id} manifest {entry.seq}"
        if entry.case_id != case_id or entry.seq != seq:
            faults.append(
                Fault(where, f"应为第 {seq} 条", f"entry {seq} of {case_id} is expected here")
            )
            seq = entry.seq
        if entry.prev != prev:
            faults.append(
                Fault(where, "与前一条不相接", "does not hold the hash of the entry before it")
            )
        if digest(entry) != entry.hash:
            faults.append(
                Fault(where, "内容与其哈希不符", "its content does not have the hash it was given")
            )
        prev = entry.hash
    return faults
