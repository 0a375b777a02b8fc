"""Which cameras fail how in a fault run, and what must be told of them (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yitong_command.bench.figures import percentile

EXPECTED: dict[str, frozenset[str]] = {
    "freeze": frozenset({"frozen"}),
    "black": frozenset({"covered"}),
    "drop": frozenset({"off"}),
    "corrupt": frozenset({"not_judged"}),
    "slow": frozenset({"late"}),
    "storm": frozenset({"off", "late"}),
    "refuse": frozenset({"off"}),
    "move": frozenset({"covered"}),
    "blur": frozenset({"covered"}),
}
"""The camera states that are right for each fault of the farm."""
SHARE = 0.5
"""So many of the cameras fail at once, each fault the same number of them."""
WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Who fails, and where something happens meanwhile.

    Attributes:
        faults: Fault by camera.
        first: Cameras whose event happens while the others fail.
        second: Cameras whose event happens while the broker is down.
    """

    faults: dict[str, str]
    first: tuple[str, ...]
    second: tuple[str, ...]


def plan(cameras: Sequence[str], with_event: Sequence[str]) -> FaultPlan:
    """Let half of the cameras fail, those without an event first, every fault at once.

    Args:
        cameras: All of them.
        with_event: Those at which something can happen.

    Raises:
        ValueError: If too few are left whole.
    """
    each = max(1, round(SHARE * len(cameras) / len(EXPECTED)))
    order = [name for name in cameras if name not in with_event]
    order += reversed(with_event)
    wanted = [fault for fault in EXPECTED for _ in range(each)]
    faults = dict(zip(order, wanted, strict=False))
    whole = [name for name in with_event if name not in faults]
    if len(wanted) > len(order) or len(whole) < 2:
        raise ValueError("too few cameras")
    return FaultPlan(faults, tuple(whole[: len(whole) // 2]), tuple(whole[len(whole) // 2 :]))


def all_right(faults: Mapping[str, str], told: Mapping[str, Sequence[tuple[float, str]]]) -> bool:
    """Whether what is told of every failed camera now is right."""
    newest = {camera_id: states[-1][1] for camera_id, states in told.items() if states}
    return all(newest.get(camera_id) in EXPECTED[fault] for camera_id, fault in faults.items())


def state_figures(
    faults: Mapping[str, str],
    told: Mapping[str, Sequence[tuple[float, str]]],
    begun_s: float,
    end_s: float,
) -> dict[str, Any]:
    """How soon, and how rightly, the states of cameras followed their faults.

    Args:
        faults: Fault by camera; cameras that are not in it have none.
        told: By camera, what was told of it and when, in this order.
        begun_s: When the faults began.
        end_s: When they ended.

    Returns:
        ``wrong_states``: cameras whose state was not right within :data:`WITHIN_S`, and whole
        cameras that were told to have failed; ``state_delay_p99_s``, ``state_delay_by_fault_s``.
    """
    delay_s = {
        camera_id: _delay_s(told.get(camera_id, ()), EXPECTED[fault], begun_s, end_s)
        for camera_id, fault in faults.items()
    }
    slow = [camera_id for camera_id, seconds in delay_s.items() if seconds > WITHIN_S]
    false = [
        camera_id
        for camera_id, states in told.items()
        if camera_id not in faults
        and any(begun_s <= at < end_s and state != "live" for at, state in states)
    ]
    worst = percentile(list(delay_s.values()), 0.99)
    longest: dict[str, float] = {}
    for camera_id, fault in faults.items():
        longest[fault] = round(max(delay_s[camera_id], longest.get(fault, 0.0)), 2)
    return {
        "wrong_states": len(slow) + len(false),
        "wrong_states_on": sorted([*(f"{name} ({faults[name]})" for name in slow), *false]),
        "state_delay_p99_s": None if worst is None else round(worst, 2),
        "state_delay_by_fault_s": longest,
    }


def _delay_s(
    states: Sequence[tuple[float, str]], right: frozenset[str], begun_s: float, end_s: float
) -> float:
    """How long it took until a right state was told; all the time if it never was."""
    found = (at - begun_s for at, state in states if state in right and at >= begun_s)
    return next(found, end_s - begun_s)
