"""Small real runs: every figure is there and none is senseless."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

pytestmark = [pytest.mark.broker, pytest.mark.timeout(150)]
COMMAND = Path(sys.executable).with_name("yitong")


def bench(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [COMMAND, "bench", *arguments, "--json"], capture_output=True, text=True, timeout=140
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_a_few_cameras_are_watched_and_measured(kafka: str) -> None:
    result = bench(
        "cameras", "--cameras", "8", "--for", "14", "--no-baseline", "--kafka", kafka,
        "--balls", "1", "--processes", "2", "--resolution", "original",
    )  # fmt: skip
    assert set(result) >= {
        "look_p50_s", "look_p95_s", "look_p99_s", "cpu_pct", "rss_mb", "missed", "false",
        "dropped_frames", "ratio_naive", "ratio_floor", "cameras", "looks", "incidents",
        "machine", "versions", "naive_engine",
    }  # fmt: skip
    assert result["cameras"] == 8
    assert result["cameras_live"] == 8
    assert result["looks"] >= 8
    assert len(result["per_camera"]) == 8
    assert 0.5 < result["look_p50_s"] <= result["look_p99_s"]
    assert result["cpu_pct"] > 0
    assert result["rss_mb"] > 50
    assert all(50 < result[f"rss_mb_{when}"] < 2000 for when in ("begin", "mid", "end"))
    assert 0 <= result["idle_cpu_pct"] <= 100 * result["machine"]["cores"]
    assert result["received"]["p50_s"] == pytest.approx(result["look_p50_s"], abs=0.5)
    assert result["facts"] >= 1
    assert result["incidents"] + result["missed"] + result["pending"] >= result["facts"]
    assert result["false"] == 0
    assert result["failures"] == 0
    assert result["ratio_naive"] is None
    assert result["naive"]["reason"] == "--no-baseline"


def test_events_are_routed_and_measured(kafka: str) -> None:
    result = bench("route", "--events", "500", "--kafka", kafka)
    assert set(result) >= {
        "events_per_s", "ratio_counting_agent", "ratio_plain_loop", "by_workers",
        "machine", "versions",
    }  # fmt: skip
    assert result["events_per_s"] > 10
    assert set(result["by_workers"]) == {"1", "2", "4"}
    assert {run["cases"] for run in result["runs"].values()} == {result["mix"]["cases"]}
    assert result["new_facts"]["cases"] == 250
    assert 0 < result["ratio_counting_agent"] < 2
    assert 0 < result["ratio_plain_loop"] < 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(kafka: str, number: int) -> None:
    process = subprocess.Popen(
        [COMMAND, "bench", "cameras", "--cameras", "2", "--for", "60", "--kafka", kafka,
         "--resolution", "original"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        parts = _children(process.pid, 2)
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    assert "interrupted" in said.decode()
    gone, alive = psutil.wait_procs(parts, timeout=5)
    assert len(gone) == len(parts) >= 2
    assert alive == []


def test_a_broker_that_is_not_there_is_one_clear_line() -> None:
    done = subprocess.run(
        [COMMAND, "bench", "route", "--events", "100", "--kafka", "127.0.0.1:9"],
        capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 2
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def _children(pid: int, count: int) -> list[psutil.Process]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = psutil.Process(pid).children(recursive=True)
        if len(found) >= count:
            return found
        time.sleep(0.1)
    raise AssertionError("the parts of the benchmark did not start")
