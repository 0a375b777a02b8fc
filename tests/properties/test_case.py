"""Random walks through a case's life: one holder, no illegal step, nobody checks themselves."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.domain.case import (
    FINAL,
    HELD,
    MOVES,
    SYSTEM,
    Actor,
    Ask,
    Case,
    Role,
    State,
    decide,
    moves_for,
)
from yitong_command.errors import IllegalTransition, Refusal

GRID = "22032390100101"
PEOPLE = (
    Actor("desk", Role.OPERATOR),
    Actor("admin", Role.ADMIN),
    Actor("worker1", Role.WORKER, frozenset({GRID})),
    Actor("worker2", Role.WORKER, frozenset({GRID})),
    Actor("far", Role.WORKER, frozenset({"22032390100199"})),
    SYSTEM,
)
FULL = {
    "note": "n", "reason_code": 3, "evidence_sha256": "a" * 64, "assignee": "worker1",
    "merge_into": "YT-2",
}  # fmt: skip
EMPTY = {
    "note": "", "reason_code": None, "evidence_sha256": None, "assignee": None, "merge_into": None,
}  # fmt: skip
seeds = st.integers(0, 2**32)
PAIRS = {(move.source, move.target) for move in MOVES}


@st.composite
def asks(draw: st.DrawFn) -> Ask:
    values = {name: draw(st.sampled_from([FULL[name], FULL[name], EMPTY[name]])) for name in FULL}
    if values["assignee"]:
        values["assignee"] = draw(st.sampled_from(["worker1", "worker2"]))
    return Ask(draw(st.sampled_from(State)), draw(st.sampled_from(PEOPLE)), **values)


def likely_ask(state: State, chance: Random) -> Ask:
    """Mostly a move that exists, by anybody, mostly with what it needs: walks get somewhere."""
    targets = [target for source, target in sorted(PAIRS) if source is state]
    lost = not targets or chance.random() < 0.1
    values = {name: (FULL if chance.random() < 0.8 else EMPTY)[name] for name in FULL}
    if values["assignee"]:
        values["assignee"] = chance.choice(["worker1", "worker2"])
    return Ask(chance.choice(list(State) if lost else targets), chance.choice(PEOPLE), **values)


def walk(seed: int, steps: int = 60) -> list[tuple[Case, Ask, Case | None]]:
    case, path, chance = Case("YT-1", grid_code=GRID), [], Random(seed)
    for _ in range(steps):
        ask = likely_ask(case.state, chance)
        try:
            after: Case | None = decide(case, ask)
        except Refusal:
            after = None
        path.append((case, ask, after))
        case = after or case
    return path


@given(seeds)
def test_exactly_one_person_holds_a_case_from_filing_to_its_end(seed: int) -> None:
    for _, _, after in walk(seed):
        if after is not None:
            assert (after.holder is not None) == (after.state in HELD)


@given(seeds)
def test_every_step_taken_is_in_the_table_and_counts_one_version(seed: int) -> None:
    for before, _, after in walk(seed):
        if after is not None:
            assert (before.state, after.state) in PAIRS
            assert after.version == before.version + 1


@given(seeds)
def test_nobody_checks_their_own_work_and_only_the_holder_works(seed: int) -> None:
    for before, ask, after in walk(seed):
        if after is None:
            continue
        if after.state is State.CHECKED:
            assert ask.actor.username != before.handled_by
            assert ask.actor.at_desk or before.grid_code in ask.actor.grid_codes
        if after.state in {State.ACCEPTED, State.ARRIVED, State.HANDLED}:
            assert ask.actor.username == before.holder
        if after.state in {State.FILED, State.NOT_FILED, State.CLOSED}:
            assert ask.actor.at_desk


@given(st.sampled_from(State), asks())
def test_a_step_that_is_not_in_the_table_is_always_refused(state: State, ask: Ask) -> None:
    case = Case("YT-1", state=state, grid_code=GRID, holder="worker1", handled_by="worker1")
    try:
        decide(case, ask)
    except IllegalTransition:
        assert (state, ask.to) not in PAIRS
    except Refusal:
        assert (state, ask.to) in PAIRS
    else:
        assert (state, ask.to) in PAIRS


@given(st.sampled_from(State), st.sampled_from(PEOPLE))
def test_the_moves_offered_are_the_moves_allowed(state: State, actor: Actor) -> None:
    case = Case(
        "YT-1", state=state, grid_code=GRID, holder="worker1", filed_by="desk", handled_by="worker2"
    )
    offered = {move.target for move in moves_for(case, actor)}
    for target in State:
        try:
            decide(case, Ask(target, actor, **FULL))
        except Refusal:
            assert target not in offered
        else:
            assert target in offered or target is State.MERGED


def test_walks_reach_every_state_and_every_move() -> None:
    """Otherwise the walks would prove little."""
    seen: Counter[State] = Counter()
    taken: set[tuple[State, State]] = set()

    @settings(max_examples=300)
    @given(seeds)
    def gather(seed: int) -> None:
        for before, _, after in walk(seed):
            if after is not None:
                seen[after.state] += 1
                taken.add((before.state, after.state))

    gather()
    assert set(seen) == set(State) - {State.REPORTED}
    assert taken == PAIRS
    assert all(seen[state] for state in FINAL)
