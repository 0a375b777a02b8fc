"""How a report stands, in words for those outside."""

from __future__ import annotations

from typing import Final, Literal

from yitong_command.storage.reports import Known

Word = Literal["received", "waiting", "handling", "done", "not_filed", "withdrawn", "refused"]

WORDS: Final[dict[Word, tuple[str, str]]] = {
    "received": ("已收到", "received"),
    "waiting": ("等待人工确认", "waits for a person to decide"),
    "handling": ("正在处理", "being handled"),
    "done": ("已办结", "done"),
    "not_filed": ("不予立案", "not filed"),
    "withdrawn": ("已撤回", "withdrawn"),
    "refused": ("未受理", "not taken up"),
}
_OF_CASE: Final[dict[str, Word]] = {
    "reported": "waiting", "pending_verify": "waiting", "pending_filing": "waiting",
    "not_filed": "not_filed", "closed": "done", "closed_forced": "done", "handed_over": "done",
}  # fmt: skip


def state_of(known: Known) -> Word:
    """The word for how it stands now."""
    if known.kind == "withdrawn":
        return "withdrawn"
    if known.case_state is not None:
        return _OF_CASE.get(known.case_state, "handling")
    if known.outcome == "refused":
        return "refused"
    return "received" if known.outcome is None else "waiting"
