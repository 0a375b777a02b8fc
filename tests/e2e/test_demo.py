"""`yitong demo` as a newcomer runs it, without a browser."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.e2e.conftest import start_demo, stop_demo, wait_until_up


@pytest.mark.timeout(240)
def test_every_fact_of_the_county_becomes_exactly_one_case(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    demo = start_demo(tmp_path / "run", "--headless", "--for", "90", "--report", str(report))
    code = demo.process.wait(220)
    log = (tmp_path / "run.log").read_text(encoding="utf-8")
    result = json.loads(report.read_text(encoding="utf-8"))
    assert code == 0, log[-3000:]
    assert {i["kind"] for i in result["incidents"]} == {
        "illegal_parking", "manhole_cover",
        "sensor_manhole_tilt", "sensor_water_level", "sensor_pendant",
    }  # fmt: skip
    assert [item["sensor"] for item in result["silent_sensors"]] == ["manhole-002"]
    assert result["silent_missed"] == result["silent_false"] == []
    assert all(i["ground_truth"] for i in result["incidents"])
    assert result["missed"] == result["false"] == result["duplicated"] == 0
    assert result["cases"] == len(result["incidents"]) == result["alerts"] == result["tasks"]
    assert result["first_alert_s"] < 60
    assert demo.parts() == []


@pytest.mark.timeout(240)
def test_ctrl_c_leaves_no_orphan_and_a_second_start_works(tmp_path: Path) -> None:
    port = free_port()
    for _ in range(2):
        demo = start_demo(tmp_path / "run", port=port)
        wait_until_up(demo)
        assert len(demo.parts()) >= 5, "broker, farm, ingest, route, web"
        stop_demo(demo)
        assert demo.parts() == []
        (tmp_path / "run.log").unlink()


@pytest.mark.timeout(120)
def test_killing_the_demo_itself_leaves_no_orphan(tmp_path: Path) -> None:
    demo = start_demo(tmp_path / "run")
    wait_until_up(demo)
    demo.process.kill()
    demo.process.wait()
    end = time.monotonic() + 10
    while demo.parts() and time.monotonic() < end:
        time.sleep(0.2)
    assert demo.parts() == []


def test_a_port_in_use_is_named_with_an_alternative(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "yitong_command", "demo", "--port", str(port)],
            cwd=tmp_path, capture_output=True, text=True, timeout=50, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert "yitong demo --port " in done.stderr
    assert "Traceback" not in done.stderr
