"""Merging: however a stream is cut, repeated or replayed, the same facts are the same cases."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.kit import county, incident
from yitong_command.domain.geometry import Place, distance_m
from yitong_command.domain.incident import Incident
from yitong_command.routing.cells import cells_within
from yitong_command.routing.open_case import OpenCase
from yitong_command.routing.plan import Seen, Step, StepKind, plan, sighting_of

HERE = Place(125.3012, 43.3461)


@st.composite
def incidents(draw: st.DrawFn) -> Incident:
    """At one of three cameras a few metres or far from each other: opened, updated or cleared."""
    camera = draw(st.integers(0, 2))
    place = Place(HERE.lon + (0, 0.00015, 0.004)[camera], HERE.lat)
    return incident(
        f"cam-90{camera}/main/lane",
        minutes=draw(st.integers(0, 40)) * 7,
        change=draw(st.sampled_from(["opened", "opened", "updated", "cleared"])),
        place=place,
    )


streams = st.lists(incidents(), min_size=1, max_size=25)


def cases_of(steps: tuple[Step, ...]) -> dict[str, str | None]:
    """Case of every incident that was opened."""
    return {
        str(step.incident.incident_id): step.case_id
        for step in steps
        if step.kind in {StepKind.NEW_CASE, StepKind.ATTACHED}
    }


def whole(stream: list[Incident]) -> tuple[Step, ...]:
    return plan(stream, {}, (), county().taxonomy)


@given(streams)
def test_every_opened_incident_has_exactly_one_case(stream: list[Incident]) -> None:
    steps = whole(stream)
    opened = {str(item.incident_id) for item in stream if item.change != "cleared"}
    assert set(cases_of(steps)) == opened
    new = [step.case_id for step in steps if step.kind is StepKind.NEW_CASE]
    assert len(new) == len(set(new))
    assert set(cases_of(steps).values()) == set(new)


@given(streams)
def test_one_subject_opens_one_case_at_most_and_stays_with_it(stream: list[Incident]) -> None:
    own: dict[str, str | None] = {}
    for step in whole(stream):
        subject = step.incident.subject
        if step.kind is StepKind.NEW_CASE:
            assert subject not in own
            own[subject] = step.case_id
        elif step.kind is StepKind.ATTACHED and subject in own:
            assert step.case_id == own[subject]


@given(streams)
def test_repeats_change_nothing(stream: list[Incident]) -> None:
    """What is updated to what it is already changes nothing where it is stored."""
    steps = whole(stream)
    again = plan([*stream, *stream], {}, (), county().taxonomy)
    assert again[: len(steps)] == steps
    for step in again[len(steps) :]:
        updated = step.kind is StepKind.UPDATED and step.incident.change == "updated"
        assert updated or step.kind is StepKind.DUPLICATE


@given(streams, st.integers(0, 25))
def test_where_the_stream_is_cut_does_not_matter(stream: list[Incident], cut: int) -> None:
    steps = whole(stream)
    first = tuple(_stored(step) for step in plan(stream[:cut], {}, (), county().taxonomy))
    second = plan(stream[cut:], _seen(first), _open(first), county().taxonomy)
    assert _groups((*first, *second)) == _groups(steps)


@given(st.floats(0, 0.01), st.floats(0, 0.01), st.floats(1, 800))
def test_no_neighbour_is_missed_by_looking_at_cells(d_lon: float, d_lat: float, far: float) -> None:
    other = Place(HERE.lon + d_lon, HERE.lat + d_lat)
    if distance_m(HERE, other) <= far:
        assert cells_within(other, 0) <= cells_within(HERE, far)


def test_the_streams_hold_every_kind_of_step() -> None:
    """Otherwise these properties would say little."""
    seen: set[StepKind] = set()
    merged: list[Step] = []

    @given(streams)
    def gather(stream: list[Incident]) -> None:
        steps = whole(stream)
        seen.update(step.kind for step in steps)
        merged.extend(
            step for step in steps
            if step.kind is StepKind.ATTACHED and step.decision and not step.decision.same_subject
        )  # fmt: skip

    gather()
    assert seen == set(StepKind)
    assert merged


def _seen(steps: tuple[Step, ...]) -> dict[str, Seen]:
    seen: dict[str, Seen] = {}
    for step in steps:
        key = str(step.incident.incident_id)
        known = seen.get(key, Seen(None, cleared=False))
        cleared = known.cleared or step.kind in {StepKind.CLEARED, StepKind.CLEARED_FIRST}
        seen[key] = Seen(step.case_id or known.case_id, cleared)
    return seen


def _open(steps: tuple[Step, ...]) -> list[OpenCase]:
    cases: dict[str, OpenCase] = {}
    for step in steps:
        item, case_id = step.incident, step.case_id or ""
        if step.kind is StepKind.NEW_CASE:
            cases[case_id] = OpenCase(case_id, (sighting_of(item),), item.changed_at)
        elif step.kind is StepKind.ATTACHED:
            cases[case_id] = cases[case_id].with_sighting(sighting_of(item), item.changed_at)
    return list(cases.values())


def _stored(step: Step) -> Step:
    """The step with a real case id in the place of a placeholder."""
    return replace(step, case_id=f"YT-{step.case_id}") if step.case_id else step


def _groups(steps: tuple[Step, ...]) -> set[frozenset[str]]:
    groups: dict[str | None, set[str]] = {}
    for incident_id, case_id in cases_of(steps).items():
        groups.setdefault(case_id, set()).add(incident_id)
    return {frozenset(group) for group in groups.values()}
