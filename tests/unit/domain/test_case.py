"""The life of a case, told step by step."""

from __future__ import annotations

import pytest

from tests.kit import ADMIN, DESK, worker
from yitong_command.domain.case import (
    STATE_ZH,
    SYSTEM,
    Actor,
    Ask,
    Case,
    Role,
    State,
    decide,
    is_rework,
    moves_for,
)
from yitong_command.errors import IllegalTransition, NotAllowed, ProofMissing, StaleVersion

GRID = "22032390100201"
ONE = Actor("worker1", Role.WORKER, frozenset({GRID}))
TWO = Actor("worker2", Role.WORKER, frozenset({GRID}))


def after(*asks: Ask) -> Case:
    case = Case("YT-1", grid_code=GRID)
    for ask in asks:
        case = decide(case, ask)
    return case


FILED = Ask(State.FILED, DESK)
DISPATCHED = Ask(State.DISPATCHED, SYSTEM, assignee="worker1")
HANDLED = (
    FILED, DISPATCHED, Ask(State.ACCEPTED, ONE), Ask(State.ARRIVED, ONE),
    Ask(State.HANDLED, ONE, evidence_sha256="a" * 64),
)  # fmt: skip


def test_a_case_goes_from_the_desk_to_the_street_and_back() -> None:
    holders = [after(*HANDLED[: n + 1]).holder for n in range(5)]
    assert holders == ["desk", "worker1", "worker1", "worker1", "desk"]
    checked = after(*HANDLED, Ask(State.CHECKED, TWO))
    assert (checked.holder, checked.checked_by) == ("desk", "worker2")
    closed = decide(checked, Ask(State.CLOSED, DESK))
    assert (closed.state, closed.holder, closed.version) == (State.CLOSED, None, 8)


def test_a_check_that_fails_sends_the_same_worker_again() -> None:
    back = after(*HANDLED, Ask(State.REWORK, DESK, note="还有一辆 / one is left"))
    assert (back.state, back.holder) == (State.REWORK, "desk")
    again = decide(back, Ask(State.DISPATCHED, SYSTEM))
    assert (again.state, again.holder) == (State.DISPATCHED, "worker1")
    other = decide(back, Ask(State.DISPATCHED, SYSTEM, assignee="worker2"))
    assert other.holder == "worker2"
    assert is_rework(State.REWORK, State.DISPATCHED)
    assert not is_rework(State.FILED, State.DISPATCHED)


def test_the_handler_never_checks() -> None:
    with pytest.raises(NotAllowed, match="worker1"):
        after(*HANDLED, Ask(State.CHECKED, ONE))


def test_a_worker_of_another_grid_does_not_check() -> None:
    with pytest.raises(NotAllowed):
        after(*HANDLED, Ask(State.CHECKED, Actor("x", Role.WORKER, frozenset({"other"}))))


@pytest.mark.parametrize(
    ("path", "ask", "missing"),
    [
        ((), Ask(State.NOT_FILED, DESK), "reason"),
        ((), Ask(State.NOT_FILED, DESK, reason_code=10), "reason"),
        ((), Ask(State.MERGED, DESK), "case"),
        (HANDLED[:4], Ask(State.HANDLED, ONE), "photo"),
        (HANDLED, Ask(State.REWORK, DESK, note="  "), "note"),
        ((FILED, Ask(State.PENDING_DISPATCH, SYSTEM)), Ask(State.DISPATCHED, DESK), "assignee"),
    ],
)
def test_a_step_without_its_proof_is_refused(path: tuple[Ask, ...], ask: Ask, missing: str) -> None:
    with pytest.raises(ProofMissing, match=missing):
        after(*path, ask)


@pytest.mark.parametrize("actor", [ONE, SYSTEM])
def test_only_the_desk_files(actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        after(Ask(State.FILED, actor))


def test_nobody_else_works_in_the_place_of_the_holder() -> None:
    for actor in (ADMIN, DESK, TWO):
        with pytest.raises(NotAllowed):
            after(FILED, DISPATCHED, Ask(State.ACCEPTED, actor))


def test_who_saw_an_older_version_is_told_so_first() -> None:
    with pytest.raises(StaleVersion, match="第 2 版"):
        after(FILED, Ask(State.CLOSED, ONE, expected_version=1))


def test_a_refusal_names_both_states_in_both_languages() -> None:
    with pytest.raises(IllegalTransition) as caught:
        after(Ask(State.CLOSED, DESK))
    assert "上报" in caught.value.zh
    assert "结案" in caught.value.zh
    assert "reported" in caught.value.en
    assert set(STATE_ZH) == set(State)


def test_the_desk_is_offered_filing_and_not_filing() -> None:
    case = after()
    assert [(move.target, sorted(move.needs)) for move in moves_for(case, DESK)] == [
        (State.FILED, []),
        (State.NOT_FILED, ["reason"]),
        (State.PENDING_VERIFY, ["assignee"]),
    ]
    assert moves_for(case, worker("worker1")) == ()
