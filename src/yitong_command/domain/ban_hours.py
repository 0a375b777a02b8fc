"""A ban's minutes of the week as a person writes them: hours of the day, and days."""

from __future__ import annotations

from yitong_command.domain.ban import DAY_MIN, DAYS, WEEK_MIN, Span, weekly_spans


def written_hours(weekly: tuple[Span, ...]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Hours and days that :func:`weekly_spans` would make these minutes of, or None if none do.

    Args:
        weekly: Minutes of the week, merged.

    Returns:
        Hours such as ``07:00-09:30``, none meaning all day; and the days on which they begin.
    """
    for pieces in (list(weekly), _cut_at_midnight(weekly)):
        by_day: dict[int, list[Span]] = {}
        for begin, end in pieces:
            day, start = divmod(begin, DAY_MIN)
            by_day.setdefault(day, []).append((start, start + end - begin))
        days = sorted(by_day)
        spans = sorted(by_day[days[0]]) if days else []
        if any(end - start > DAY_MIN or end - DAY_MIN > start for start, end in spans):
            continue
        if days and weekly_spans(spans, days) == weekly:
            whole = spans == [(0, DAY_MIN)]
            hours = () if whole else tuple(_words(span) for span in spans)
            return hours, tuple(DAYS[day] for day in days)
    return None


def _cut_at_midnight(weekly: tuple[Span, ...]) -> list[Span]:
    pieces = []
    for begin, end in weekly:
        while begin < end:
            stop = min(end, (begin // DAY_MIN + 1) * DAY_MIN)
            pieces.append((begin % WEEK_MIN, begin % WEEK_MIN + stop - begin))
            begin = stop
    return pieces


def _words(span: Span) -> str:
    start, end = span
    until = end if end <= DAY_MIN else end - DAY_MIN
    return f"{start // 60:02}:{start % 60:02}-{until // 60:02}:{until % 60:02}"
