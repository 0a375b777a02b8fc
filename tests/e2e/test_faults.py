"""Parts killed and a broker lost in the middle of a run: the same cases come out."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.conftest import Demo, start_demo, wait_until_up


def _kill(demo: Demo, word: str) -> None:
    victims = [process for process in demo.parts() if word in process.cmdline()]
    assert len(victims) == 1, [process.cmdline()[:6] for process in demo.parts()]
    victims[0].kill()


def _alive(demo: Demo, word: str) -> bool:
    def has(process: psutil.Process) -> bool:
        try:
            return word in process.cmdline()
        except psutil.Error:
            return False

    return any(has(process) for process in demo.parts())


@pytest.mark.timeout(300)
def test_killing_every_part_once_loses_and_doubles_nothing(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    demo = start_demo(tmp_path / "run", "--headless", "--for", "120", "--report", str(report))
    wait_until_up(demo)
    up = time.monotonic()
    for at_s, word in [(21, "ingest"), (32, "route"), (40, "kafka.Kafka"), (60, "web")]:
        time.sleep(max(0.0, up + at_s - time.monotonic()))
        _kill(demo, word)
        end = time.monotonic() + 15
        while not _alive(demo, word) and time.monotonic() < end:
            time.sleep(0.2)
        assert _alive(demo, word), f"{word} was not started again"
    code = demo.process.wait(200)
    log = (tmp_path / "run.log").read_text(encoding="utf-8")
    assert code == 0, log[-4000:]
    result = json.loads(report.read_text(encoding="utf-8"))
    assert {i["kind"] for i in result["incidents"]} == {
        "illegal_parking", "manhole_cover",
        "sensor_manhole_tilt", "sensor_water_level", "sensor_pendant",
    }  # fmt: skip
    assert result["missed"] == result["false"] == result["duplicated"] == 0
    assert demo.parts() == []
