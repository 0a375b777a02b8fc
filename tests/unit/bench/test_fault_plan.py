"""Who fails in a fault run, and what is counted against the system."""

from __future__ import annotations

from collections import Counter

import pytest

from yitong_command.bench.fault_plan import EXPECTED, all_right, plan, state_figures
from yitong_command.demo.farm.faults import Fault

CAMERAS = [f"cam-{number:02d}" for number in range(40)]
EVENTS = CAMERAS[::3]


def test_every_fault_of_the_farm_is_played() -> None:
    assert set(EXPECTED) == {fault.value for fault in Fault} - {"none"}
    made = plan(CAMERAS, EVENTS)
    assert Counter(made.faults.values()) == dict.fromkeys(EXPECTED, 2)
    assert set(made.first) | set(made.second) == set(EVENTS) - set(made.faults)
    assert made.first
    assert made.second


@pytest.mark.parametrize("cameras", [CAMERAS[:8], CAMERAS[:9]])
def test_too_few_cameras_are_refused(cameras: list[str]) -> None:
    with pytest.raises(ValueError, match="too few"):
        plan(cameras, cameras[:1])


def test_states_are_held_against_the_faults() -> None:
    faults = {"a": "drop", "b": "freeze", "c": "slow"}
    told = {
        "a": [(0.0, "live"), (14.0, "off")],
        "b": [(0.0, "live"), (26.5, "frozen")],
        "c": [(0.0, "live"), (12.0, "off")],
        "whole": [(0.0, "live")],
        "wrong": [(0.0, "live"), (15.0, "late"), (16.0, "live")],
        "later": [(0.0, "live"), (31.0, "off")],
    }
    figures = state_figures(faults, told, 10.0, 30.0)
    assert figures["wrong_states"] == 3
    assert figures["wrong_states_on"] == ["b (freeze)", "c (slow)", "wrong"]
    assert figures["state_delay_by_fault_s"] == {"drop": 4.0, "freeze": 16.5, "slow": 20.0}
    assert figures["state_delay_p99_s"] == 20.0


def test_all_is_right_when_what_is_told_now_is() -> None:
    told = {"a": [(0.0, "live"), (5.0, "off")]}
    assert all_right({"a": "drop"}, told)
    assert not all_right({"a": "freeze"}, told)
    assert not all_right({"b": "drop"}, told)
