"""Deadlines and ladders of every subtype: whole, in order, in words, and quiet at night."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kit import county
from yitong_command.domain.clock import CHINA
from yitong_command.domain.deadlines import Deadlines, Light, Running, deadlines, pace_of
from yitong_command.domain.running import NONE, Conditions, Span, used
from yitong_command.domain.taxonomy import Category, Subtype
from yitong_command.routing.escalate import Clockwork, Stage, Step, out_of_quiet, steps_of

TAXONOMY, CALENDAR = county().taxonomy, county().calendar
SUBTYPES = [
    (category, subtype)
    for category in TAXONOMY.categories.values()
    for subtype in category.subtypes.values()
]
moments = st.integers(0, 2 * 365 * 86_400).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=n)
)


def due_of(
    category: Category, subtype: Subtype, at: datetime, conditions: Conditions = NONE
) -> tuple[Running, Deadlines]:
    case = Running(subtype.resolve, category.emergency, rural=False, started_at=at, handed_at=at)
    severity = TAXONOMY.severities[subtype.severity]
    return case, deadlines(case, severity, TAXONOMY.clock, CALENDAR, conditions)


def steps(
    category: Category, subtype: Subtype, at: datetime, conditions: Conditions = NONE
) -> list[Step]:
    case, due = due_of(category, subtype, at, conditions)
    stage = Stage(subtype.severity, False, False, True, TAXONOMY.ladders[category.ladder])
    return steps_of(stage, due, Clockwork(at, pace_of(case), CALENDAR, conditions), TAXONOMY)


@settings(max_examples=120)
@given(st.sampled_from(SUBTYPES), moments)
def test_stages_never_pass_their_share_and_every_rule_is_said(
    pair: tuple[Category, Subtype], at: datetime
) -> None:
    case, due = due_of(*pair, at)
    assert due.accept is not None
    assert due.arrive is not None
    assert due.resolve is not None
    assert due.normal == due.resolve
    pace = pace_of(case)
    for stage, cap in ((due.accept, Fraction(15, 100)), (due.arrive, Fraction(1, 2))):
        assert used(at, stage.at, pace, CALENDAR) <= cap
    assert at < due.accept.at <= due.resolve.at
    assert due.arrive.at <= due.resolve.at
    for rule in (due.accept, due.arrive, due.resolve):
        assert rule.rule_zh
        assert rule.rule_en
    assert due.yellow is not None
    assert due.red2 is not None
    assert due.red3 is not None
    assert due.yellow < due.resolve.at < due.red2 < due.red3
    lights = [due.light(moment) for moment in (at, due.yellow, due.resolve.at, due.red2, due.red3)]
    assert lights == [Light.GREEN, Light.YELLOW, Light.RED, Light.RED2, Light.RED3]


@settings(max_examples=120)
@given(st.sampled_from(SUBTYPES), moments)
def test_steps_are_unique_in_order_and_quiet_at_night(
    pair: tuple[Category, Subtype], at: datetime
) -> None:
    found = steps(*pair, at)
    assert len({step.name for step in found}) == len(found)
    assert len({(step.role, step.kind, step.due_at) for step in found}) == len(found)
    for step in found:
        assert step.fire_at >= step.due_at
        assert step.reason_zh
        assert step.reason_en
        night = not time(6) <= step.fire_at.astimezone(CHINA).time() < time(22)
        assert not (night and pair[1].severity >= 3)
        if pair[1].severity <= 2:
            assert step.fire_at == step.due_at
    told = {step.role for step in found}
    assert {"holder", "county_duty"} <= told


def test_every_condition_of_every_ladder_makes_a_step() -> None:
    """Otherwise a rung could be forgotten in silence."""
    at = datetime(2026, 11, 23, 1, tzinfo=UTC)
    capped = 0
    for category, subtype in SUBTYPES:
        found = steps(category, subtype, at)
        rungs = [step for step in found if step.kind == "ladder"]
        assert len(rungs) == len(TAXONOMY.ladders[category.ladder]), category.code
        _, due = due_of(category, subtype, at)
        assert due.arrive is not None
        capped += "50 %" in due.arrive.rule_en
    # The caps matter for some subtypes and not for all.
    assert 10 < capped < len(SUBTYPES)


@given(moments)
def test_quiet_hours_end_at_six(at: datetime) -> None:
    after = out_of_quiet(at)
    assert timedelta(0) <= after - at <= timedelta(hours=8)
    assert time(6) <= after.astimezone(CHINA).time() < time(22)


def test_a_pause_stops_every_clock_but_that_of_the_most_urgent() -> None:
    at = datetime(2026, 11, 23, 1, tzinfo=UTC)
    pause = Conditions((), (Span(at, at + timedelta(days=3)),))
    moved = kept = 0
    for category, subtype in SUBTYPES:
        _, plain = due_of(category, subtype, at)
        _, paused = due_of(category, subtype, at, pause)
        assert plain.resolve is not None
        assert paused.resolve is not None
        if subtype.severity == 1:
            assert paused == plain
            kept += 1
        else:
            assert paused.resolve.at >= plain.resolve.at + timedelta(days=1)
            assert "依规暂停" in paused.resolve.rule_zh
            moved += 1
    assert moved > 50
    assert kept > 20


def test_an_emergency_takes_the_smaller_limit_around_the_clock_and_keeps_both_rules() -> None:
    friday = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    both = Conditions((Span(friday, friday + timedelta(days=60)),))
    for category, subtype in SUBTYPES:
        _, due = due_of(category, subtype, friday, both)
        assert due.resolve is not None
        minutes = min(subtype.resolve.minutes, category.emergency.minutes)
        assert due.resolve.at == friday + timedelta(minutes=minutes)
        assert "应急状态" in due.resolve.rule_zh
        _, plain = due_of(category, subtype, friday)
        assert due.normal == plain.resolve
