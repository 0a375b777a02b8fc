"""The engine on PyTorch: the same answers as OpenVINO, and clear refusals without it."""

from __future__ import annotations

import importlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yitong_command.domain.frame import Pixels
from yitong_command.errors import DetectorFailed, ModelMismatch
from yitong_command.vision.detector import ModelSpec
from yitong_command.vision.ultralytics_engine import UltralyticsEngine, checkpoint_spec
from yitong_command.vision.yolo import YoloEngine, placed

RECIPES = Path(__file__).parents[3] / "models" / "recipes"
NAMES = ("car", "bus", "person")


def spec(graph: Path, **other: Any) -> ModelSpec:
    values: dict[str, Any] = {
        "name": "street", "version": "1", "engine": "ultralytics", "graph": graph,
        "classes": NAMES, "height_px": 128, "width_px": 160, "score_threshold": 0.3,
        "nms_iou": 0.55, "one_label_iou": 1.0,
    }  # fmt: skip
    return ModelSpec(**values | other)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network with random weights that tells places and pictures apart."""
    try:
        torch: Any = importlib.import_module("torch")
        ultralytics: Any = importlib.import_module("ultralytics")
    except (ImportError, OSError, RuntimeError) as exc:
        pytest.skip(f"needs the extra `train` (ultralytics, torch): {exc}")
    torch.manual_seed(3)
    yolo = ultralytics.YOLO("yolo11n.yaml")
    for module in yolo.model.modules():  # else the picture is lost on its way through the layers
        if isinstance(module, torch.nn.Conv2d):
            module.weight.data *= 3.0
    head = yolo.model.model[-1]
    for branch in head.cv3:
        old = branch[-1]
        branch[-1] = torch.nn.Conv2d(old.in_channels, len(NAMES), 1)
        torch.nn.init.normal_(branch[-1].weight, std=0.3)
    head.nc, head.no = len(NAMES), len(NAMES) + 4 * head.reg_max
    yolo.model.nc, yolo.model.names = head.nc, dict(enumerate(NAMES))
    file = tmp_path_factory.mktemp("weights") / "street.pt"
    yolo.save(file)
    return file


@pytest.fixture
def pictures(still: Any) -> list[Pixels]:
    return [still("parking", 22.0), still("manhole", 3.0)[:, :500], still("quiet", 1.0)[::3, ::3]]


@pytest.mark.timeout(300)  # importing torch and tracing take a minute on a busy machine
@pytest.mark.filterwarnings("default")
def test_both_engines_report_the_same(
    checkpoint: Path, pictures: list[Pixels], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(RECIPES))
    try:
        recipe: Any = importlib.import_module("export_openvino")
    except ImportError as exc:
        pytest.skip(f"needs the extra `train` (nncf): {exc}")
    graph = tmp_path / "street.xml"
    own = spec(checkpoint)
    exported = recipe.to_openvino(checkpoint, own.height_px, own.width_px)
    recipe.ov.save_model(exported, graph, compress_to_fp16=False)
    batch = np.stack([placed(picture, own)[0] for picture in pictures])
    ours = UltralyticsEngine(own).outputs(batch)
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    theirs = np.asarray(recipe.ov.Core().compile_model(graph, "CPU", options)(batch)[0])
    assert ours.shape == theirs.shape == (3, 4 + len(NAMES), ours.shape[2])
    # Random weights blow up the last digit here and there; boxes are in pixels and reach 1000.
    off = np.abs(ours - theirs)
    assert np.quantile(off[:, :4], 0.99) < 0.1
    assert np.quantile(off[:, 4:], 0.99) < 0.01
    assert ours[:, 4:].std() > 0.1  # it does tell places apart
    assert np.abs(ours[0] - ours[1]).max() > 0.1  # and pictures


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("default")
def test_trained_weights_report_the_same_things(
    pictures: list[Pixels], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = os.environ.get("ULTRALYTICS_WEIGHTS")
    if not weights:
        pytest.skip("ULTRALYTICS_WEIGHTS names no trained checkpoint")
    monkeypatch.syspath_prepend(str(RECIPES))
    recipe: Any = importlib.import_module("export_openvino")
    own = checkpoint_spec(Path(weights))
    exported = recipe.to_openvino(own.graph, own.height_px, own.width_px)
    recipe.ov.save_model(exported, tmp_path / "own.xml", compress_to_fp16=False)
    ours = UltralyticsEngine(own).detector().detect(pictures)
    theirs = YoloEngine(replace(own, graph=tmp_path / "own.xml")).detector().detect(pictures)
    assert sum(map(len, ours)) > 0
    for one, other in zip(ours, theirs, strict=True):
        assert [item.label for item in one] == [item.label for item in other]
        assert all(a.box.iou(b.box) > 0.98 for a, b in zip(one, other, strict=True))


@pytest.mark.filterwarnings("default")
def test_a_checkpoint_brings_its_own_classes(checkpoint: Path) -> None:
    assert checkpoint_spec(checkpoint).classes == NAMES


@pytest.mark.filterwarnings("default")
def test_other_classes_than_the_registry_says_are_refused(checkpoint: Path) -> None:
    with pytest.raises(ModelMismatch, match="car, bus, person"):
        UltralyticsEngine(spec(checkpoint, classes=("bus", "car", "person")))


@pytest.mark.filterwarnings("default")
def test_a_picture_that_is_none_fails_and_is_not_empty(checkpoint: Path) -> None:
    detector = UltralyticsEngine(spec(checkpoint)).detector()
    with pytest.raises(DetectorFailed, match="street"):
        detector.detect([np.zeros((0, 5, 3), np.uint8)])
    assert detector.detect([]) == []


@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("checkpoint")
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "torn.pt").write_bytes(b"no checkpoint" * 50)
    with pytest.raises(ModelMismatch, match=r"torn\.pt"):
        UltralyticsEngine(spec(tmp_path / "torn.pt"))


def test_without_ultralytics_the_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ModelMismatch, match=r"\.\[train\]"):
        UltralyticsEngine(spec(tmp_path / "street.pt"))
