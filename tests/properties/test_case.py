"""A case's life: every state x move x role, and random walks through all of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yitong_command.domain.case import (
    FINAL,
    HELD,
    MOVES,
    OUTER_STEP,
    SYSTEM,
    Actor,
    Ask,
    Asked,
    AskedKind,
    Case,
    Kind,
    Opinion,
    Receipt,
    Role,
    State,
    Who,
    decide,
    move_between,
    moves_for,
)
from yitong_command.domain.states import UNFILED
from yitong_command.errors import IllegalTransition, NotAllowed, Refusal

AT = datetime(2026, 11, 23, 1, tzinfo=UTC)
GRID = "22032390100101"
DESK = Actor("desk", Role.OPERATOR)
LEAD = Actor("lead", Role.SUPERVISOR)
LEAD2 = Actor("lead2", Role.SUPERVISOR)
ONE = Actor("worker1", Role.WORKER, frozenset({GRID}))
TWO = Actor("worker2", Role.WORKER, frozenset({GRID}))
FAR = Actor("far", Role.WORKER, frozenset({"22032390100199"}))
PEOPLE = (
    DESK, LEAD, LEAD2, ONE, TWO, FAR, SYSTEM,
    Actor("elsewhere", Role.OPERATOR, frozenset({"220323902"})),
    Actor("admin", Role.ADMIN), Actor("auditor", Role.AUDITOR), Actor("wall", Role.WALL),
)  # fmt: skip
FULL = {
    "note": "n", "reason_code": 1, "evidence_sha256": "a" * 64, "assignee": "worker1",
    "merge_into": "YT-2", "receipt": Receipt("police_110", "J1", AT), "minutes": 30,
    "granted": True, "result": "exists",
}  # fmt: skip
EMPTY: dict[str, object] = dict.fromkeys(FULL) | {"note": ""}
seeds = st.integers(0, 2**32)


def may(move_who: Who, case: Case, actor: Actor) -> bool:
    """Written again, from the words of the life cycle."""
    desk = actor.username in {"desk", "lead", "lead2"}
    if move_who is Who.DESK:
        return desk
    if move_who is Who.ROUTER:
        return desk or actor.username == "system"
    if move_who is Who.HOLDER:
        return actor.role is Role.WORKER and actor.username == case.holder
    if move_who is Who.VERIFIER:
        return actor.role is Role.WORKER and actor.username == case.verifier
    if move_who is Who.SECOND:
        return actor.username in {"lead", "lead2"} and actor.username != case.asked.by
    if actor.username == case.handled_by:
        return False
    return desk or actor.username in {"worker1", "worker2"}


def ripe(state: State, kind: Kind | None, target: State) -> Case:
    """A case in this state in which nothing but the person stands against a move."""
    wanted = {Kind.SUSPEND: AskedKind.SUSPEND, Kind.FORCE: AskedKind.FORCE}.get(
        kind or Kind.FILE, AskedKind.EXTEND
    )
    resume = target if kind in {Kind.RESUME, Kind.DECIDE} else State.REPORTED
    if kind is Kind.SPLIT and target is State.PENDING_DISPATCH:
        resume = State.ARRIVED
    # Who asks for an extension has not asked yet.
    asked = None if kind is Kind.EXTEND else Asked(wanted, "lead2", AT)
    return Case(
        "YT-1", state=state, grid_code=GRID, holder="worker1" if state in HELD else None,
        filed_by="desk", handled_by="worker2", verifier="worker2", resume_to=resume, asked=asked,
        ended_at=AT, due_at=AT + timedelta(hours=2),
    )  # fmt: skip


def test_every_state_with_every_move_by_every_role() -> None:
    """All of it, against the table and who may, told a second time above."""
    outcomes: Counter[str] = Counter()
    for state, target, actor in product(State, State, PEOPLE):
        move = move_between(state, target)
        case = ripe(state, move.kind if move else None, target)
        ask = Ask(target, actor, at=AT, **FULL)
        if move is None:
            with pytest.raises(IllegalTransition):
                decide(case, ask)
            outcomes["no such move"] += 1
        elif not may(move.who, replace(case, asked=case.asked or Asked(AskedKind.FORCE, "", AT)),
                     actor):  # fmt: skip
            with pytest.raises(NotAllowed):
                decide(case, ask)
            outcomes["not by this person"] += 1
        else:
            after = decide(case, ask)
            assert (after.state, after.version) == (target, 2)
            outcomes["made"] += 1
    assert outcomes["no such move"] == (len(State) ** 2 - len(MOVES)) * len(PEOPLE)
    assert outcomes["made"] > 2 * len(MOVES)
    assert outcomes["not by this person"] > 5 * len(MOVES)


def test_a_pair_of_states_has_one_arrow_and_every_state_a_step() -> None:
    assert len({(move.source, move.target) for move in MOVES}) == len(MOVES)
    assert set(OUTER_STEP) == set(State)
    reached = {move.target for move in MOVES} | {State.REPORTED}
    assert reached == set(State)


def test_an_end_is_left_in_three_ways_only() -> None:
    leaving = {(move.source, move.kind) for move in MOVES if move.source in FINAL}
    assert leaving == {
        (State.CLOSED, Kind.REOPEN), (State.MERGED, Kind.SPLIT), (State.NOT_FILED, Kind.OBJECT),
    }  # fmt: skip
    assert {m.source for m in MOVES if m.target is State.CLOSED} == {State.CHECKED}
    assert {m.source for m in MOVES if m.target is State.CHECKED} == {State.HANDLED}


def likely_ask(case: Case, at: datetime, chance: Random) -> Ask:
    """Mostly a move that exists, by anybody, mostly with what it needs: walks get somewhere."""
    targets = [move.target for move in MOVES if move.source is case.state]
    ends = [target for target in targets if target in FINAL]
    going = [target for target in targets if target not in FINAL]
    if chance.random() < 0.1 or not targets:
        target = chance.choice(list(State))
    else:
        target = chance.choice(ends if ends and (not going or chance.random() < 0.12) else going)
    values = {name: (FULL if chance.random() < 0.85 else EMPTY)[name] for name in FULL}
    if values["assignee"]:
        values["assignee"] = chance.choice(["worker1", "worker2"])
    values["granted"] = chance.choice([True, False, values["granted"]])
    return Ask(target, chance.choice(PEOPLE), at=at, **values)


def tried(case: Case, at: datetime, chance: Random) -> tuple[Ask, Case | None]:
    """One of a few wishes, rather one that is granted."""
    for _ in range(4):
        ask = likely_ask(case, at, chance)
        try:
            return ask, decide(case, ask)
        except Refusal:
            continue
    return ask, None


def walk(seed: int, steps: int = 90) -> list[tuple[Case, Ask, Case | None]]:
    chance = Random(seed)
    case = Case(
        "YT-1", grid_code=GRID, severity=chance.choice([1, 2, 3, 4]),
        machine_checks=chance.random() < 0.5, police=chance.random() < 0.2,
    )  # fmt: skip
    path, at = [], AT
    for _ in range(steps):
        at += timedelta(minutes=chance.choice([1, 10, 300]))
        if chance.random() < 0.3 and case.asked is None and case.state in HELD:
            kind = chance.choice([AskedKind.SUSPEND, AskedKind.FORCE])
            case = replace(case, asked=Asked(kind, chance.choice(["desk", "lead"]), at))
        if case.state is State.HANDLED and chance.random() < 0.5:
            case = replace(case, opinion=chance.choice(list(Opinion)))
        ask, after = tried(case, at, chance)
        path.append((case, ask, after))
        if after is not None:
            if after.state in FINAL:
                after = replace(after, ended_at=at)
            if after.state is State.DISPATCHED:
                after = replace(
                    after, due_at=at + timedelta(hours=9), return_until=at + timedelta(minutes=80)
                )
        case = after or case
    return path


def steps(seed: int) -> list[tuple[Case, Ask, Case, Kind]]:
    found = []
    for before, ask, after in walk(seed):
        if after is not None:
            move = move_between(before.state, after.state)
            assert move is not None
            found.append((before, ask, after, move.kind))
    return found


@given(seeds)
def test_exactly_one_person_holds_a_case_from_filing_to_its_end(seed: int) -> None:
    for _, _, after, _ in steps(seed):
        assert (after.holder is not None) == (after.state in HELD)


@given(seeds)
def test_every_step_counts_one_version(seed: int) -> None:
    for before, _, after, _ in steps(seed):
        assert after.version == before.version + 1


@given(seeds)
def test_nobody_checks_their_own_work_and_only_the_holder_works(seed: int) -> None:
    for before, ask, after, kind in steps(seed):
        if kind is Kind.CHECK:
            assert ask.actor.username != before.handled_by
            assert after.checked_by != after.handled_by
            if ask.actor is SYSTEM:
                assert before.machine_checks
                assert before.severity > 1
                assert before.opinion is Opinion.GONE
        if kind in {Kind.ACCEPT, Kind.ARRIVE, Kind.PROTECT, Kind.WORK, Kind.HANDLE, Kind.RETURN,
                    Kind.EXTEND}:  # fmt: skip
            assert ask.actor.username == before.holder
        if kind in {Kind.FILE, Kind.REFUSE, Kind.CLOSE, Kind.REOPEN}:
            assert ask.actor.at_desk


@given(seeds)
def test_what_needs_two_people_has_two(seed: int) -> None:
    for before, ask, after, kind in steps(seed):
        if kind in {Kind.DECIDE, Kind.SUSPEND, Kind.FORCE}:
            assert before.asked is not None
            assert ask.actor.leads
            assert ask.actor.username != before.asked.by
            assert after.asked is None
        if kind in {Kind.SUSPEND, Kind.EXTEND}:
            assert before.severity > 1
        if kind is Kind.EXTEND:
            assert before.extensions == 0


@given(seeds)
def test_windows_counts_and_ways_back_are_kept(seed: int) -> None:
    for before, ask, after, kind in steps(seed):
        assert ask.at is not None
        if kind is Kind.RETURN:
            assert before.holder not in before.returned_by
            assert before.return_until is None or ask.at <= before.return_until
        if kind is Kind.REOPEN:
            assert before.ended_at is not None
            assert ask.at <= before.ended_at + timedelta(days=7)
        if kind is Kind.SPLIT:
            assert before.ended_at is not None
            assert ask.at <= before.ended_at + timedelta(hours=24)
            assert (after.state is State.REPORTED) == (before.resume_to in UNFILED)


@given(seeds)
def test_ways_back_lead_back_and_proof_is_brought(seed: int) -> None:
    for before, ask, after, kind in steps(seed):
        if kind in {Kind.RESUME, Kind.DECIDE}:
            assert after.state is before.resume_to
        if kind is Kind.OBJECT:
            assert before.objections == 0
        if after.state is State.HANDED_OVER or (kind is Kind.CLOSE and before.police):
            assert ask.receipt is not None
        if kind in {Kind.HANDLE, Kind.PROTECT}:
            assert ask.evidence_sha256


@given(seeds)
def test_the_moves_offered_are_the_moves_allowed(seed: int) -> None:
    for before, ask, _ in walk(seed, 30):
        offered = {move.target for move in moves_for(before, ask.actor, ask.at)}
        for target in State:
            move = move_between(before.state, target)
            full = Ask(target, ask.actor, at=ask.at, **FULL | {"reason_code": 1})
            try:
                decide(before, full)
            except Refusal:
                # A reason of its own may be right where this one's window is over.
                assert target not in offered or (move and move.kind is Kind.REOPEN)
            else:
                assert target in offered or target is State.MERGED


def test_walks_reach_every_state_and_every_kind_of_move() -> None:
    """Otherwise the walks would prove little."""
    seen: Counter[State] = Counter()
    taken: Counter[Kind] = Counter()
    pairs: set[tuple[State, State]] = set()

    @settings(max_examples=400)
    @given(seeds)
    def collect(seed: int) -> None:
        for before, _, after, kind in steps(seed):
            seen[after.state] += 1
            taken[kind] += 1
            pairs.add((before.state, after.state))

    collect()
    assert set(seen) == set(State)
    assert set(taken) == set(Kind)
    assert len(pairs) > 0.8 * len(MOVES)
