"""Everything fails at once in a small county: the short form of `yitong bench faults`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from yitong_command.bench.fault_plan import EXPECTED

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]
COMMAND = Path(sys.executable).with_name("yitong")


def bench(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [COMMAND, "bench", *arguments, "--json"], capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_receiving_alone_is_measured() -> None:
    result = bench("receive", "--cameras", "30", "--for", "3")
    assert result["cameras_live"] == 30
    assert 0 < result["receiver_cpu_pct"] < 50
    assert 15 < result["keyframes_per_s"] < 60
    assert result["damaged"] == 0


def test_nothing_is_lost_doubled_or_told_wrongly_when_everything_fails() -> None:
    result = bench("faults", "--cameras", "20", "--for", "15")
    assert result["faults"] == dict.fromkeys(EXPECTED, 1)
    assert result["facts"] >= 4
    assert result["kills"] == 1
    assert (result["lost"], result["doubled"], result["false"]) == (0, 0, 0), result
    # On a busy machine a state may come a moment after its 15 s; one that never came took 17 s.
    assert 1 < result["state_delay_p99_s"] < 17, result
    assert all("(" in name for name in result["wrong_states_on"]), result
    assert 0 < result["recovered_s"] < 60
