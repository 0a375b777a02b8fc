"""One more incident kind is an enum value, a line in RULES and a section of `rules.yaml`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from yitong_command.domain.incident import IncidentKind
from yitong_command.rules import RULES

ROOT = Path(__file__).parents[3]
KIND = """
    BUS_STOP_BLOCKED = "bus_stop_blocked"
"""
LINE = """
        standing_rule(
            IncidentKind.BUS_STOP_BLOCKED,
            name=("占用公交站", "bus stop blocked"),
            category="cp_parking.no_parking_zone",
            place=("公交站", "the bus stop"),
        ),
"""
SECTION = """
bus_stop_blocked:
  dwell_s: 120
  recheck_s: 30
"""
PROOF = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from yitong_command.bus.messages import IncidentMessage
from yitong_command.domain.geometry import Box
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.observation import Track, ZoneLook
from yitong_command.ingest.evidence import make_incident
from yitong_command.ingest.state_file import snapshot
from yitong_command.ingest.views import make_memories
from yitong_command.ingest.watch_options import WatchOptions, make_zones
from yitong_command.rules import RULES
from yitong_command.rules.replay import replay
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings
from yitong_command.settings.rules import load_rules

settings = load_settings({"YITONG_CONFIG": sys.argv[1]})
cameras, book = load_cameras(settings), load_rules(settings)
zone = cameras[0].zones[0]
assert zone.kind == "bus_stop_blocked", zone.kind
at = datetime(2026, 11, 23, tzinfo=UTC)
looks = [
    ZoneLook(when, (Track("t", "car", 0.9, Box(0.5, 0.4, 0.65, 0.45), when),))
    for when in (at + timedelta(seconds=n) for n in range(200))
]
conf = book.settings_of(zone)
[change] = replay(RULES[zone.kind], conf, looks)
assert change.at == at + timedelta(seconds=150), change
assert "公交站" in change.reason[0] and "the bus stop" in change.reason[1]
incident = make_incident(cameras[0], zone, change, (), "")
message = IncidentMessage.of(incident, "worker")
assert IncidentMessage.model_validate_json(message.model_dump_json()).kind == "bus_stop_blocked"
assert snapshot(make_memories(cameras, book).values())
[watched] = make_zones(WatchOptions("x", Path("x"), ("0,0 1,0 1,1",), kind="bus_stop_blocked"))
assert watched.category == "cp_parking.no_parking_zone"
"""


def test_every_kind_has_a_rule_and_a_section() -> None:
    assert set(RULES) == set(IncidentKind)
    sections = yaml.safe_load((ROOT / "config/rules.yaml").read_text("utf-8"))
    assert set(sections) == {kind.value for kind in IncidentKind}


def test_three_additions_are_enough(tmp_path: Path) -> None:
    """They are made in a copy of the package, which then runs from end to end."""
    package = tmp_path / "yitong_command"
    shutil.copytree(
        ROOT / "src/yitong_command",
        package,
        ignore=shutil.ignore_patterns("__pycache__", "clips", "static", "*.pyc"),
    )
    _after(package / "domain/incident.py", '    MANHOLE_COVER = "manhole_cover"\n', KIND)
    _after(package / "rules/__init__.py", "        MANHOLE_COVER,\n", LINE)
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    with (config / "rules.yaml").open("a", encoding="utf-8") as file:
        file.write(SECTION)
    zones = yaml.safe_load((config / "zones.yaml").read_text("utf-8"))
    zones["zones"][0].update(kind="bus_stop_blocked", settings={})
    (config / "zones.yaml").write_text(yaml.safe_dump(zones, allow_unicode=True), "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROOF, str(config)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def _after(path: Path, line: str, addition: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(line) == 1
    path.write_text(text.replace(line, line + addition), "utf-8")
