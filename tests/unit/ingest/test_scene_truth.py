"""Ground truth files: what becomes a fact, and what a wrong file says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from yitong_command.domain.geometry import Box
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError
from yitong_command.ingest.scene_truth import Scene, read_scene

ROAD = {"id": "road", "kind": "no_parking", "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
HOLE = {"id": "mh0", "kind": "cover", "box": [0.1, 0.1, 0.2, 0.2]}
STOP = {"type": "vehicle_stopped", "object": "car", "t0": 2, "t1": 20}


def scene(folder: Path, **truth: Any) -> Scene:
    (folder / "street.mp4").write_bytes(b"")
    file = folder / "street.gt.json"
    file.write_text(json.dumps({"zones": [ROAD, HOLE], "events": [], **truth}))
    return read_scene(file)


def test_zones_and_no_events_are_enough(tmp_path: Path) -> None:
    read = scene(tmp_path)
    assert (read.name, read.facts, read.clip) == ("street", (), tmp_path / "street.mp4")
    assert [(z.zone_id, z.kind.value) for z in read.zones] == [
        ("road", "illegal_parking"), ("mh0", "manhole_cover")
    ]  # fmt: skip


def test_a_stop_is_a_fact_of_the_only_zone_or_of_the_one_it_names(tmp_path: Path) -> None:
    (fact,) = scene(tmp_path, events=[STOP]).facts
    assert (fact.kind, fact.zone_id) == (IncidentKind.ILLEGAL_PARKING, "road")
    assert (fact.begin_s, fact.end_s, fact.box) == (2, 20, None)
    other = ROAD | {"id": "bay"}
    with pytest.raises(ConfigError, match=r"events\.0\.zone"):
        scene(tmp_path, zones=[ROAD, other], events=[STOP])
    named = scene(tmp_path, zones=[ROAD, other], events=[STOP | {"zone": "bay"}])
    assert [fact.zone_id for fact in named.facts] == ["bay"]
    with pytest.raises(ConfigError, match="no such zone: kerb"):
        scene(tmp_path, events=[STOP | {"zone": "kerb"}])


@pytest.mark.parametrize(("ground", "facts"), [([50, 90], 1), ([50, 20], 0)])
def test_where_a_vehicle_stands_decides(tmp_path: Path, ground: list[int], facts: int) -> None:
    frame = {"t": 2.0, "objects": [{"id": "car", "box": [40, 60, 60, 95], "ground_px": ground}]}
    read = scene(tmp_path, width=100, height=100, frames=[frame], events=[STOP])
    assert len(read.facts) == facts
    assert all(fact.box == Box(0.4, 0.6, 0.6, 0.95) for fact in read.facts)


def test_only_a_wrong_cover_is_a_fact(tmp_path: Path) -> None:
    events = [
        {"type": "manhole_state", "object": "mh0", "state": "ok", "t0": 0, "t1": 5},
        {"type": "manhole_state", "object": "mh0", "state": "missing", "t0": 5},
        {"type": "manhole_state", "object": "elsewhere", "state": "missing", "t0": 5, "t1": 9},
    ]
    (fact,) = scene(tmp_path, events=events).facts
    assert (fact.zone_id, fact.begin_s, fact.end_s) == ("mh0", 5, float("inf"))


def test_a_file_without_zones_gives_those_it_drew(tmp_path: Path) -> None:
    frame = {"t": 0.0, "manholes": [{"id": "mh1", "box": [10, 10, 20, 20], "covered_by": 0.5}]}
    read = scene(
        tmp_path, zones=None, width=100, height=100, frames=[frame],
        zone_px=[[0, 50], [100, 50], [50, 100]],
    )  # fmt: skip
    assert [zone.zone_id for zone in read.zones] == ["no_parking_1", "mh1"]
    assert read.covered == {"mh1": (0.0,)}


@pytest.mark.parametrize(
    ("truth", "named"),
    [
        pytest.param({"events": [{"type": "fire", "t0": 0}]}, r"events\.0\.type", id="event"),
        pytest.param({"events": [STOP | {"t0": 30}]}, r"events\.0: ", id="times"),
        pytest.param({"zones": [ROAD | {"kind": "lawn"}]}, r"zones\.0\.kind", id="kind"),
        pytest.param({"zones": [{"id": "a", "kind": "cover"}]}, r"zones\.0: ", id="no area"),
        pytest.param({"zones": [ROAD | {"polygon": [[0, 0], [1, 1]]}]}, r"zones\.0: ", id="line"),
        pytest.param({"format": "scene-gt/9"}, "format", id="format"),
        pytest.param({"clip": "gone.mp4"}, r"clip: .*gone\.mp4", id="clip"),
        pytest.param({"events": None}, "events", id="no events"),
    ],
)
def test_a_wrong_file_is_refused_by_file_and_key(
    tmp_path: Path, truth: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigError, match=rf"street\.gt\.json: {named}"):
        scene(tmp_path, **truth)


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.gt.json").write_text("{")
    with pytest.raises(ConfigError, match=r"a\.gt\.json"):
        read_scene(tmp_path / "a.gt.json")
