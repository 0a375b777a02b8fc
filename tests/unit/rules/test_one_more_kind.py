"""One more incident kind is one section of `rules.yaml`; the code stays as it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError
from yitong_command.rules import RULES
from yitong_command.rules.added import rule_like
from yitong_command.settings.environment import load_settings
from yitong_command.settings.kinds import load_kinds
from yitong_command.settings.rules import load_rules

CONFIG = Path(__file__).parents[3] / "config"
SECTION = """
bus_stop_blocked:
  like: stationary_obstacle
  name_zh: 占用公交站
  name_en: bus stop blocked
  category: cp_parking.no_parking_zone
  place_zh: 公交站
  place_en: the bus stop
  vehicles: [car, truck]
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
from yitong_command.ingest.scene_truth import read_scenes
from yitong_command.ingest.evaluate_rules import RuleTrial
from yitong_command.ingest.watch_options import WatchOptions, make_zones
from yitong_command.rules import RULES
from yitong_command.rules.replay import replay
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import load_settings
from yitong_command.settings.rules import load_rules

config = Path(sys.argv[1])
settings = load_settings({"YITONG_CONFIG": str(config)})
county, book = load_county(settings), load_rules(settings)
[zone] = [z for c in county.cameras.values() for z in c.zones if z.kind == "bus_stop_blocked"]
assert zone.kind is IncidentKind("bus_stop_blocked") and zone.kind not in list(IncidentKind)
at = datetime(2026, 11, 23, tzinfo=UTC)

def changes(label):
    looks = [
        ZoneLook(when, (Track("t", label, 0.9, Box(0.5, 0.4, 0.65, 0.45), when),))
        for when in (at + timedelta(seconds=n) for n in range(200))
    ]
    return list(replay(RULES[zone.kind], book.settings_of(zone), looks))

[change] = changes("truck")
assert changes("bus") == [], "buses may stand there"
assert change.at == at + timedelta(seconds=150), change
assert "公交站" in change.reason[0] and "the bus stop" in change.reason[1]
incident = make_incident(county.cameras[zone.camera_id], zone, change, (), "")
message = IncidentMessage.of(incident, "worker")
again = IncidentMessage.model_validate_json(message.model_dump_json())
assert again.to_domain() == incident and again.kind is zone.kind
[watched] = make_zones(WatchOptions("x", Path("x"), ("0,0 1,0 1,1",), kind="bus_stop_blocked"))
assert watched.category == "cp_parking.no_parking_zone"
[scene] = read_scenes(config)
assert [(z.kind, f.kind) for z, f in zip(scene.zones, scene.facts)] == [(zone.kind, zone.kind)]
assert RuleTrial(config, config).settings[zone.kind]["dwell_s"] == 8
"""
SCENE = """{"zones": [{"id": "stop", "kind": "bus_stop_blocked",
 "polygon": [[0, 0], [1, 0], [1, 1]]}], "events": [{"type": "vehicle_stopped", "t0": 1}]}"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    shutil.copytree(CONFIG, tmp_path / "config")
    return tmp_path / "config"


def add(config: Path, section: str) -> None:
    with (config / "rules.yaml").open("a", encoding="utf-8") as file:
        file.write(section)


def test_every_built_in_kind_has_a_rule_and_a_section() -> None:
    assert {kind for kind in RULES if kind in list(IncidentKind)} == set(IncidentKind)
    sections = yaml.safe_load((CONFIG / "rules.yaml").read_text("utf-8"))
    assert set(sections) == {kind.value for kind in IncidentKind}


def test_one_section_is_enough(config: Path) -> None:
    """From the zone to the message on the wire, in a process that knows only the files."""
    add(config, SECTION)
    zones = yaml.safe_load((config / "zones.yaml").read_text("utf-8"))
    zones["zones"][0].update(kind="bus_stop_blocked", settings={})
    (config / "zones.yaml").write_text(yaml.safe_dump(zones, allow_unicode=True), "utf-8")
    (config / "scene.gt.json").write_text(SCENE, "utf-8")
    (config / "scene.mp4").touch()
    done = subprocess.run(
        [sys.executable, "-c", PROOF, str(config)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("section", "message"),
    [
        pytest.param("jaywalking: {dwell_s: 5}", "jaywalking.*a new kind says like", id="no like"),
        pytest.param(SECTION.replace("stationary_obstacle", "nothing"), "like", id="like nothing"),
        pytest.param(SECTION.replace("stationary_obstacle", "manhole_cover"),
                     "bus_stop_blocked.like: manhole_cover", id="like a cover"),
        pytest.param(SECTION.replace("  name_en: bus stop blocked\n", ""), "name_en", id="no name"),
        pytest.param(SECTION.replace("bus_stop_blocked", "Bus Stop"), "Bus Stop", id="no word"),
        pytest.param(SECTION.replace("[car, truck]", "[tram]"), "vehicles", id="no vehicle"),
        pytest.param(SECTION.replace("dwell_s: 120", "dwell_s: long"), "dwell_s", id="no number"),
        pytest.param(SECTION.replace("dwell_s: 120", "dwell: 5"), "dwell", id="unknown setting"),
    ],
)  # fmt: skip
def test_a_section_that_makes_no_sense_is_refused(config: Path, section: str, message: str) -> None:
    add(config, f"\n{section}\n")
    with pytest.raises(ConfigError, match=message) as caught:
        load_rules(load_settings({"YITONG_CONFIG": str(config)}))
    assert "rules.yaml" in str(caught.value)


def test_a_built_in_kind_is_not_renamed(config: Path) -> None:
    path = config / "rules.yaml"
    text = path.read_text("utf-8").replace("dwell_s: 600", "dwell_s: 600\n  name_en: x", 1)
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=r"illegal_parking\.name_en"):
        load_kinds(config)


def test_only_rules_about_standing_vehicles_are_models() -> None:
    with pytest.raises(ValueError, match="manhole_cover"):
        rule_like(
            RULES[IncidentKind.MANHOLE_COVER], IncidentKind.MANHOLE_COVER, ("", ""), "", ("", "")
        )
