"""Sharing partitions out: everybody as much, nothing twice, nothing moved without need."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yitong_command.bus.assignor import Claim, Cooperative, share_out

COUNT = 24
NAMES = st.sampled_from([f"m{n}" for n in range(7)])


def settle(members: list[str], held: dict[str, set[int]], turn: int) -> tuple[int, set[int]]:
    """Turns until nobody has anything to let go of; returns how many, and what was moved."""
    moved: set[int] = set()
    for turns in range(1, 4):
        claims = {name: Claim(frozenset(held[name]), turn + turns) for name in members}
        given_out = share_out(COUNT, claims)
        for name in members:
            for other in members:
                assert other == name or not given_out[name] & held[other]
        moved |= {p for name in members for p in held[name] - given_out[name]}
        again = any(held[name] - given_out[name] for name in members)
        for name in members:
            held[name] = given_out[name]
        if not again:
            return turns, moved
    raise AssertionError("it goes round and round")


@given(st.lists(st.sets(NAMES, min_size=1), min_size=1, max_size=6))
def test_whoever_comes_and_goes_soon_everybody_has_as_much(story: list[set[str]]) -> None:
    held: dict[str, set[int]] = {}
    for turn, crew in enumerate(story):
        members = sorted(crew)
        before = {name: set(held.get(name, ())) for name in members}
        held = {name: set(before[name]) for name in members}
        turns, moved = settle(members, held, turn * 10)
        assert turns <= 2
        assert sorted(p for own in held.values() for p in own) == list(range(COUNT))
        sizes = [len(own) for own in held.values()]
        assert max(sizes) - min(sizes) <= 1
        too_much = sum(max(0, len(own) - COUNT // len(members)) for own in before.values())
        assert len(moved) <= too_much


def test_a_dead_workers_share_is_given_out_in_one_turn_and_nothing_else_moves() -> None:
    held = {"a": set(range(8)), "b": set(range(8, 16))}
    turns, moved = settle(["a", "b"], held, 0)
    assert (turns, moved) == (1, set())
    assert {p for own in held.values() for p in own} == set(range(COUNT))


def test_whoever_missed_a_turn_has_lost_what_was_given_to_another() -> None:
    claims = {"back": Claim(frozenset(range(12)), 3), "here": Claim(frozenset(range(24)), 5)}
    given_out = share_out(COUNT, claims)
    assert given_out["back"] == set()
    assert given_out["here"] == set(range(12))


def test_more_workers_than_partitions_leave_some_with_nothing() -> None:
    shares = share_out(2, {name: Claim() for name in ("a", "b", "c")})
    assert sorted(map(len, shares.values())) == [0, 1, 1]


class _Cluster:
    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return set(range(4)) if topic == "cameras" else None


def test_what_members_say_survives_the_wire_and_garbage_claims_nothing() -> None:
    heard: list[tuple[int, int]] = []
    one = Cooperative(lambda: Claim(frozenset({0, 1, 2}), 4), lambda *said: heard.append(said))
    said = one.metadata({"cameras"})
    members = {name: type(said).decode(said.encode()) for name in ("a", "b")}
    members["b"].user_data = b"\xff garbage"
    shares = one.assign(_Cluster(), members)
    assert [part.partition for part in shares["a"].partitions()] == [0, 1]
    assert [part.partition for part in shares["b"].partitions()] == [3]
    one.on_assignment(type(shares["a"]).decode(shares["a"].encode()))
    assert heard == [(5, 2)]
