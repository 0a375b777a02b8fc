"""The commands around the models, as a person meets them, with the shipped models and clips."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import av
import cv2
import pytest
from typer.testing import CliRunner, Result

from yitong_command.cli.app import app

ROOT = Path(__file__).parents[3]
CLIPS = ROOT / "src" / "yitong_command" / "demo" / "clips"
COMMANDS = [["evaluate"], ["evaluate-rules"], ["train"], ["export"], ["models"], ["models", "list"]]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_in_two_languages(words: list[str]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert " / " in result.output


@pytest.fixture
def stills(tmp_path: Path) -> Path:
    """Stills of the packaged clips with the labels of their ground truth."""
    for kind in ("images", "labels"):
        (tmp_path / kind / "val").mkdir(parents=True)
    for clip in ("manhole", "parking"):
        truth = json.loads((CLIPS / f"{clip}.gt.json").read_text())
        width, height = truth["width"], truth["height"]
        with av.open(str(CLIPS / f"{clip}.mp4")) as container:
            for number, frame in enumerate(container.decode(video=0)):
                if number % 24 == 0 and number >= 120:
                    name = f"{clip}_{number}"
                    cv2.imwrite(
                        str(tmp_path / "images" / "val" / f"{name}.png"),
                        frame.to_ndarray(format="bgr24"),
                    )
                    lines = [
                        yolo(item["box"], width, height)
                        for item in truth["frames"][number]["objects"]
                        if item["cls"] == "car" and item["visible"] > 0.5 and item["in_frame"] > 0.5
                        and item["box"][2] - item["box"][0] > 60
                    ]  # fmt: skip
                    if lines:
                        file = tmp_path / "labels" / "val" / f"{name}.txt"
                        file.write_text("\n".join(lines))
    (tmp_path / "data.yaml").write_text("path: .\nval: images/val\nnames: {0: car}\n")
    return tmp_path / "data.yaml"


def yolo(box: list[float], width: int, height: int) -> str:
    x0, y0, x1, y1 = box
    return (
        f"0 {(x0 + x1) / 2 / width} {(y0 + y1) / 2 / height} "
        f"{(x1 - x0) / width} {(y1 - y0) / height}"
    )


def test_the_vehicle_model_is_measured_on_stills_of_the_clips(stills: Path) -> None:
    result = run("evaluate", stills, "--model", "vehicles", "--json")
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    assert found["model"] == "vehicles"
    assert found["images"] > 10
    assert found["per_class"]["car"]["objects"] > 5
    assert found["hazard_AP50"] is None
    assert found["recall"] > 0.8
    assert 0.3 < found["mAP50_95"] < found["mAP50"] <= 1
    assert found["mAP50"] == found["per_class"]["car"]["AP50"]


def test_figures_for_people_name_model_and_classes(stills: Path) -> None:
    result = run("evaluate", stills, "--model", "vehicles", "--threshold", "0.5")
    assert result.exit_code == 0
    for word in ("mAP50_95", "per_class", "car", "small", "threshold              0.5"):
        assert word in result.stdout


@pytest.mark.parametrize(
    ("words", "named"),
    [
        pytest.param(["evaluate", "none.yaml", "--model", "vehicles"], "none.yaml", id="no file"),
        pytest.param(["evaluate", "DATA", "--model", "faces"], "--model", id="no model"),
        pytest.param(["evaluate", "DATA", "--model", "manhole-cover"], "names.0", id="classes"),
        pytest.param(["evaluate", "DATA", "--model", "vehicles", "--split", "dev"], "--split",
                     id="no split"),
        pytest.param(["evaluate-rules", "FOLDER"], "gt.json", id="no scenes"),
        pytest.param(["evaluate-rules", "FOLDER", "--dwell", "soon"],
                     "evaluate-rules: --dwell", id="no duration"),
        pytest.param(["train", "faces", "--data", "FOLDER"], "manhole | vehicles", id="no recipe"),
        pytest.param(["export", "--weights", "x.pt", "--model", "vehicles", "--out", "FOLDER"],
                     "--weights", id="no weights"),
        pytest.param(["models", "fetch", "faces"], "models fetch: faces", id="no such weights"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_clear_line(
    stills: Path, tmp_path: Path, words: list[str], named: str
) -> None:
    places = {"DATA": str(stills), "FOLDER": str(tmp_path)}
    result = run(*[places.get(word, word) for word in words])
    assert result.exit_code == 2
    assert named in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr


def try_rules(folder: Path, kind: str, *clips: str) -> dict[str, Any]:
    for clip in clips:
        for suffix in ("mp4", "gt.json"):
            shutil.copy(CLIPS / f"{clip}.{suffix}", folder)
    result = run("evaluate-rules", folder, "--json", "--kind", kind)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_parking_rule_finds_what_the_packaged_clips_show_and_nothing_else(
    tmp_path: Path,
) -> None:
    found = try_rules(tmp_path, "illegal_parking", "parking", "quiet")
    assert (found["precision"], found["recall"]) == (1.0, 1.0)
    assert (found["false_per_24h"], found["duplicates"], found["facts"]) == (0.0, 0, 1)
    assert 0 <= found["delay_p50_s"] <= found["delay_max_s"] < 8
    parking, quiet = found["clips"]
    assert (parking["clip"], quiet["clip"]) == ("parking", "quiet")
    # Not for want of seeing: cars pass in both.
    assert parking["vehicles_seen_in_one_pass"] > 40
    assert quiet["vehicles_seen_in_one_pass"] > 5


def test_the_cover_rule_finds_the_hole_and_judges_nothing_that_is_hidden(tmp_path: Path) -> None:
    found = try_rules(tmp_path, "manhole_cover", "manhole", "ball_centre")
    assert (found["precision"], found["recall"], found["facts"]) == (1.0, 1.0, 1)
    assert found["cover_looks_max"] <= 8
    assert found["covered_looks"] >= 1
    assert found["judged_while_covered"] == 0
    assert found["by_kind"]["illegal_parking"]["scene_hours"] == 0


def test_a_cover_too_small_for_the_model_is_named(tmp_path: Path) -> None:
    found = try_rules(tmp_path, "manhole_cover", "quiet")
    assert 40 < found["clips"][0]["small_covers"]["mh0"] < 60
    assert found["false"] == 0, "and it is not judged"


def test_the_catalogue_lists_and_verifies_the_shipped_models() -> None:
    listed = json.loads(run("models", "list", "--json").stdout)
    assert {"vehicles", "vehicles-sub", "manhole-cover"} <= {model["name"] for model in listed}
    result = run("models", "verify")
    assert result.exit_code == 0
    assert "AGPL-3.0" in result.stdout
    assert "384x640" in result.stdout


def test_a_damaged_model_is_named_and_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "models", tmp_path / "models")
    file = tmp_path / "models" / "vehicles" / "vehicles.bin"
    file.write_bytes(file.read_bytes()[:-9])
    monkeypatch.setenv("YITONG_MODELS", str(tmp_path / "models"))
    result = run("models", "verify")
    assert result.exit_code == 2
    assert "vehicles.bin" in result.stdout
    assert result.stdout.count("完好") >= 2
