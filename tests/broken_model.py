"""A real model that sees one car in dark pictures and breaks on bright ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
from openvino import opset13 as op

from yitong_command.vision.detector import Detector, ModelSpec
from yitong_command.vision.yolo import YoloEngine

CLASSES = ("car", "bus", "truck", "motorcycle", "bicycle", "person")
HEIGHT, WIDTH, ANCHORS = 192, 320, 8
LIMIT = 145.0
"""Mean grey level from which on the numbers it computes are none."""


def broken_on_bright(folder: Path) -> Detector:
    """Write such a model, load it as any other, and make a detector of it."""
    answer = np.zeros((1, 4 + len(CLASSES), ANCHORS), np.float32)
    answer[0, :4, 0] = (0.55 * WIDTH, 0.7 * HEIGHT, 0.3 * WIDTH, 0.35 * HEIGHT)
    answer[0, 4, 0] = 0.9
    pictures = op.parameter(ov.PartialShape([-1, HEIGHT, WIDTH, 3]), np.uint8, name="pictures")
    mean = op.reduce_mean(op.convert(pictures, np.float32), np.array([2, 3]), keep_dims=False)
    mean = op.reduce_mean(mean, np.array([1]), keep_dims=True)
    log = op.log(op.subtract(op.constant(np.float32(LIMIT)), op.unsqueeze(mean, np.array([2]))))
    out = op.add(op.constant(answer), op.multiply(log, op.constant(np.float32(1e-12))))
    graph = folder / "broken.xml"
    ov.save_model(ov.Model([op.result(out)], [pictures], "broken"), graph, compress_to_fp16=False)
    spec = ModelSpec(
        "vehicles", "0", "openvino-yolo", graph, CLASSES, HEIGHT, WIDTH, 0.25, 0.5, 0.7
    )
    return YoloEngine(spec).detector()
