"""Seeing: detectors, tracking and blurring; arrays in, domain values out."""

from __future__ import annotations

from collections.abc import Callable

from yitong_command.vision.detector import Engine, ModelSpec
from yitong_command.vision.ultralytics_engine import UltralyticsEngine
from yitong_command.vision.yolo import YoloEngine

DETECTORS: dict[str, Callable[[ModelSpec, int], Engine]] = {
    "openvino-yolo": YoloEngine,
    "ultralytics": UltralyticsEngine,
}
"""Engines by the name used in ``models/registry.toml``: ``(model, workers) -> engine``."""
