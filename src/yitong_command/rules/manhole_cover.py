"""Manhole covers that are broken, missing or displaced.

One look may be wrong, so looks must agree. What they agree on is danger or no danger: a hole that
the model calls missing now and displaced then is a hole, and the form it had most often is told.
A look that is not judged is no look. See `cover_fence` for what cones around a hole mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from yitong_command.domain.geometry import Polygon
from yitong_command.domain.incident import Change, IncidentKind, RuleChange
from yitong_command.domain.observation import CoverLook
from yitong_command.domain.terms import Terms
from yitong_command.rules.base import Event, Rule, checked
from yitong_command.rules.cover_fence import PROTECTED, Fence

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
        fence_looks: So many looks in a row must agree that a fence is there, or is not.
        fence_s: And over at least so many seconds.
        works_s: A fenced hole that nobody was told of is reported after this long.
    """

    polygon: Polygon
    agree_looks: float = 3.0
    agree_s: float = 6.0
    max_gap_s: float = 900.0
    min_cover_px: float = 60.0
    fence_looks: float = 3.0
    fence_s: float = 10.0
    works_s: float = 14400.0


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
        fence: What is known of a fence around it.
        told_protected: Whether the report says that it is protected.
    """

    run: tuple[tuple[str, int], ...] = ()
    run_began_at: datetime | None = None
    judged_at: datetime | None = None
    score: float = 0.0
    open_began_at: datetime | None = None
    open_state: str = ""
    fence: Fence = field(default_factory=Fence)
    told_protected: bool = False


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
    if not isinstance(event, CoverLook):
        return now, ()
    fence = now.fence.after(
        event.at, event.fenced, settings.fence_looks, settings.fence_s, settings.max_gap_s
    )
    now = replace(now, fence=fence)
    if event.state is not None:
        now = _add(now, event, event.state, settings)
        if _agreed(now, settings):
            return _decide(now, event, _form(now, event.state), settings)
    return _tell_fence(now, event)


def _decide(
    state: CoverState, look: CoverLook, form: str, settings: CoverSettings
) -> tuple[CoverState, tuple[RuleChange, ...]]:
    """What follows from looks that agree."""
    if form == OK:
        return _clear(state, look)
    if state.open_began_at is not None:
        return _tell_fence(replace(state, open_state=form), look)
    began_at = state.run_began_at or look.at
    if state.fence.holds_back and (look.at - began_at).total_seconds() < settings.works_s:
        return state, ()
    return _open(state, form, look)


def _tell_fence(state: CoverState, look: CoverLook) -> tuple[CoverState, tuple[RuleChange, ...]]:
    """Tell that what is reported is protected now, or no longer."""
    believed = state.fence.believed
    if state.open_began_at is None or believed == state.told_protected:
        return state, ()
    word = WORDS.get(state.open_state, state.open_state)
    change = RuleChange(
        change=Change.UPDATED,
        began_at=state.open_began_at,
        at=look.at,
        state=PROTECTED if believed else state.open_state,
        score=state.score,
        reason=(
            f"井盖{word}，已设围护，尚未修复" if believed else f"井盖{word}，围护已不见，未修复",
            f"manhole cover {state.open_state}: fenced off, not repaired yet"
            if believed
            else f"manhole cover {state.open_state}: the fence is gone, not repaired",
        ),
    )
    return replace(state, told_protected=believed), (change,)


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
    fenced = state.fence.believed
    change = RuleChange(
        change=Change.OPENED,
        began_at=began_at,
        at=look.at,
        state=PROTECTED if fenced else form,
        score=state.score,
        reason=(
            f"井盖{WORDS.get(form, form)}，连续{looks}次观察一致"
            + ("，围护已久" if fenced else ""),
            f"manhole cover {form}: {looks} looks in a row agree"
            + (", fenced off for long" if fenced else ""),
        ),
    )
    now = replace(state, open_began_at=began_at, open_state=form, told_protected=fenced)
    return now, (change,)


def _clear(state: CoverState, look: CoverLook) -> tuple[CoverState, tuple[RuleChange, ...]]:
    if state.open_began_at is None:
        return replace(state, fence=Fence()), ()
    looks = sum(n for _, n in state.run)
    reason = (
        f"井盖已恢复完好，连续{looks}次观察一致",
        f"the manhole cover is in place again: {looks} looks in a row agree",
    )
    now = replace(state, open_began_at=None, open_state="", fence=Fence(), told_protected=False)
    return now, end(state, look.at, reason)


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
