"""`yitong evaluate` on a set whose figures are known by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.errors import ConfigError, CorruptMedia
from yitong_command.training.data_file import DataSet, read_data_file
from yitong_command.training.evaluation import (
    EvaluateOptions,
    evaluate_model,
    figures,
    look,
    model_labels,
)
from yitong_command.vision.detector import ModelSpec

COLOURS = {"manhole_ok": (250, 0, 0), "manhole_missing": (0, 250, 0), "manhole_broken": (0, 0, 250)}
SIDE = 400


class Painted:
    """Sees rectangles by their colour; ``says`` gives the label it reports for each colour."""

    def __init__(self, says: dict[str, str] | None = None) -> None:
        self.says = says or {}
        self.classes = tuple(COLOURS)

    def detect(self, images: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
        return [tuple(self._see(image)) for image in images]

    def _see(self, image: Pixels) -> list[Detection]:
        found = []
        for label, bgr in COLOURS.items():
            ys, xs = np.nonzero((np.abs(image.astype(int) - bgr) < 9).all(axis=2))
            if len(ys):
                height, width = image.shape[:2]
                box = Box(xs.min() / width, ys.min() / height,
                          (xs.max() + 1) / width, (ys.max() + 1) / height)  # fmt: skip
                found.append(Detection(self.says.get(label, label), 0.9, box))
        return found


def add(folder: Path, name: str, *things: tuple[int, str, int]) -> None:
    """A picture with things ``(number, colour, side in pixels)`` and its label file."""
    image = np.full((SIDE, SIDE, 3), 90, np.uint8)
    lines = []
    for place, (number, colour, side) in enumerate(things):
        x, y = 10 + 150 * place, 20
        image[y : y + side, x : x + side] = COLOURS[colour]
        middle = ((x + side / 2) / SIDE, (y + side / 2) / SIDE, side / SIDE, side / SIDE)
        lines.append(f"{number} " + " ".join(map(str, middle)))
    cv2.imwrite(str(folder / "images" / "val" / f"{name}.png"), image)
    if things:
        (folder / "labels" / "val" / f"{name}.txt").write_text("\n".join(lines))


@pytest.fixture
def data(tmp_path: Path) -> DataSet:
    """Three pictures: two covers in place and a hole, and one that shows nothing."""
    (tmp_path / "images" / "val").mkdir(parents=True)
    (tmp_path / "labels" / "val").mkdir(parents=True)
    add(tmp_path, "a", (1, "manhole_ok", 20), (0, "manhole_missing", 120))
    add(tmp_path, "b", (1, "manhole_ok", 60))
    add(tmp_path, "c")
    file = tmp_path / "data.yaml"
    file.write_text("val: images/val\nnames: [manhole_missing, Manhole OK, manhole-broken]\n")
    return read_data_file(file)


def spec(*classes: str) -> ModelSpec:
    return ModelSpec("test", "1", "none", Path("none"), classes, 64, 64, 0.3, 0.5, 0.5)


LABELS = ("manhole_missing", "manhole_ok", "manhole_broken")


def test_a_perfect_detector_scores_one(data: DataSet) -> None:
    result = figures(look(Painted(), data, LABELS), LABELS, 0.3, 0.5)
    for key in ("mAP50", "mAP50_95", "hazard_AP50", "precision", "recall"):
        assert result[key] == 1.0, key
    assert (result["images"], result["objects"]) == (3, 3)
    assert result["per_class"]["manhole_ok"]["objects"] == 2
    assert result["per_class"]["manhole_broken"]["AP50"] is None
    assert {size: row["objects"] for size, row in result["by_size"].items()} == {
        "small": 1, "medium": 1, "large": 1
    }  # fmt: skip
    assert all(row["recall"] == row["AP50"] == 1.0 for row in result["by_size"].values())


def test_swapped_labels_score_what_the_hand_says(data: DataSet) -> None:
    swapped = Painted({"manhole_missing": "manhole_broken"})
    result = figures(look(swapped, data, LABELS), LABELS, 0.3, 0.5)
    # The hole is called broken: its own class is lost, as a hazard it is found.
    assert result["mAP50"] == 0.5
    assert result["hazard_AP50"] == 1.0
    assert result["precision"] == result["recall"] == pytest.approx(2 / 3, abs=1e-3)
    assert result["hazard_recall"] == 1.0


def test_below_the_threshold_the_curve_stays_and_the_recall_goes(data: DataSet) -> None:
    result = figures(look(Painted(), data, LABELS), LABELS, 0.95, 0.5)
    assert (result["mAP50"], result["recall"], result["precision"]) == (1.0, 0.0, None)


def test_without_hazard_classes_there_is_no_hazard_figure(data: DataSet) -> None:
    result = figures(look(Painted(), data, LABELS), ("manhole_ok",), 0.3, 0.5)
    assert result["hazard_AP50"] is None
    assert result["mAP50"] == 1.0


def test_classes_are_matched_by_name_in_any_order(data: DataSet) -> None:
    assert model_labels(data, spec("manhole_ok", "manhole_broken", "manhole_missing")) == LABELS


def test_what_the_set_does_not_label_is_not_a_false_alarm(data: DataSet) -> None:
    seen = look(Painted({"manhole_ok": "person"}), data, LABELS)
    result = figures(seen, LABELS, 0.3, 0.5)
    assert (result["precision"], result["recall"]) == (1.0, pytest.approx(1 / 3, abs=1e-3))


def test_a_class_the_model_does_not_know_is_refused_by_its_key(data: DataSet) -> None:
    with pytest.raises(ConfigError, match=r"data\.yaml: names\.2: .*manhole-broken"):
        model_labels(data, spec("manhole_ok", "manhole_missing"))


def test_a_torn_picture_and_a_bad_label_are_named(data: DataSet) -> None:
    folder = data.file.parent
    (folder / "labels/val/b.txt").write_text("-1 0.5 0.5 0.1 0.1\n")
    with pytest.raises(CorruptMedia, match=r"b\.txt:1"):
        look(Painted(), data, LABELS)
    (folder / "images/val/c.png").write_bytes(b"\x89PNG")
    with pytest.raises(CorruptMedia, match=r"c\.png"):
        look(Painted(), data, LABELS)


def test_an_unknown_model_is_refused_with_the_known_ones(data: DataSet) -> None:
    models = Path(__file__).parents[3] / "models"
    with pytest.raises(ConfigError, match="--model: .*manhole-cover, vehicles"):
        evaluate_model(EvaluateOptions(data.file, "faces", models))
