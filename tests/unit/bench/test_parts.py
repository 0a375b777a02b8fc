"""What the benchmark reads from the parts, sends to them, and does when one fails."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Histogram

from tests.kit import county
from yitong_command.bench.baselines import floor_figures
from yitong_command.bench.machine import Meter, machine, versions
from yitong_command.bench.processes import ChildFailed, child, others_cpu_pct, result_of
from yitong_command.bench.storm import CLEARED_AFTER, storm
from yitong_command.bench.worker import Metrics
from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraKind, View
from yitong_command.domain.geometry import Place
from yitong_command.ingest.http import looks_json
from yitong_command.ingest.views import LastLook, ViewMemory
from yitong_command.routing.merge import NEW
from yitong_command.routing.plan import StepKind, plan
from yitong_command.routing.refuse import refusal

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def reading(histogram: Histogram) -> Metrics:
    return Metrics(
        {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in histogram.collect()
            for sample in family.samples
        }
    )


def test_only_what_fell_into_the_window_counts() -> None:
    lag = Histogram("lag_seconds", "-", buckets=(1, 2, 4), registry=CollectorRegistry())
    lag.observe(3.5)
    before = reading(lag)
    for _ in range(10):
        lag.observe(0.5)
    after = reading(lag)
    assert after.quantile("lag_seconds", 0.99, before) == pytest.approx(0.99)
    assert after.total("lag_seconds_count") - before.total("lag_seconds_count") == 10


def test_the_newest_look_of_a_camera_is_told_whatever_the_view() -> None:
    views = tuple(View(name, name, name) for name in (MAIN_VIEW, "left"))
    camera = Camera(
        "cam-1", CameraKind.FIXED, "一", "one", "rtsp://x/1", Place(125.3, 43.3), 2.0, views, ()
    )
    memories = {("cam-1", view.view_id): ViewMemory(camera, view.view_id, []) for view in views}
    assert looks_json(memories) == {}
    black = LastLook(AT + timedelta(seconds=2), False, ("黑", "black"), camera_ticks=7)
    memories["cam-1", "left"].last = black
    memories["cam-1", MAIN_VIEW].last = LastLook(AT, True, ("", ""))
    assert looks_json(memories) == {
        "cam-1": {"at": "2026-11-23T01:00:02+00:00", "judged": False, "camera_ticks": 7}
    }


def test_a_storm_opens_places_of_their_own_and_clears_them_later() -> None:
    messages = storm(401, AT)
    opened = [item for item in messages if item.change == "opened"]
    cleared = [item for item in messages if item.change == "cleared"]
    assert (len(opened), len(cleared)) == (201, 200)
    first = {item.incident_id: index for index, item in reversed(list(enumerate(messages)))}
    for index, item in enumerate(messages):
        if item.change == "cleared":
            assert index - first[item.incident_id] >= CLEARED_AFTER
    steps = plan([item.to_domain() for item in opened], {}, (), county().taxonomy)
    assert {step.kind for step in steps} == {StepKind.NEW_CASE}
    assert {step.decision for step in steps} == {NEW}
    assert all(refusal(item.to_domain(), county().taxonomy) is None for item in messages)


def test_the_floor_is_reckoned_at_the_rates_of_the_worker() -> None:
    results = {"analysed": 20, "refreshed": 10, "unchanged": 70, "moving": 50}
    ours = {"wall_s": 10.0, "looks_by_result": results}
    done = {
        "wall_s": 5.0, "receive_cpu_s": 0.1, "look_cpu_s": 0.3, "see_cpu_s": 0.1,
        "looks": 60, "analysed": 5, "cameras": 20,
    }  # fmt: skip
    found = floor_figures(done, ours, 20)
    # receiving 1 ms; 100 decoded looks of 5 ms, 20 changed pictures of 20 ms, 200 camera-seconds
    assert found["cpu_ms_per_camera_s"] == pytest.approx(1.0 + (100 * 5 + 20 * 20) / 200)


def test_a_process_without_a_result_is_stopped_and_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; print('busy', flush=True); time.sleep(60)"]
    with (
        pytest.raises(ChildFailed, match="hung.*no result"),
        child("hung", command, {}, tmp_path) as started,
    ):
        result_of(started, tmp_path / "none.json", 0.3)
    assert started.process.poll() is not None


def test_a_process_that_fails_tells_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no camera at all')"]
    with (
        pytest.raises(ChildFailed, match="no camera at all"),
        child("naive", command, {}, tmp_path) as started,
    ):
        result_of(started, tmp_path / "none.json", 20)


def test_a_process_that_ignores_a_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yitong_command.bench.processes.STOP_S", 0.3)
    ready = tmp_path / "ready"
    code = (
        "import pathlib, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    )
    with child("deaf", [sys.executable, "-c", code], {}, tmp_path) as started:
        while not ready.exists():
            time.sleep(0.02)
    assert started.process.returncode == -9


def test_settings_of_the_person_do_not_reach_the_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YITONG_TOPIC_PREFIX", "production")
    out = tmp_path / "out.json"
    code = (
        "import json, os, pathlib;"
        f"pathlib.Path({str(out)!r}).write_text(json.dumps("
        "{k: v for k, v in os.environ.items() if k.startswith('YITONG_')}))"
    )
    with child("env", [sys.executable, "-c", code], {"YITONG_KAFKA": "k:1"}, tmp_path) as started:
        started.process.wait(20)
        assert result_of(started, out, 1) == {"YITONG_KAFKA": "k:1"}


def test_a_meter_counts_what_a_process_burns() -> None:
    meter = Meter(os.getpid())
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass
    assert 0.1 < meter.cpu_s() < 2.0
    assert meter.rss_mb > 10
    assert meter.slope_mb_per_min() is None
    for _ in range(6):
        meter.sample()
    assert meter.slope_mb_per_min() is not None
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    assert Meter(gone.pid).cpu_s() == 0.0
    assert others_cpu_pct(100.0, 110.0, 10.0, 4.0) == 60.0


def test_machine_and_versions_say_what_it_ran_on() -> None:
    assert machine()["cores"] >= 1
    assert machine()["cpu"]
    assert set(versions()) >= {"yitong-command", "python", "openvino", "faust-streaming"}
    assert "not installed" not in versions().values()
