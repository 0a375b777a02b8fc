"""The same detectors on PyTorch, from an Ultralytics checkpoint: for a GPU, and for trying weights.

Ultralytics and PyTorch are the extra ``train``; they are imported when a model asks for them.
Pictures are prepared and boxes chosen by the code that the OpenVINO engine uses, so both engines
report the same.
"""

from __future__ import annotations

import importlib
import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np

from yitong_command.domain.frame import Pixels
from yitong_command.errors import DetectorFailed, ModelMismatch
from yitong_command.vision.boxes import F32
from yitong_command.vision.detector import Detector, ModelSpec
from yitong_command.vision.yolo import YoloDetector, finite

INSTALL = (
    "需要训练组件 / needs the extra `train`: uv pip install -e '.[train]' (ultralytics, torch)"
)
ENGINE = "ultralytics"
PATH_SIZE_PX = 640
PATH_THRESHOLD = 0.25
PATH_NMS_IOU = 0.55
PATH_ONE_LABEL_IOU = 0.7


class UltralyticsEngine:
    """A checkpoint on the GPU if there is one, else on the CPU.

    A checkpoint can run code when it is read; the registry's digest is compared before.

    Args:
        spec: The model; ``graph`` is the ``.pt`` file.
        workers: Not used: calls from several detectors take turns.

    Raises:
        ModelMismatch: If ultralytics is not installed, or the file is no detector with the classes
            of the registry.
    """

    def __init__(self, spec: ModelSpec, workers: int = 1) -> None:
        self._spec = spec
        self._torch, yolo = _libraries(spec.graph)
        self._device = "cuda:0" if self._torch.cuda.is_available() else "cpu"
        checkpoint = _opened(yolo, spec.graph)
        found = _names(checkpoint)
        if found != spec.classes:
            raise ModelMismatch(
                f"{spec.graph}: 类别不符 / its classes are {', '.join(found)}; "
                f"the registry says {', '.join(spec.classes)}"
            )
        self._network = checkpoint.model.float().eval().to(self._device)
        self._lock = threading.Lock()
        self._check_shape()

    def detector(self) -> Detector:
        """A detector for one worker."""
        return YoloDetector(self._spec, self.outputs)

    def outputs(self, batch: Pixels) -> F32:
        """The network's answer, shape ``(n, 4 + classes, anchors)`` as :func:`decode` reads it.

        Args:
            batch: Letterboxed pictures, shape ``(n, height, width, 3)``, BGR.

        Raises:
            DetectorFailed: If the inference fails, for example for want of GPU memory.
        """
        torch = self._torch
        planes = np.ascontiguousarray(batch[..., ::-1].transpose(0, 3, 1, 2))
        try:
            with self._lock, torch.inference_mode():
                answer = self._network(torch.from_numpy(planes).to(self._device).float() / 255)
                first = answer[0] if isinstance(answer, (tuple, list)) else answer
                outputs = np.asarray(first.float().cpu().numpy(), dtype=np.float32)
        except (RuntimeError, AttributeError) as exc:
            raise DetectorFailed(f"{self._spec.name}: 推理失败 / inference failed: {exc}") from exc
        return finite(outputs, self._spec)

    def _check_shape(self) -> None:
        spec = self._spec
        blank = np.zeros((1, spec.height_px, spec.width_px, 3), dtype=np.uint8)
        try:
            shape = self.outputs(blank).shape
        except DetectorFailed as exc:
            raise ModelMismatch(f"{spec.graph}: 模型无法运行 / it does not run: {exc}") from exc
        if len(shape) != 3 or shape[1] != 4 + len(spec.classes):
            raise ModelMismatch(
                f"{spec.graph}: 输出形状不符 / the output is {list(shape)}, "
                f"{len(spec.classes)} classes need [n, {4 + len(spec.classes)}, anchors]"
            )


def checkpoint_spec(path: Path) -> ModelSpec:
    """A description of a checkpoint that is in no registry; its own classes and training size.

    Raises:
        ModelMismatch: If ultralytics is not installed or the file is no detector.
    """
    _, yolo = _libraries(path)
    checkpoint = _opened(yolo, path)
    size = checkpoint.overrides.get("imgsz", PATH_SIZE_PX)
    height, width = (size, size) if isinstance(size, int) else (int(size[0]), int(size[-1]))
    return ModelSpec(
        name=path.name,
        version="",
        engine=ENGINE,
        graph=path,
        classes=_names(checkpoint),
        height_px=height,
        width_px=width,
        score_threshold=PATH_THRESHOLD,
        nms_iou=PATH_NMS_IOU,
        one_label_iou=PATH_ONE_LABEL_IOU,
    )


def _libraries(wanted_by: Path) -> tuple[Any, Any]:
    """The module ``torch`` and the class ``ultralytics.YOLO``."""
    try:
        return importlib.import_module("torch"), importlib.import_module("ultralytics").YOLO
    except (ImportError, OSError, RuntimeError) as exc:
        raise ModelMismatch(f"{wanted_by}: {INSTALL}: {exc}") from exc


def _opened(yolo: Any, path: Path) -> Any:
    """The checkpoint; reading one raises whatever its pickle raises."""
    try:
        checkpoint = yolo(str(path))
        if checkpoint.task != "detect":
            raise ModelMismatch(f"{path}: 不是检测模型 / not a detector but: {checkpoint.task}")
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, AttributeError, EOFError,
            ImportError, pickle.UnpicklingError) as exc:  # fmt: skip
        raise ModelMismatch(f"{path}: 模型无法加载 / the model can't be loaded: {exc}") from exc
    return checkpoint


def _names(checkpoint: Any) -> tuple[str, ...]:
    names = checkpoint.names
    return tuple(str(names[number]) for number in sorted(names))
