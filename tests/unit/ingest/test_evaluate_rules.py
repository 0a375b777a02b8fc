"""`yitong evaluate-rules` on small real videos, with eyes that see what is painted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import pytest

from yitong_command.errors import ConfigError, CorruptMedia
from yitong_command.ingest.evaluate_rules import RuleTrial, try_rules
from yitong_command.ingest.eyes import DetectorPair
from yitong_command.ingest.rules_report import rules_report

LENGTH_S = 40
ROAD = {"id": "road", "kind": "no_parking", "polygon": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
STOP = {"type": "vehicle_stopped", "object": "car", "t0": 5, "t1": 30}
Try = Callable[..., dict[str, Any]]


@pytest.fixture
def folder(tmp_path: Path, kit: ModuleType) -> Path:
    """A car that stands from 5 s to 30 s of 40 s, and a hole from 20 s on; one picture a second."""
    with av.open(str(tmp_path / "street.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = kit.WIDTH, kit.HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast", "qp": "20"}
        for second in range(LENGTH_S):
            pixels = kit.street(second)
            if 5 <= second < 30:
                kit.paint(pixels, kit.CAR, kit.CAR_BGR)
            if second >= 20:
                kit.paint(pixels, kit.COVER, kit.HOLE_BGR)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        out.mux(stream.encode(None))
    return tmp_path


@pytest.fixture
def attempt(folder: Path, kit: ModuleType, vehicles: Any, covers: Any) -> Try:
    hole = {"id": "mh0", "kind": "cover", "box": list(kit.COVER)}
    opened = {"type": "manhole_state", "object": "mh0", "state": "missing", "t0": 20}

    def call(events: list[dict[str, Any]] | None = None, **options: Any) -> dict[str, Any]:
        truth = {"zones": [ROAD, hole], "events": [STOP, opened] if events is None else events}
        (folder / "street.gt.json").write_text(json.dumps(truth))
        trial = RuleTrial(folder, folder, **{"min_cover_px": 8.0} | options)
        results = list(try_rules(trial, lambda _: DetectorPair(vehicles, covers)))
        return rules_report(trial, results)

    return call


def test_what_happens_is_reported_once_and_nothing_else(attempt: Try) -> None:
    result = attempt()
    assert (result["precision"], result["recall"]) == (1.0, 1.0)
    assert (result["duplicates"], result["false_per_24h"]) == (0, 0.0)
    assert (result["facts"], result["clips"][0]["looks"]) == (2, LENGTH_S)
    assert result["clips"][0]["vehicles_seen_in_one_pass"] == 25
    parking = result["by_kind"]["illegal_parking"]
    assert (parking["found"], parking["delay_p50_s"]) == (1, 4.0)  # the re-check
    assert result["by_kind"]["manhole_cover"]["delay_max_s"] == 0.0
    assert result["cover_looks_max"] == 5


@pytest.mark.parametrize("kind", ["fire_lane_blocked", "stationary_obstacle"])
def test_every_kind_about_vehicles_is_tried_the_same_way(
    attempt: Try, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setitem(ROAD, "kind", kind)
    result = attempt([STOP])["by_kind"]
    assert (result[kind]["found"], result[kind]["false"]) == (1, 0)
    assert result["illegal_parking"]["scene_hours"] == 0


def test_what_is_reported_without_a_fact_is_false_by_scene_time(attempt: Try) -> None:
    result = attempt([])
    assert (result["precision"], result["recall"]) == (0.0, None)
    assert result["false_per_24h"] == pytest.approx(2 * 86400 / LENGTH_S, rel=1e-3)
    told = result["clips"][0]["false_incidents"]
    assert [(line["kind"], line["at_s"]) for line in told] == [
        ("illegal_parking", 17.0), ("manhole_cover", 24.0)
    ]  # fmt: skip


def test_a_fact_that_is_not_reported_is_missed(attempt: Try, vehicles: Any) -> None:
    vehicles.colours = {}
    result = attempt()
    assert (result["precision"], result["recall"]) == (1.0, 0.5)
    assert result["clips"][0]["missed_facts"][0]["kind"] == "illegal_parking"


def test_a_loop_plays_looks_again_without_seeing_them_again(attempt: Try, vehicles: Any) -> None:
    result = attempt(loop_to_s=400.0)
    assert sum(vehicles.batches) == LENGTH_S
    assert result["clips"][0]["looks"] == 400
    assert result["scene_hours"] == pytest.approx(400 / 3600, abs=1e-4)
    assert (result["precision"], result["recall"]) == (1.0, 1.0)
    assert {kind: row["found"] for kind, row in result["by_kind"].items()} == {
        "illegal_parking": 10, "manhole_cover": 10
    }  # fmt: skip


def test_a_failing_detector_is_not_judged_and_never_an_empty_street(
    attempt: Try, vehicles: Any
) -> None:
    vehicles.broken = True
    result = attempt()
    assert result["not_judged"] == LENGTH_S
    assert result["recall"] == 0.0


def test_a_longer_dwell_makes_the_stop_no_fact(attempt: Try) -> None:
    result = attempt([STOP], dwell_s=40.0)
    assert (result["by_kind"]["illegal_parking"]["facts"], result["clips"][0]["too_short"]) == (
        0,
        1,
    )
    assert result["by_kind"]["illegal_parking"]["false"] == 0


def test_a_hidden_cover_is_not_judged(attempt: Try, folder: Path, kit: ModuleType) -> None:
    """The truth says it is hidden where nothing hides it, so judging it is seen."""
    attempt()
    truth = json.loads((folder / "street.gt.json").read_text())
    manholes = [{"id": "mh0", "box": [0, 0, 1, 1], "covered_by": 1.0}]
    truth["frames"] = [{"t": 3.0, "manholes": manholes}]
    (folder / "hidden.gt.json").write_text(json.dumps(truth | {"clip": "street.mp4"}))
    trial = RuleTrial(folder, folder, min_cover_px=8.0)
    pair = DetectorPair(kit.Painted({}), kit.PaintedCovers({"manhole_missing": kit.HOLE_BGR}))
    result = rules_report(trial, list(try_rules(trial, lambda _: pair)))
    hidden = next(clip for clip in result["clips"] if clip["clip"] == "hidden")
    assert (hidden["covered_looks"], hidden["judged_while_covered"]) == (1, 1)


def test_clips_that_say_nothing_are_named(attempt: Try, folder: Path) -> None:
    (folder / "other.mp4").write_bytes(b"")
    (folder / "pan.mp4").write_bytes(b"")
    (folder / "pan.gt.json").write_text('{"zones": [], "events": []}')
    skipped = attempt()["skipped"]
    assert [(item["clip"], item["reason"][-15:]) for item in skipped] == [
        ("pan", "o zone to watch"), ("other", "no ground truth")
    ]  # fmt: skip


def test_wrong_input_is_refused(attempt: Try, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gt\.json"):
        list(try_rules(RuleTrial(tmp_path / "none", tmp_path)))
    (folder / "street.mp4").write_bytes(b"no video")
    with pytest.raises(CorruptMedia, match=r"street\.mp4"):
        attempt()


def test_the_demo_and_the_county_have_the_durations_a_dwell_implies(tmp_path: Path) -> None:
    short, county = (RuleTrial(tmp_path, tmp_path, dwell_s=s).settings for s in (8.0, 600.0))
    demo = {"dwell_s": 8, "recheck_s": 4, "clear_after_s": 6, "miss_s": 5}
    assert next(iter(short.values())) == demo
    rules = {"dwell_s": 600, "recheck_s": 300, "clear_after_s": 60, "miss_s": 30}
    assert next(iter(county.values())) == rules
