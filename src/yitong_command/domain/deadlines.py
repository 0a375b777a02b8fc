"""The deadlines of a case, each with the rule that made it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from yitong_command.domain.clock import CHINA, Due, Limit, WorkCalendar
from yitong_command.domain.running import NONE, Conditions, Pace, Span, reach
from yitong_command.domain.taxonomy import ClockRules, SeverityInfo


class Light(StrEnum):
    """How a case stands against its limit."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    RED2 = "red2"
    RED3 = "red3"


@dataclass(frozen=True, slots=True)
class Running:
    """A case whose clock runs.

    Attributes:
        limit: From dispatch to handled, in normal times.
        emergency: The category's limit in an emergency.
        rural: Whether it lies in the country.
        started_at: When it was dispatched, aware.
        handed_at: When the one who holds it now was sent, aware.
        extra_minutes: What an extension granted, on the limit's own clock.
    """

    limit: Limit
    emergency: Limit
    rural: bool
    started_at: datetime
    handed_at: datetime
    extra_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Everything that falls due for one case.

    A time is None while its clock stands still with no end known.

    Attributes:
        accept: Until the task is taken.
        arrive: Until somebody is there.
        resolve: Until it is handled; the one that counts.
        normal: The same as it would be without any emergency; kept beside it.
        yellow: When the light turns yellow.
        red2: When half the limit more is used.
        red3: When the limit is used twice.
    """

    accept: Due | None
    arrive: Due | None
    resolve: Due | None
    normal: Due | None
    yellow: datetime | None
    red2: datetime | None
    red3: datetime | None

    def light(self, at: datetime) -> Light:
        """The light at a moment."""
        steps = (
            (self.red3, Light.RED3),
            (self.red2, Light.RED2),
            (self.resolve.at if self.resolve else None, Light.RED),
            (self.yellow, Light.YELLOW),
        )
        return next((light for since, light in steps if since and at >= since), Light.GREEN)


def deadlines(
    case: Running,
    severity: SeverityInfo,
    rules: ClockRules,
    calendar: WorkCalendar,
    conditions: Conditions = NONE,
) -> Deadlines:
    """All deadlines of a case.

    In an emergency the smaller of the two limits holds, around the clock; pauses never stop the
    clock of a severity-1 case.

    Raises:
        ValueError: If a time has no time zone.
    """
    if severity.level == 1:
        conditions = replace(conditions, pauses=())
    pace = pace_of(case)
    clock = _Clock(case, pace, calendar, conditions)
    arrive = severity.arrive_rural if case.rural else severity.arrive_town
    return Deadlines(
        accept=clock.stage(
            "接单", "accepting", case.handed_at, severity.accept, rules.accept_cap,
            rules.emergency_accept,
        ),
        arrive=clock.stage("到场", "arriving", case.handed_at, arrive, rules.arrive_cap),
        resolve=clock.resolve(),
        normal=_Clock(case, pace, calendar, Conditions((), conditions.pauses)).resolve(),
        yellow=clock.at(rules.yellow),
        red2=clock.at(rules.red2),
        red3=clock.at(rules.red3),
    )  # fmt: skip


def pace_of(case: Running) -> Pace:
    """The whole limit; an extension lengthens both of its clocks alike."""
    smaller = min(case.limit.minutes, case.emergency.minutes)
    whole = case.limit.minutes + case.extra_minutes
    share = Fraction(whole, case.limit.minutes)
    return Pace(replace(case.limit, minutes=whole), smaller * share)


@dataclass(frozen=True, slots=True)
class _Clock:
    case: Running
    pace: Pace
    calendar: WorkCalendar
    conditions: Conditions

    def at(self, share: Fraction) -> datetime | None:
        return reach(self.case.started_at, self.pace, self.calendar, self.conditions, share)

    def resolve(self) -> Due | None:
        at = self.at(Fraction(1))
        if at is None:
            return None
        zh, en = self._limit_words(self.pace.limit, "派遣", "dispatch", self.case.started_at)
        if self.case.extra_minutes:
            zh += f",经批准延长 {self.case.extra_minutes} 分钟"
            en += f", extended by {self.case.extra_minutes} minutes as approved"
        return self._due(at, zh, en, self.pace, self.case.started_at)

    def stage(
        self,
        name_zh: str,
        name_en: str,
        since: datetime,
        limit: Limit,
        cap: Fraction,
        emergency: Fraction = Fraction(1),
    ) -> Due | None:
        """A stage: the severity's own time, or a share of the whole limit if that is sooner."""
        pace = Pace(limit, limit.minutes * emergency)
        own = reach(since, pace, self.calendar, self.conditions)
        capped = reach(since, self.pace, self.calendar, self.conditions, cap)
        if own is None or capped is None:
            return None
        if own <= capped:
            zh, en = self._limit_words(limit, "派发", "being sent", since)
            return self._due(own, f"{name_zh}: {zh}", f"{name_en}: {en}", pace, since)
        percent = f"{float(cap) * 100:g} %"
        zh, en = self._limit_words(self.pace.limit, "派发", "being sent", since)
        return self._due(
            capped,
            f"{name_zh}: 不超过处置时限({self.pace.limit.zh})的 {percent},{zh.partition(',')[2]}",
            f"{name_en}: at most {percent} of {en}",
            self.pace,
            since,
        )

    def _limit_words(self, limit: Limit, zh: str, en: str, since: datetime) -> tuple[str, str]:
        begin = since.astimezone(CHINA)
        words_zh = f"{limit.zh},自{zh} {begin:%Y-%m-%d %H:%M} 起"
        words_en = f"{limit.en} from {en} at {begin:%Y-%m-%d %H:%M}"
        if limit.working:
            words_zh += ",只计工作日 08:00-12:00、14:00-18:00"
            words_en += ", counted on work days 08:00-12:00 and 14:00-18:00 only"
        return words_zh, words_en

    def _due(self, at: datetime, zh: str, en: str, pace: Pace, since: datetime) -> Due:
        for span in _touching(self.conditions.emergencies, since, at):
            hours = _hours(pace.emergency_s / 60)
            zh += f";应急状态({_words(span)})内连续计时,按 {hours} 小时"
            en += f"; around the clock in the emergency ({_words(span)}), at {hours} h"
        for span in _touching(self.conditions.pauses, since, at):
            zh += f";依规暂停({_words(span)})"
            en += f"; lawfully paused ({_words(span)})"
        years = {since.astimezone(CHINA).year, at.astimezone(CHINA).year}
        if pace.limit.working and (unknown := sorted(years - self.calendar.years)):
            names = ", ".join(str(year) for year in unknown)
            zh += f"({names} 年节假日未载入,按周一至周五计)"
            en += f" (no holidays known for {names}: Monday to Friday)"
        return Due(at, zh, en)


def _touching(spans: tuple[Span, ...], since: datetime, until: datetime) -> tuple[Span, ...]:
    return tuple(s for s in spans if s.begin < until and (s.end is None or s.end > since))


def _words(span: Span) -> str:
    begin = span.begin.astimezone(CHINA)
    end = span.end.astimezone(CHINA) if span.end else None
    return f"{begin:%m-%d %H:%M} - {end:%m-%d %H:%M}" if end else f"{begin:%m-%d %H:%M} -"


def _hours(minutes: Fraction | int) -> str:
    return f"{float(minutes) / 60:g}"
