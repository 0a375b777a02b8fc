"""`yitong watch` on small real videos."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import pytest

from yitong_command.errors import ConfigError
from yitong_command.ingest.eyes import DetectorPair
from yitong_command.ingest.watch import watch
from yitong_command.ingest.watch_options import WatchOptions, duration_s, parse_polygon

ZONE = "0,0.5 1,0.5 1,1 0,1"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def video(tmp_path: Path, kit: ModuleType) -> str:
    """A car that stands from 2 s to 20 s of 30 s; one picture a second."""
    path = tmp_path / "street.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = kit.WIDTH, kit.HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast", "qp": "20"}
        for second in range(30):
            pixels = kit.street(second)
            if 2 <= second < 20:
                kit.paint(pixels, kit.CAR, kit.CAR_BGR)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        out.mux(stream.encode(None))
    return str(path)


@pytest.fixture
def run(video: str, vehicles: Any, covers: Any, tmp_path: Path) -> Run:
    def call(**words: Any) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        options = WatchOptions(**{"source": video, "models_dir": tmp_path, **words})
        code = watch(options, out, err, lambda _: DetectorPair(vehicles, covers))
        return code, out.getvalue(), err.getvalue()

    return call


def test_json_lines_tell_opened_and_cleared(run: Run, tmp_path: Path) -> None:
    code, out, err = run(zones=(ZONE,), dwell="6s", json=True, show_evidence=tmp_path / "e")
    opened, cleared = (json.loads(line) for line in out.splitlines())
    assert code == 0
    assert (opened["type"], opened["kind"], opened["change"]) == (
        "incident", "illegal_parking", "opened"
    )  # fmt: skip
    assert (opened["began_media_s"], opened["media_s"]) == (2.0, 11.0)
    assert opened["box"] == pytest.approx([0.4, 0.5, 0.7, 0.9], abs=0.02)
    assert (opened["zone"], opened["began_at"]) == ("zone-1", cleared["began_at"])
    assert (cleared["change"], cleared["media_s"]) == ("cleared", 23.0)
    assert Path(opened["evidence"]).is_file()
    assert "1 opened, 1 cleared" in err


def test_lines_for_people_are_in_both_languages(run: Run) -> None:
    _, out, _ = run(zones=(ZONE,), dwell="6s")
    assert "违停 / illegal parking" in out
    assert len(out.splitlines()) == 2


def test_without_a_zone_every_look_is_printed(run: Run) -> None:
    _, out, err = run(json=True, every="5s")
    looks = [json.loads(line) for line in out.splitlines()]
    assert [look["type"] for look in looks] == ["look"] * 6
    assert [len(look["boxes"]) for look in looks] == [0, 1, 1, 1, 0, 0]
    assert "6 looks" in err


def test_looks_come_between_incidents_when_asked_for(run: Run) -> None:
    _, out, _ = run(zones=(ZONE,), dwell="6s", json=True, detections=True)
    kinds = [json.loads(line)["type"] for line in out.splitlines()]
    assert (kinds.count("look"), kinds.count("incident")) == (30, 2)


def test_a_failing_detector_is_counted_and_never_an_empty_street(run: Run, vehicles: Any) -> None:
    vehicles.broken = True
    code, out, err = run(zones=(ZONE,), dwell="6s", json=True)
    assert (code, out) == (0, "")
    assert "30 not judged" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param({"source": "nowhere.mp4"}, "nowhere.mp4", id="missing file"),
        pytest.param({"source": __file__}, "test_watch.py", id="not a video"),
        pytest.param({"zones": ("0,0 2,0 1,1",)}, "outside [0, 1]", id="zone outside"),
        pytest.param({"zones": ("0,0 1,1",)}, "at least 3 corners", id="two corners"),
        pytest.param({"zones": ("0,0 1 1,1",)}, "not a corner", id="no corner"),
        pytest.param({"zones": ("0,0 nan,0 1,1",)}, "outside [0, 1]", id="nan"),
        pytest.param({"kind": "littering"}, "illegal_parking, manhole_cover", id="kind"),
        pytest.param({"dwell": "soon"}, "--dwell", id="dwell"),
        pytest.param({"every": "0s"}, "--every", id="every"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(run: Run, words: dict[str, Any], message: str) -> None:
    code, out, err = run(**words)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("illegal_parking", "违停 / illegal parking"),
        ("fire_lane_blocked", "占用消防车通道 / fire lane blocked"),
        ("stationary_obstacle", "行车道静止障碍 / stationary obstacle"),
    ],
)
def test_every_kind_about_vehicles_can_be_watched(run: Run, kind: str, words: str) -> None:
    code, out, _ = run(zones=(ZONE,), dwell="6s", kind=kind)
    opened, cleared = out.splitlines()
    assert code == 0
    assert f"{words} @" in opened
    assert f"{words.replace(' / ', '解除 / ')} cleared @" in cleared


def test_a_cover_too_small_to_be_judged_is_said(run: Run) -> None:
    code, out, err = run(
        zones=("0.1,0.6 0.25,0.6 0.25,0.8 0.1,0.8",), kind="manhole_cover", dwell="2s"
    )
    assert (code, out) == (0, "")
    assert "only 48 px in the picture (at least 60): not judged" in err


def test_a_model_that_is_missing_is_said(video: str, tmp_path: Path) -> None:
    err = io.StringIO()
    assert watch(WatchOptions(source=video, models_dir=tmp_path), io.StringIO(), err) == 2
    assert "registry.toml" in err.getvalue()


@pytest.mark.parametrize(
    ("text", "seconds"), [("5s", 5), ("500ms", 0.5), ("10m", 600), ("1.5h", 5400), ("7", 7)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration_s(text, "--dwell") == seconds


def test_a_polygon_may_be_written_with_semicolons() -> None:
    assert len(parse_polygon("0,0; 1,0; 1,1")) == 3
    with pytest.raises(ConfigError, match="--zone"):
        parse_polygon("")
