"""`yitong train`, `export` and `models`: what they run, and what they say when they can't."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from yitong_command.errors import ConfigError
from yitong_command.training import recipes
from yitong_command.training.catalogue import fetch_weights, list_models
from yitong_command.training.recipes import ExportOptions, TrainOptions, export, run_child, train

MODELS = Path(__file__).parents[3] / "models"
EXTRA = importlib.util.find_spec("ultralytics") is not None


@pytest.fixture
def covers(tmp_path: Path) -> Path:
    for folder in recipes.FOLDERS["manhole"]:
        (tmp_path / "covers" / folder).mkdir(parents=True)
    return tmp_path / "covers"


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra were installed: any module of the standard library will do."""
    monkeypatch.setattr(recipes, "NEEDED", {"train": ("json",), "export": ("json",)})


class Recorder:
    def __init__(self) -> None:
        self.command: list[str] = []
        self.env: dict[str, str] = {}

    def __call__(self, command: Sequence[str], env: dict[str, str]) -> int:
        self.command, self.env = list(command), env
        return 7


@pytest.mark.usefixtures("installed")
def test_training_runs_the_recipe_with_the_options(covers: Path, tmp_path: Path) -> None:
    run = Recorder()
    options = TrainOptions(
        "manhole", covers, tmp_path / "out", MODELS, epochs=3, seed=11, device="cpu", threads=2
    )
    assert train(options, run) == 7
    assert run.command[:4] == [sys.executable, "-m", "yitong_command.training.seeded", "11"]
    assert Path(run.command[4]).name == "train_manhole.py"
    assert Path(run.command[4]).is_file()
    text = " ".join(run.command)
    assert f"--data {covers} --weights yolo11n.pt --out {tmp_path / 'out'}" in text
    assert "--epochs 3 --threads 2" in text
    assert run.env == {"CUDA_VISIBLE_DEVICES": ""}


@pytest.mark.usefixtures("installed")
def test_the_device_is_chosen_by_number(covers: Path, tmp_path: Path) -> None:
    run = Recorder()
    train(TrainOptions("manhole", covers, tmp_path / "out", MODELS, device="1"), run)
    assert run.env == {"CUDA_VISIBLE_DEVICES": "1"}
    train(TrainOptions("manhole", covers, tmp_path / "out", MODELS), run)
    assert run.env == {}
    with pytest.raises(ConfigError, match="--device"):
        train(TrainOptions("manhole", covers, tmp_path / "out", MODELS, device="abacus"), run)


@pytest.mark.usefixtures("installed")
def test_a_run_is_gone_on_with_only_when_asked(covers: Path, tmp_path: Path) -> None:
    out, run = tmp_path / "out", Recorder()
    with pytest.raises(ConfigError, match="--resume"):
        train(TrainOptions("manhole", covers, out, MODELS, resume=True), run)
    (out / recipes.LAST).parent.mkdir(parents=True)
    (out / recipes.LAST).write_bytes(b"")
    with pytest.raises(ConfigError, match="--out: .*--resume"):
        train(TrainOptions("manhole", covers, out, MODELS), run)
    assert train(TrainOptions("manhole", covers, out, MODELS, resume=True), run) == 7


@pytest.mark.usefixtures("installed")
def test_wrong_words_are_refused(covers: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"manhole \| vehicles"):
        train(TrainOptions("faces", covers, tmp_path, MODELS))
    with pytest.raises(ConfigError, match="--data: .*images/train"):
        train(TrainOptions("manhole", tmp_path, tmp_path, MODELS))
    with pytest.raises(ConfigError, match=r"recipe is not there: .*train_manhole\.py"):
        train(TrainOptions("manhole", covers, tmp_path / "out", tmp_path))


@pytest.mark.skipif(EXTRA, reason="the extra `train` is installed here")
def test_without_the_extra_one_line_says_how_to_get_it(covers: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        train(TrainOptions("manhole", covers, tmp_path / "out", MODELS))
    assert "uv pip install -e '.[train]'" in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match="uv pip install"):
        fetch_weights("yolo11n", tmp_path)


