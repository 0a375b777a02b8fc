"""Real streets on which nobody stops: no rule for standing vehicles says a word."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import footage
from yitong_command.ingest.evaluate_rules import RuleTrial, try_rules
from yitong_command.ingest.rules_report import rules_report

EVERYWHERE = [[0, 0], [1, 0], [1, 1], [0, 1]]
PASSING = (
    "intel_car-detection_768x432", "adamridene_highway_1280x720", "powerrangers_cctv_road_1920x1080"
)  # fmt: skip


@pytest.mark.parametrize("name", PASSING)
def test_passing_traffic_raises_nothing(tmp_path: Path, name: str) -> None:
    """Each clip over and over for ten minutes; longer by `evaluate-rules --loop-to 1h`."""
    clip = footage.beside(f"videos/{name}.mp4")
    (tmp_path / clip.name).symlink_to(clip)
    kinds = ("illegal_parking", "stationary_obstacle")
    zones = [{"id": kind, "kind": kind, "polygon": EVERYWHERE} for kind in kinds]
    (tmp_path / f"{name}.gt.json").write_text(json.dumps({"zones": zones, "events": []}))
    trial = RuleTrial(tmp_path, footage.ROOT / "models", every_s=2.0, loop_to_s=600.0)
    report = rules_report(trial, list(try_rules(trial)))
    assert (report["false"], report["not_judged"]) == (0, 0)
    assert report["scene_hours"] == pytest.approx(1 / 6, abs=1e-3)
    assert report["clips"][0]["vehicles_seen_in_one_pass"] > 0
