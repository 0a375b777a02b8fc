"""`yitong evaluate`: a model's figures on a labelled data set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from yitong_command.domain.frame import Pixels
from yitong_command.errors import ConfigError, CorruptMedia
from yitong_command.training.data_file import DataSet, Sample, read_data_file
from yitong_command.vision.detector import Detector, ModelSpec
from yitong_command.vision.evaluate import Labelled, read_labels
from yitong_command.vision.evaluate_curve import (
    SIZES,
    Seen,
    average_precisions,
    reported,
    tally,
)
from yitong_command.vision.registry import load_registry, suspicious
from yitong_command.vision.ultralytics_engine import ENGINE, checkpoint_spec

HAZARDS = ("manhole_broken", "manhole_missing", "manhole_displaced")
VEHICLES = ("car", "bus", "truck")
BATCH = 8
STRIDE_PX = 32


@dataclass(frozen=True, slots=True)
class EvaluateOptions:
    """What is to be measured on what.

    Attributes:
        data: An Ultralytics data file.
        model: Name in the registry, or path of an Ultralytics checkpoint (``.pt``).
        models_dir: Folder of the registry.
        split: ``train``, ``val`` or ``test``.
        threshold: Score threshold for precision and recall, or None for the shipped one.
        size: Height and width of the input that a checkpoint is to be tried at, pixels; None for
            the size that it was trained at. A model of the registry has its own.
    """

    data: Path
    model: str
    models_dir: Path
    split: str = "val"
    threshold: float | None = None
    size: tuple[int, int] | None = None


def evaluate_model(options: EvaluateOptions) -> dict[str, Any]:
    """Measure a model; see :func:`figures` for what comes out.

    Raises:
        ConfigError: If the data file, the model's name or a class is wrong; names file and key.
        CorruptMedia: If a picture or a label file can't be read.
        ModelMismatch: If the model can't be loaded.
        DetectorFailed: If the detector fails.
    """
    data = read_data_file(options.data, options.split)
    spec = find_model(options.model, options.models_dir)
    if options.size is not None:
        spec = _resized(spec, options.size)
    labels = model_labels(data, spec)
    pictures = look(suspicious(spec), data, labels)
    threshold = spec.score_threshold if options.threshold is None else options.threshold
    head = {"model": spec.name, "version": spec.version or None, "engine": spec.engine}
    head |= {"data": str(options.data), "split": options.split}
    return head | figures(pictures, labels, threshold, spec.one_label_iou)


def _resized(spec: ModelSpec, size: tuple[int, int]) -> ModelSpec:
    """A checkpoint at another input size.

    Raises:
        ConfigError: If the model is not a checkpoint, or the size does not suit its strides.
    """
    command, height, width = "yitong evaluate", *size
    if spec.engine != ENGINE:
        raise ConfigError(command, "--size", f"只用于 .pt / {spec.name} has its own input size")
    if min(size) < STRIDE_PX or height % STRIDE_PX or width % STRIDE_PX:
        raise ConfigError(command, "--size", f"须为 / must be multiples of {STRIDE_PX}: {size}")
    return replace(spec, height_px=height, width_px=width)


def find_model(model: str, models_dir: Path) -> ModelSpec:
    """A model by its name in the registry, or by the path of a checkpoint.

    Raises:
        ConfigError: If there is no such model.
        ModelMismatch: If its files are damaged.
    """
    registry = load_registry(models_dir)
    if model in registry.specs:
        return registry.specs[model]
    if Path(model).suffix == ".pt" and Path(model).is_file():
        return checkpoint_spec(Path(model))
    known = ", ".join(sorted(registry.specs))
    raise ConfigError(
        "yitong evaluate",
        "--model",
        f"没有此模型 / no such model: {model!r}; there are: {known}, "
        "and any .pt checkpoint that ultralytics reads",
    )


def model_labels(data: DataSet, spec: ModelSpec) -> tuple[str, ...]:
    """The model's label for each class of a data set, matched by name, whatever their order.

    Upper case, spaces and hyphens make no difference.

    Raises:
        ConfigError: If the model does not know a class.
    """
    known = {_plain(label): label for label in spec.classes}
    for number, name in enumerate(data.classes):
        if _plain(name) not in known:
            raise ConfigError(
                str(data.file),
                f"names.{number}",
                f"模型没有此类别 / {spec.name} does not know {name!r}; "
                f"it knows: {', '.join(spec.classes)}",
            )
    return tuple(known[_plain(name)] for name in data.classes)


def look(detector: Detector, data: DataSet, labels: Sequence[str]) -> list[Seen]:
    """Run a detector over a data set; what it finds of other classes is left out.

    Args:
        detector: With a score threshold near zero.
        data: The pictures.
        labels: The detector's label of each class of the data set.

    Raises:
        CorruptMedia: If a picture or a label file can't be read.
        DetectorFailed: If the detector fails.
    """
    wanted = frozenset(labels)
    pictures: list[Seen] = []
    for start in range(0, len(data.samples), BATCH):
        samples = data.samples[start : start + BATCH]
        images = [_read(sample.picture) for sample in samples]
        found = detector.detect(images)
        for sample, image, items in zip(samples, images, found, strict=True):
            chosen = tuple(item for item in items if item.label in wanted)
            height, width = image.shape[:2]
            pictures.append(Seen(_truth(sample, labels), chosen, width, height))
    return pictures


def figures(
    pictures: Sequence[Seen], labels: Sequence[str], threshold: float, one_label_iou: float
) -> dict[str, Any]:
    """All figures, as they are printed.

    Args:
        pictures: With everything the detector suspected.
        labels: The classes of the data set.
        threshold: Score threshold for precision and recall.
        one_label_iou: Boxes of any class overlapping a better one by more are not reported.

    Returns:
        ``mAP50`` and ``mAP50_95`` are means over the classes that occur; ``hazard_AP50`` takes
        broken, missing and displaced covers as one class, ``vehicle_AP50`` cars, buses and trucks.
        ``precision`` and ``recall`` are over all objects at the threshold. In ``by_size`` objects
        are split by their area in pixels (COCO: 32², 96²). What can't be known, for example for
        want of objects, is None.
    """
    shipped = reported(pictures, threshold, one_label_iou)
    curves = {label: average_precisions(pictures, frozenset({label})) for label in labels}
    known = [curve for curve in curves.values() if curve]
    hazards = frozenset(HAZARDS) & frozenset(labels)
    vehicles = frozenset(VEHICLES) & frozenset(labels)
    at_threshold = [tally(shipped, frozenset({label})) for label in labels]
    hits = sum(int(item.hits.sum()) for item in at_threshold)
    return {
        "mAP50": _mean(curve[0] for curve in known),
        "mAP50_95": _mean(_exact_mean(curve) for curve in known),
        "hazard_AP50": _rounded(tally(pictures, hazards).ap) if hazards else None,
        "vehicle_AP50": _rounded(tally(pictures, vehicles).ap) if vehicles else None,
        "precision": _share(hits, sum(len(item.hits) for item in at_threshold)),
        "recall": _share(hits, sum(item.objects for item in at_threshold)),
        "hazard_precision": _rounded(tally(shipped, hazards).precision) if hazards else None,
        "hazard_recall": _rounded(tally(shipped, hazards).recall) if hazards else None,
        "threshold": threshold,
        "images": len(pictures),
        "objects": sum(item.objects for item in at_threshold),
        "per_class": {
            label: {
                "AP50": _rounded(curve[0]) if curve else None,
                "AP50_95": _rounded(_exact_mean(curve)) if curve else None,
                "precision": _rounded(item.precision),
                "recall": _rounded(item.recall),
                "objects": item.objects,
            }
            for (label, curve), item in zip(curves.items(), at_threshold, strict=True)
        },
        "by_size": {
            size: _of_size(pictures, shipped, labels, area) for size, area in SIZES.items()
        },
    }


def _of_size(
    pictures: Sequence[Seen],
    shipped: Sequence[Seen],
    labels: Sequence[str],
    area: tuple[float, float],
) -> dict[str, Any]:
    curves = [tally(pictures, frozenset({label}), area=area).ap for label in labels]
    items = [tally(shipped, frozenset({label}), area=area) for label in labels]
    objects = sum(item.objects for item in items)
    return {
        "objects": objects,
        "AP50": _mean(value for value in curves if value is not None),
        "recall": _share(sum(int(item.hits.sum()) for item in items), objects),
    }


def _read(file: Path) -> Pixels:
    image = cv2.imread(str(file), cv2.IMREAD_COLOR)
    if image is None:
        raise CorruptMedia(f"{file}: 图像无法读取 / the picture can't be read")
    return np.asarray(image, dtype=np.uint8)


def _truth(sample: Sample, labels: Sequence[str]) -> Labelled:
    return read_labels(sample.labels, labels) if sample.labels.exists() else Labelled((), ())


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _exact_mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return _rounded(_exact_mean(known)) if known else None


def _share(part: int, whole: int) -> float | None:
    return _rounded(part / whole) if whole else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
