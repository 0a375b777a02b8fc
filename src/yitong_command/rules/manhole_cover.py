"""Manhole covers that are broken, missing or displaced.

One look may be wrong, so looks must agree. What they agree on is danger or no danger: a hole that
the model calls missing now and displaced then is a hole, and the form it had most often is told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from yitong_command.domain.geometry import Polygon
from yitong_command.domain.incident import Change, IncidentKind, RuleChange
from yitong_command.domain.observation import CoverLook
from yitong_command.domain.terms import Terms
from yitong_command.rules.base import Event, Rule, checked

OK = "ok"
WORDS = {"broken": "破损", "missing": "缺失", "displaced": "移位"}


@dataclass(frozen=True, slots=True)
class CoverSettings:
    """Settings of one cover.

    Attributes:
        polygon: The cover, corners in [0, 1].
        agree_looks: So many judged looks in a row must agree.
        agree_s: And over at least so many seconds of event time.
        max_gap_s: Without any judged look for longer, agreement starts anew.
        min_cover_px: A cover smaller than this in the original picture is not judged: the model
            would guess, and a dark cover looks like a hole.
    """

    polygon: Polygon
    agree_looks: float = 3.0
    agree_s: float = 6.0
    max_gap_s: float = 900.0
    min_cover_px: float = 60.0


@dataclass(frozen=True, slots=True)
class CoverState:
    """What the looks at one cover agree on.

    Attributes:
        run: Judged looks in a row that agree on danger or no danger, as counts by state.
        run_began_at: The first of them, or None before any.
        judged_at: The newest of them.
        score: Highest confidence in the run.
        open_began_at: When the reported condition began, or None if none is reported.
        open_state: Its form.
    """

    run: tuple[tuple[str, int], ...] = ()
    run_began_at: datetime | None = None
    judged_at: datetime | None = None
    score: float = 0.0
    open_began_at: datetime | None = None
    open_state: str = ""


def step(
    state: CoverState | None, event: Event, settings: CoverSettings
) -> tuple[CoverState, tuple[RuleChange, ...]]:
    """Next state and what changed, after one event.

    Args:
        state: State after the event before, or None.
        event: A look at the cover; one that is not judged changes nothing.
        settings: Of this cover.
    """
    now = state or CoverState()
    if not isinstance(event, CoverLook) or event.state is None:
        return now, ()
    now = _add(now, event, event.state, settings)
    if not _agreed(now, settings):
        return now, ()
    form = _form(now, event.state)
    if form == OK:
        return _clear(now, event)
    if now.open_began_at is not None:
        return replace(now, open_state=form), ()
    return _open(now, form, event)


def _add(state: CoverState, look: CoverLook, seen: str, settings: CoverSettings) -> CoverState:
    run = dict(state.run)
    blind = (
        state.judged_at is not None
        and (look.at - state.judged_at).total_seconds() > settings.max_gap_s
    )
    if not run or blind or (OK in run) != (seen == OK):
        return replace(
            state,
            run=((seen, 1),),
            run_began_at=look.at,
            judged_at=look.at,
            score=look.score,
        )
    run[seen] = run.get(seen, 0) + 1
    return replace(
        state,
        run=tuple(sorted(run.items())),
        judged_at=look.at,
        score=max(state.score, look.score),
    )


def _agreed(state: CoverState, settings: CoverSettings) -> bool:
    if state.run_began_at is None or state.judged_at is None:
        return False
    span_s = (state.judged_at - state.run_began_at).total_seconds()
    return sum(n for _, n in state.run) >= settings.agree_looks and span_s >= settings.agree_s


def _form(state: CoverState, newest: str) -> str:
    """The most frequent state of the run; the newest one where two are as frequent."""
    return max(state.run, key=lambda item: (item[1], item[0] == newest))[0]


def _open(
    state: CoverState, form: str, look: CoverLook
) -> tuple[CoverState, tuple[RuleChange, ...]]:
    began_at = state.run_began_at or look.at
    looks = sum(n for _, n in state.run)
    change = RuleChange(
        change=Change.OPENED,
        began_at=began_at,
        at=look.at,
        state=form,
        score=state.score,
        reason=(
            f"井盖{WORDS.get(form, form)}，连续{looks}次观察一致",
            f"manhole cover {form}: {looks} looks in a row agree",
        ),
    )
    return replace(state, open_began_at=began_at, open_state=form), (change,)


def _clear(state: CoverState, look: CoverLook) -> tuple[CoverState, tuple[RuleChange, ...]]:
    if state.open_began_at is None:
        return state, ()
    looks = sum(n for _, n in state.run)
    reason = (
        f"井盖已恢复完好，连续{looks}次观察一致",
        f"the manhole cover is in place again: {looks} looks in a row agree",
    )
    return replace(state, open_began_at=None, open_state=""), end(state, look.at, reason)


def end(state: CoverState, at: datetime, reason: tuple[str, str]) -> tuple[RuleChange, ...]:
    """What clears the condition that is reported; nothing if none is.

    Args:
        state: Of the cover.
        at: When it is cleared.
        reason: Why, Chinese and English.
    """
    if state.open_began_at is None:
        return ()
    change = RuleChange(
        change=Change.CLEARED,
        began_at=state.open_began_at,
        at=at,
        state=state.open_state,
        score=state.score,
        reason=reason,
    )
    return (change,)


def configure(
    polygon: Polygon, numbers: dict[str, float], _terms: Terms | None = None
) -> CoverSettings:
    """Settings of one cover.

    Args:
        polygon: The cover, corners in [0, 1].
        numbers: Settings that differ from the defaults.

    Raises:
        ValueError: Naming the setting that is unknown or out of its range.
    """
    return CoverSettings(polygon, **checked(CoverSettings, numbers))


MANHOLE_COVER: Rule[CoverState, CoverSettings] = Rule(
    kind=IncidentKind.MANHOLE_COVER,
    name=("井盖异常", "manhole cover"),
    category="ar_manhole.missing_shifted",
    state=CoverState,
    settings=CoverSettings,
    configure=configure,
    step=step,
    watching=lambda state: (
        state.open_began_at is not None or any(form != OK for form, _ in state.run)
    ),
    open_count=lambda state: int(state.open_began_at is not None),
    end=end,
)
