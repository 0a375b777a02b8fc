"""Event groups: severity 1 is never quiet, every case is in one at most, and they end."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.kit import AT, county
from yitong_command.routing.groups import EventGroup, Grouped, Membership, fold_groups

KINDS = county().taxonomy.group_kinds
RAIN = ["ar_flood_point.pond_yellow", "ar_flood_point.pond_red", "ar_sewer.blocked_overflow",
        "ar_manhole.missing_shifted", "cp_parking.no_parking_zone"]  # fmt: skip


@st.composite
def storms(draw: st.DrawFn) -> list[Grouped]:
    gaps = draw(st.lists(st.sampled_from([0, 1, 3, 10, 90]), min_size=1, max_size=25))
    minutes, cases = 0, []
    for number, gap in enumerate(gaps):
        minutes += gap
        category = draw(st.sampled_from(RAIN))
        severity = draw(st.integers(1, 4))
        at = AT + timedelta(minutes=minutes)
        cases.append(Grouped(f"YT-{number:03d}", category, severity, at))
    return cases


def run(cases: list[Grouped]) -> tuple[dict[str, EventGroup], list[Membership]]:
    """As it is lived: every few minutes, over the cases so far that are in no group."""
    groups: dict[str, EventGroup] = {}
    members: list[Membership] = []
    now = AT
    while now <= cases[-1].at + timedelta(hours=4):
        grouped = {member.case_id for member in members}
        free = [case for case in cases if case.at <= now and case.case_id not in grouped]
        changed, joined = fold_groups(KINDS, free, groups.values(), now)
        groups |= {group.group_id: group for group in changed}
        members += joined
        now += timedelta(minutes=20)
    return groups, members


@given(storms())
def test_severity_1_is_never_inhibited_and_everything_has_a_reason(cases: list[Grouped]) -> None:
    by_id = {case.case_id: case for case in cases}
    groups, members = run(cases)
    for member in members:
        assert member.inhibited == (by_id[member.case_id].severity != 1)
        assert all(member.reason)
    for group in groups.values():
        assert all(group.reason)


@given(storms())
def test_a_case_is_in_one_group_at_most_and_sizes_are_true(cases: list[Grouped]) -> None:
    groups, members = run(cases)
    ids = [member.case_id for member in members]
    assert len(ids) == len(set(ids))
    for group in groups.values():
        assert group.size == sum(member.group_id == group.group_id for member in members)
        kind = next(kind for kind in KINDS if kind.code == group.kind)
        assert group.size >= kind.least


@given(storms())
def test_every_group_ends_by_itself(cases: list[Grouped]) -> None:
    groups, _ = run(cases)
    for group in groups.values():
        kind = next(kind for kind in KINDS if kind.code == group.kind)
        assert group.ended_at == group.last_at + kind.window


@given(storms())
def test_what_does_not_belong_is_left_alone(cases: list[Grouped]) -> None:
    by_id = {case.case_id: case for case in cases}
    _, members = run(cases)
    assert not any(by_id[member.case_id].category.startswith("cp_") for member in members)


def test_the_storms_make_groups_and_do_not() -> None:
    """Otherwise these properties would say little."""
    sizes: list[int] = []

    @given(storms())
    def gather(cases: list[Grouped]) -> None:
        groups, members = run(cases)
        sizes.append(len(groups))
        if any(not member.inhibited for member in members):
            sizes.append(-1)

    gather()
    assert sizes.count(0) > 5
    assert sum(size > 0 for size in sizes) > 5
    assert -1 in sizes
