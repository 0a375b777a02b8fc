"""YOLO models on OpenVINO: batched, one thread per stream, one infer request per worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.errors import DetectorFailed, ModelMismatch
from yitong_command.vision.boxes import F32, Fit, letterbox, nms, to_picture, xywh_to_xyxy
from yitong_command.vision.detector import Detector, ModelSpec

LARGEST_BATCH = 8
"""Pictures per inference; more than this gains nothing and costs memory."""
MOST_CANDIDATES = 1000
"""Boxes that go into non-maximum suppression, best first."""
PERSON = "person"


class YoloEngine:
    """A compiled model.

    Args:
        spec: The model, its files already verified.
        workers: How many detectors will run at the same time; each gets one thread.

    Raises:
        ModelMismatch: If the files can't be read as a model, or its input or output has another
            shape than the registry says.
    """

    def __init__(self, spec: ModelSpec, workers: int = 1) -> None:
        self._spec = spec
        core = ov.Core()
        # Floats stay floats: in bfloat16 the coordinates at the end are off by several pixels.
        options = {
            "INFERENCE_NUM_THREADS": workers,
            "NUM_STREAMS": workers,
            "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False,
        }
        try:
            graph = core.read_model(spec.graph)
            _check_shapes(graph, spec)
            self._compiled = core.compile_model(graph, "CPU", options)
        except RuntimeError as exc:
            raise ModelMismatch(
                f"{spec.graph}: 模型无法加载 / the model can't be loaded: {exc}"
            ) from exc

    def detector(self) -> Detector:
        """A detector with an infer request of its own."""
        request = self._compiled.create_infer_request()
        return YoloDetector(self._spec, partial(infer, request, self._spec))


class YoloDetector:
    """Finds objects with any network that answers as YOLO does.

    Args:
        spec: The model.
        outputs: From letterboxed pictures, shape ``(n, height, width, 3)``, BGR, to what
            :func:`decode` reads, for each; DetectorFailed if it can't.
    """

    def __init__(self, spec: ModelSpec, outputs: Callable[[Pixels], F32]) -> None:
        self._spec = spec
        self._outputs = outputs

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels in the order of the model's outputs."""
        return self._spec.classes

    def detect(self, images: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
        """Find the objects in each picture; see :class:`Detector`.

        Raises:
            DetectorFailed: If a picture can't be used or the inference fails.
        """
        found: list[tuple[Detection, ...]] = []
        for start in range(0, len(images), LARGEST_BATCH):
            found += self._detect_batch(images[start : start + LARGEST_BATCH])
        return found

    def _detect_batch(self, images: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
        spec = self._spec
        batch = np.empty((len(images), spec.height_px, spec.width_px, 3), dtype=np.uint8)
        fits: list[Fit] = []
        for slot, image in zip(batch, images, strict=True):
            slot[:], fit = placed(image, spec)
            fits.append(fit)
        outputs = self._outputs(batch)
        return [decode(output, fit, spec) for output, fit in zip(outputs, fits, strict=True)]


def infer(request: Any, spec: ModelSpec, batch: Pixels) -> F32:
    """The answer of an OpenVINO infer request, which one thread at a time may use.

    Raises:
        DetectorFailed: If the inference fails.
    """
    try:
        result = request.infer({0: batch}, share_inputs=True)
    except RuntimeError as exc:
        raise DetectorFailed(f"{spec.name}: 推理失败 / inference failed: {exc}") from exc
    return finite(np.array(result[0], dtype=np.float32), spec)


def placed(image: Pixels, spec: ModelSpec) -> tuple[Pixels, Fit]:
    """A picture as the model wants it, and how it was placed.

    Raises:
        DetectorFailed: If it is no picture.
    """
    if image.dtype != np.uint8 or image.size == 0:
        raise DetectorFailed(
            f"{spec.name}: 图像为空或不是 8 位 / "
            f"the picture is empty or not 8 bit: {image.shape} {image.dtype}"
        )
    try:
        return letterbox(image, spec.height_px, spec.width_px)
    except ValueError as exc:
        raise DetectorFailed(f"{spec.name}: 图像无效 / bad picture: {exc}") from exc


def finite(outputs: F32, spec: ModelSpec) -> F32:
    """The same outputs.

    Raises:
        DetectorFailed: If one is not a finite number.
    """
    if not np.isfinite(outputs).all():
        raise DetectorFailed(f"{spec.name}: 模型输出不是有限数 / the model's output is not finite")
    return outputs


def decode(output: F32, fit: Fit, spec: ModelSpec) -> tuple[Detection, ...]:
    """Turn the model's output for one picture into detections.

    Args:
        output: Shape ``(4 + classes, anchors)``: centre x, centre y, width, height in pixels of
            the input, then a score in [0, 1] per class.
        fit: How the picture was placed into the input.
        spec: Thresholds and labels.

    Returns:
        Detections, best score first; boxes ``xyxy`` in [0, 1] of the picture.
    """
    chosen, labels = _candidates(output[4:], spec)
    scores = output[4 + labels, chosen]
    if chosen.size > MOST_CANDIDATES:
        first = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
        chosen, labels, scores = chosen[first], labels[first], scores[first]
    boxes = xywh_to_xyxy(output[:4, chosen].T)
    keep = nms(boxes, scores, labels, spec.nms_iou)
    if spec.one_label_iou < 1:
        same = nms(boxes[keep], scores[keep], np.zeros_like(keep), spec.one_label_iou)
        keep = keep[same]
    placed = to_picture(boxes[keep], fit)
    return tuple(
        Detection(spec.classes[int(label)], float(score), Box(*map(float, box)))
        for label, score, box in zip(labels[keep], scores[keep], placed, strict=True)
        if box[2] > box[0] and box[3] > box[1]
    )


def _candidates(shares: F32, spec: ModelSpec) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Anchors that pass a threshold, and their labels; one anchor may come several times."""
    least = np.full(len(spec.classes), spec.score_threshold, shares.dtype)
    if spec.person_threshold is not None and PERSON in spec.classes:
        least[spec.classes.index(PERSON)] = spec.person_threshold
    if spec.every_label:
        labels, chosen = np.nonzero(shares >= least[:, None])
        return chosen.astype(np.int64), labels.astype(np.int64)
    best = shares.argmax(axis=0)
    chosen = np.flatnonzero(shares.max(axis=0) >= least[best]).astype(np.int64)
    return chosen, best[chosen].astype(np.int64)


def _check_shapes(graph: Any, spec: ModelSpec) -> None:
    wanted_in = [spec.height_px, spec.width_px, 3]
    shape_in, shape_out = graph.input(0).partial_shape, graph.output(0).partial_shape
    found_in = [int(side.get_length()) if side.is_static else -1 for side in list(shape_in)[1:]]
    if found_in != wanted_in or graph.input(0).element_type != ov.Type.u8:
        raise ModelMismatch(
            f"{spec.graph}: 输入形状不符 / the input is {graph.input(0).element_type} {shape_in}, "
            f"the registry says u8 [?,{spec.height_px},{spec.width_px},3]"
        )
    rows = list(shape_out)[1] if len(shape_out) == 3 else None
    if rows is None or not rows.is_static or rows.get_length() != 4 + len(spec.classes):
        raise ModelMismatch(
            f"{spec.graph}: 输出形状不符 / the output is {shape_out}, "
            f"{len(spec.classes)} classes need [?,{4 + len(spec.classes)},?]"
        )
