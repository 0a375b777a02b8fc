"""The registry refuses whatever is not the model it names."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from yitong_command.errors import ConfigError, ModelMismatch
from yitong_command.vision.registry import Registry, load_registry

COVERS = "manhole-cover"


@pytest.fixture
def models(tmp_path: Path, models_dir: Path) -> Path:
    """A copy of the shipped models that may be damaged."""
    shutil.copytree(models_dir, tmp_path / "models")
    return tmp_path / "models"


def weights_of(models: Path) -> Path:
    return load_registry(models).specs[COVERS].graph.with_suffix(".bin")


def rewrite(models: Path, old: str, new: str) -> None:
    file = models / "registry.toml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_shipped_models_are_what_the_registry_says(registry: Registry) -> None:
    assert {"vehicles", "vehicles-sub", COVERS} <= set(registry.specs)
    for name in registry.specs:
        assert registry.detector(name).classes == registry.specs[name].classes


def test_every_model_has_a_card_and_a_licence(registry: Registry) -> None:
    for spec in registry.specs.values():
        card = spec.graph.parent / "CARD.md"
        assert "AGPL-3.0" in card.read_text(encoding="utf-8")


def test_a_truncated_file_is_refused_and_named(models: Path) -> None:
    weights = weights_of(models)
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelMismatch, match=weights.name):
        load_registry(models)


def test_an_altered_file_is_refused_and_named(models: Path) -> None:
    weights = weights_of(models)
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(bytes(data))
    with pytest.raises(ModelMismatch, match=weights.name):
        load_registry(models)


def test_a_missing_file_is_refused_and_named(models: Path) -> None:
    weights = weights_of(models)
    weights.unlink()
    with pytest.raises(ModelMismatch, match=weights.name):
        load_registry(models)


def test_a_model_of_another_input_shape_is_refused(models: Path) -> None:
    rewrite(models, "width_px = 640", "width_px = 608")
    with pytest.raises(ModelMismatch, match="输入形状不符"):
        load_registry(models).detector("vehicles")


def test_a_model_with_another_number_of_classes_is_refused(models: Path) -> None:
    rewrite(models, '"manhole_displaced"]', '"manhole_displaced", "pothole"]')
    with pytest.raises(ModelMismatch, match="输出形状不符"):
        load_registry(models).detector(COVERS)


def test_a_file_that_is_no_model_is_refused_even_with_its_checksum(models: Path) -> None:
    graph = load_registry(models).specs[COVERS].graph
    old = hashlib.sha256(graph.read_bytes()).hexdigest()
    graph.write_text("<not a model>", encoding="utf-8")
    rewrite(models, old, hashlib.sha256(graph.read_bytes()).hexdigest())
    with pytest.raises(ModelMismatch, match="无法加载"):
        load_registry(models).detector(COVERS)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        pytest.param("nms_iou", "nms_overlap", "nms_iou|nms_overlap", id="misspelt key"),
        pytest.param('"openvino-yolo"', '"abacus"', "engine", id="unknown engine"),
        pytest.param("score_threshold = 0", "score_threshold = 7", "score_threshold", id="range"),
        pytest.param("person_threshold = 0", "person_threshold = 7", "person_thr", id="persons"),
        pytest.param("width_px = 640", 'width_px = "wide"', "vehicles", id="not a number"),
        pytest.param("vehicles.bin", "vehicle.bin", "sha256", id="weights not listed"),
        pytest.param("u8 NHWC BGR", "f32 NCHW RGB", "input.format", id="other input"),
    ],
)
def test_a_wrong_entry_is_refused_by_file_and_key(
    models: Path, old: str, new: str, named: str
) -> None:
    rewrite(models, old, new)
    with pytest.raises(ConfigError, match=rf"registry\.toml: .*({named})"):
        load_registry(models)


def test_no_registry_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"registry\.toml"):
        load_registry(tmp_path)


def test_an_unknown_model_is_refused_with_the_known_ones(registry: Registry) -> None:
    with pytest.raises(ConfigError, match="manhole-cover, vehicles"):
        registry.detector("faces")


def test_persons_are_reported_on_much_less_suspicion_where_the_entry_says_so(
    models: Path,
) -> None:
    specs = load_registry(models).specs
    assert specs["vehicles"].person_threshold == specs["vehicles-sub"].person_threshold == 0.01
    assert specs[COVERS].person_threshold is None
