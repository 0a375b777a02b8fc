"""What happens when a case is not taken, not reached, or late: the steps of its ladder. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fractions import Fraction

from yitong_command.domain.clock import CHINA, WorkCalendar
from yitong_command.domain.deadlines import Deadlines
from yitong_command.domain.running import Conditions, Pace, reach
from yitong_command.domain.taxonomy import Taxonomy

QUIET_FROM, QUIET_UNTIL = time(22), time(6)
QUIET_SEVERITIES = frozenset({3, 4})
HOLDER = "holder"
ACCEPT = "accept"
RESUME = "resume"
_LIGHTS = (
    ("yellow", HOLDER), ("yellow", "grid_leader"), ("red", HOLDER), ("red", "township_duty"),
    ("red2", "county_duty"), ("red3", "county_leader"),
)  # fmt: skip
_LIGHT_WORDS = {
    "yellow": ("黄灯: 时限将到", "yellow light: the limit is running out"),
    "red": ("红灯: 已超期", "red light: overdue"),
    "red2": ("红灯二级: 超期达时限的一半", "second red light: half the limit overdue"),
    "red3": ("红灯三级: 超期达一个时限", "third red light: a whole limit overdue"),
}


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a case has come.

    Attributes:
        severity: 1 to 4.
        accepted: Somebody took it.
        arrived: Somebody is there.
        confirmed: A person, not the system, filed it: what was reported is real.
        ladder: Role and condition of each step.
    """

    severity: int
    accepted: bool
    arrived: bool
    confirmed: bool
    ladder: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that will happen unless the case moves on.

    Attributes:
        name: Which; unique for a case and one dispatch of it.
        kind: accept, arrive, yellow, red, red2, red3 or ladder.
        role: Who is told: a role of the taxonomy, or ``holder``.
        due_at: When the rule says so.
        fire_at: When it is done: later than that in quiet hours.
        reason_zh: Why, in Chinese.
        reason_en: Why, in English.
    """

    name: str
    kind: str
    role: str
    due_at: datetime
    fire_at: datetime
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What the times of the steps are computed from."""

    started_at: datetime
    pace: Pace
    calendar: WorkCalendar
    conditions: Conditions


def steps_of(stage: Stage, due: Deadlines, work: Clockwork, taxonomy: Taxonomy) -> list[Step]:
    """Every step that would still happen, earliest first.

    The ladder of the category comes first; the lights add those it does not name. In quiet hours
    nobody is told of severity 3 or 4 until six, unless an emergency holds for the case.
    """
    found: dict[tuple[str, str], Step] = {}
    quiet = stage.severity in QUIET_SEVERITIES
    for number, (role, when) in enumerate(stage.ladder, start=1):
        at = _when(when, stage, due, work)
        if at is not None:
            words = _ladder_words(when, role, taxonomy)
            step = _step(f"ladder-{number}", "ladder", role, at, words, quiet, work)
            found[role, _light_of(when)] = step
    for kind, at in _light_times(due):
        for name, role in _LIGHTS:
            if name == kind and at is not None and (role, kind) not in found:
                step = _step(f"{kind}-{role}", kind, role, at, _LIGHT_WORDS[kind], quiet, work)
                found[role, kind] = step
    for step in _stages(stage, due, work, quiet):
        found[step.role, step.kind] = step
    return sorted(found.values(), key=lambda step: (step.fire_at, step.name))


def resume_step(begin_at: datetime, until: datetime) -> Step:
    """The end of a pause: the case goes on by itself, at the latest when it was granted until."""
    return Step(
        f"resume-{begin_at.isoformat()}", RESUME, "system", until, until,
        "挂账期满,自动恢复办理", "the pause is over, the case goes on",
    )  # fmt: skip


def out_of_quiet(at: datetime) -> datetime:
    """The moment itself, or six in the morning if it lies in quiet hours."""
    local = at.astimezone(CHINA)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return at
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(day, QUIET_UNTIL, CHINA).astimezone(at.tzinfo)


def _stages(stage: Stage, due: Deadlines, work: Clockwork, quiet: bool) -> list[Step]:
    steps = []
    if not stage.accepted and due.accept is not None:
        words = ("超时未接单", "not accepted in time")
        steps.append(_step(ACCEPT, ACCEPT, HOLDER, due.accept.at, words, quiet, work))
    if not stage.arrived and due.arrive is not None:
        words = ("超时未到场", "not arrived in time")
        steps.append(_step("arrive", "arrive", HOLDER, due.arrive.at, words, quiet, work))
    return steps


def _step(
    name: str,
    kind: str,
    role: str,
    at: datetime,
    words: tuple[str, str],
    quiet: bool,
    work: Clockwork,
) -> Step:
    zh, en = words
    fire_at = at
    if quiet and not any(span.holds(at) for span in work.conditions.emergencies):
        fire_at = out_of_quiet(at)
    if fire_at != at:
        zh, en = f"{zh}(22-06 静默,6 点提醒)", f"{en} (quiet from 22 to 6, told at six)"
    return Step(name, kind, role, at, fire_at, zh, en)


def _light_times(due: Deadlines) -> tuple[tuple[str, datetime | None], ...]:
    red = due.resolve.at if due.resolve else None
    return (("yellow", due.yellow), ("red", red), ("red2", due.red2), ("red3", due.red3))


def _when(when: str, stage: Stage, due: Deadlines, work: Clockwork) -> datetime | None:
    if when == "immediately":
        return work.started_at
    if when == "fire_confirmed":
        return work.started_at if stage.confirmed else None
    if when == "not_accepted":
        return due.accept.at if due.accept and not stage.accepted else None
    if when == "not_arrived" or when.startswith("not_contacted"):
        if stage.arrived or due.arrive is None:
            return None
        return due.arrive.at + _later(when)
    return reach(work.started_at, work.pace, work.calendar, work.conditions, _share(when))


def _later(when: str) -> timedelta:
    hours = when.partition("+")[2].removesuffix("uh")
    return timedelta(hours=int(hours or 0))


def _share(when: str) -> Fraction:
    if when.startswith("t"):
        return Fraction(when[1:])
    over = when.removeprefix("overdue").removeprefix("+").removesuffix("%")
    return 1 + Fraction(int(over or 0), 100)


def _light_of(when: str) -> str:
    names = {"t0.75": "yellow", "overdue": "red", "overdue+50%": "red2", "overdue+100%": "red3"}
    return names.get(when, when)


def _ladder_words(when: str, role: str, taxonomy: Taxonomy) -> tuple[str, str]:
    words = taxonomy.roles.get(role)
    zh, en = (words.zh, words.en) if words else (role, role)
    why_zh, why_en = _why(when)
    return f"{why_zh},通知{zh}", f"{why_en}: {en} is told"


def _why(when: str) -> tuple[str, str]:
    fixed = {
        "immediately": ("派遣即通知", "told at dispatch"),
        "fire_confirmed": ("火情已经人工确认", "fire confirmed by a person"),
        "not_accepted": ("超时未接单", "not accepted in time"),
        "not_arrived": ("超时未到场", "not arrived in time"),
    }
    if when in fixed:
        return fixed[when]
    if when.startswith("not_contacted"):
        hours = _later(when).total_seconds() / 3600
        return f"到场时限过后 {hours:g} 小时仍未见到本人", f"not seen {hours:g} h after the limit"
    percent = float(_share(when)) * 100
    return f"已用时限的 {percent:g}%", f"{percent:g} % of the limit used"