@pytest.mark.usefixtures("installed")
def test_export_takes_the_input_size_from_the_registry(tmp_path: Path) -> None:
    weights, run = tmp_path / "last.pt", Recorder()
    weights.write_bytes(b"")
    assert export(ExportOptions(weights, "vehicles", tmp_path / "out", MODELS), run) == 7
    text = " ".join(run.command)
    assert "--name vehicles --size 384 640" in text
    assert text.endswith("--fp32")
    export(ExportOptions(weights, "new", tmp_path, MODELS, tmp_path, (64, 96)), run)
    assert "--size 64 96" in " ".join(run.command)
    assert "--fp32" not in run.command
    with pytest.raises(ConfigError, match="--model: .*--size"):
        export(ExportOptions(weights, "new", tmp_path, MODELS), run)
    with pytest.raises(ConfigError, match="--weights"):
        export(ExportOptions(tmp_path / "none.pt", "vehicles", tmp_path, MODELS), run)


@pytest.mark.parametrize(("seed", "shown"), [("7", "7"), ("23", "23")])
def test_a_recipe_runs_with_the_seed_asked_for(tmp_path: Path, seed: str, shown: str) -> None:
    (tmp_path / "street_training.py").write_text("SEED = 7\n")
    script = tmp_path / "recipe.py"
    script.write_text(
        "import sys\nfrom street_training import SEED\n"
        "if __name__ == '__main__':\n    print(SEED, sys.argv[1:])\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "yitong_command.training.seeded", seed, str(script), "--x", "1"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == f"{shown} ['--x', '1']\n"


def test_a_child_gets_the_environment_and_gives_its_exit_code() -> None:
    words = "import os, sys; sys.exit(int(os.environ['CODE']) + ('PATH' in os.environ))"
    assert "PATH" in os.environ
    assert run_child([sys.executable, "-c", words], {"CODE": "4"}) == 5


def test_the_catalogue_names_a_damaged_file_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    for name in ("good", "bad"):
        for suffix in ("xml", "bin"):
            (tmp_path / "m" / f"{name}.{suffix}").write_text(name)
    entry = """
[{name}]
version = "2"
engine = "openvino-yolo"
graph = "m/{name}.xml"
classes = ["car"]
input = {{ height_px = 64, width_px = 96, format = "u8 NHWC BGR" }}
score_threshold = 0.3
nms_iou = 0.5
one_label_iou = 0.7
licence = "MIT"
card = "m/CARD.md"
[{name}.sha256]
"m/{name}.xml" = "{xml}"
"m/{name}.bin" = "{sum}"
"""
    digest = hashlib.sha256(b"good").hexdigest()
    text = entry.format(name="good", xml=digest, sum=digest)
    (tmp_path / "registry.toml").write_text(text + entry.format(name="bad", xml=digest, sum=digest))
    bad, good = list_models(tmp_path)
    assert (good["ok"], good["version"], good["shape"]) == (True, "2", [64, 96])
    assert (good["licence"], good["classes"]) == ("MIT", ["car"])
    assert not bad["ok"]
    assert "bad.xml" in bad["problem"]
    loaded = {model["name"]: model for model in list_models(tmp_path, load=True)}
    assert "无法加载" in loaded["good"]["problem"]


def test_weights_come_by_the_given_way_or_a_line_says_why_not(tmp_path: Path) -> None:
    def refuse(file: Path) -> None:
        raise ConnectionError("no route")

    with pytest.raises(ConfigError, match=r"no route.*yolo11n\.pt"):
        fetch_weights("yolo11n", tmp_path, refuse)
    with pytest.raises(ConfigError, match="does not give it"):
        fetch_weights("yolo11n", tmp_path, lambda file: None)
    with pytest.raises(ConfigError, match="no such weights"):
        fetch_weights("../faces", tmp_path, refuse)
    got = fetch_weights("yolo11n.pt", tmp_path / "new", lambda file: file.write_bytes(b"w"))
    assert got == tmp_path / "new" / "yolo11n.pt"
    assert fetch_weights("yolo11n", tmp_path / "new", refuse) == got
