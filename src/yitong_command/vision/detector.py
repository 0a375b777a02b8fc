"""What every detector is: pictures in, detections out, and a description of the model behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from yitong_command.domain.frame import Pixels
from yitong_command.domain.observation import Detection


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One entry of ``models/registry.toml``.

    Attributes:
        name: Name by which the model is asked for.
        version: Version of the weights.
        engine: Key of ``DETECTORS``.
        graph: The graph (OpenVINO XML; its weights lie beside it with the suffix ``.bin``), or the
            checkpoint (``.pt``).
        classes: Labels in the order of the model's outputs.
        height_px: Height of the input.
        width_px: Width of the input.
        score_threshold: Detections under this confidence are not reported.
        nms_iou: Boxes of one class overlapping a better one by more are dropped.
        one_label_iou: Boxes of any class overlapping a better one by more are dropped, so that one
            object gets one label; 1 turns this off.
        licence: SPDX name of the weights' licence.
        person_threshold: Persons are reported from this lower confidence on, because whoever may
            be a person is masked; None if the threshold of all holds.
        every_label: Report each box once for every label that passes the threshold, not for its
            best alone; for precision-recall curves.
    """

    name: str
    version: str
    engine: str
    graph: Path
    classes: tuple[str, ...]
    height_px: int
    width_px: int
    score_threshold: float
    nms_iou: float
    one_label_iou: float
    licence: str = ""
    person_threshold: float | None = None
    every_label: bool = False


class Detector(Protocol):
    """Finds objects in pictures.

    An instance belongs to one thread at a time: give each worker its own.
    """

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels this detector can report."""
        ...

    def detect(self, images: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
        """Find the objects in each picture.

        Args:
            images: Pictures of any size, each u8 ``(height, width, 3)``, BGR.

        Returns:
            For each picture, in the same order, its detections, best score first; boxes are
            ``xyxy`` in [0, 1] of that picture.

        Raises:
            DetectorFailed: If anything went wrong; an empty result always means "nothing seen".
        """
        ...


class Engine(Protocol):
    """A loaded model, shared by the workers; it hands out detectors."""

    def detector(self) -> Detector:
        """A detector of its own for one worker."""
        ...
