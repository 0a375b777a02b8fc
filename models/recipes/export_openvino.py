"""Turn a trained checkpoint into the OpenVINO files this project ships.

The graph takes u8 pictures ``(n, height, width, 3)`` in BGR, already letterboxed, for any n; the
change to RGB, to [0, 1] and to planes is part of the graph. Its output is ``(n, 4 + classes,
anchors)``: centre x, centre y, width, height in pixels of the input, then one score per class.

    python models/recipes/export_openvino.py --weights best.pt --name vehicle --size 384 640 \
        --calibration DIR --out models/vehicle [--fp32]
"""

from __future__ import annotations

import argparse
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import cv2
import nncf
import numpy as np
import openvino as ov
import torch
from nncf.quantization.advanced_parameters import AdvancedQuantizationParameters
from numpy.typing import NDArray
from openvino.preprocess import ColorFormat, PrePostProcessor
from ultralytics import YOLO

from yitong_command.vision.boxes import letterbox

SEED = 7
CALIBRATION_PICTURES = 300


def to_openvino(weights: Path, height: int, width: int) -> ov.Model:
    """The checkpoint as a float graph with the input and output described above."""
    model = YOLO(weights).model.float().eval().fuse()
    head = model.model[-1]
    head.export, head.format = True, "openvino"
    for parameter in model.parameters():
        parameter.requires_grad = False
    example = torch.zeros(2, 3, height, width)
    model(example)
    graph = ov.convert_model(model, example_input=example)
    graph.reshape([-1, 3, height, width])
    steps = PrePostProcessor(graph)
    tensor = steps.input().tensor()
    tensor.set_element_type(ov.Type.u8).set_layout(ov.Layout("NHWC"))
    tensor.set_color_format(ColorFormat.BGR)
    steps.input().preprocess().convert_element_type(ov.Type.f32)
    steps.input().preprocess().convert_color(ColorFormat.RGB).scale(255.0)
    steps.input().model().set_layout(ov.Layout("NCHW"))
    graph = steps.build()
    graph.inputs[0].get_tensor().set_names({"images"})
    graph.outputs[0].get_tensor().set_names({"boxes"})
    return graph


def calibration_pictures(folder: Path, height: int, width: int) -> Iterator[NDArray[np.uint8]]:
    """Up to ``CALIBRATION_PICTURES`` letterboxed pictures, always the same ones."""
    files = sorted(folder.rglob("*.jpg")) + sorted(folder.rglob("*.png"))
    random.Random(SEED).shuffle(files)
    for file in files[:CALIBRATION_PICTURES]:
        image = np.asarray(cv2.imread(str(file)), np.uint8)
        yield letterbox(image, height, width)[0][None]


def quantised(graph: ov.Model, pictures: list[NDArray[np.uint8]]) -> ov.Model:
    """The graph with INT8 weights and activations; the box decoding at the end stays float."""
    return nncf.quantize(
        graph,
        nncf.Dataset(pictures),
        preset=nncf.QuantizationPreset.MIXED,
        subset_size=len(pictures),
        fast_bias_correction=True,
        ignored_scope=nncf.IgnoredScope(
            names=_head_decoding(graph), types=["Sigmoid"], validate=False
        ),
        advanced_parameters=AdvancedQuantizationParameters(disable_bias_correction=False),
    )


def _head_decoding(graph: ov.Model) -> list[str]:
    """Names of the arithmetic after the last convolution: boxes in pixels don't fit eight bits."""
    after = ("dfl", "Subtract", "Add", "Multiply", "Divide", "Concat", "Reshape")
    return [
        op.get_friendly_name()
        for op in graph.get_ops()
        if "model.23/" in op.get_friendly_name()
        and "cv2" not in op.get_friendly_name()
        and "cv3" not in op.get_friendly_name()
        and any(word in op.get_friendly_name() for word in after)
    ]


def main() -> None:
    """Write ``<name>.xml`` and ``<name>.bin`` and print the lines for ``registry.toml``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--size", type=int, nargs=2, required=True, metavar=("HEIGHT", "WIDTH"))
    parser.add_argument("--calibration", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--fp32", action="store_true", help="leave the graph in floats")
    args = parser.parse_args()
    height, width = args.size
    graph = to_openvino(args.weights, height, width)
    if not args.fp32:
        graph = quantised(graph, list(calibration_pictures(args.calibration, height, width)))
    args.out.mkdir(parents=True, exist_ok=True)
    ov.save_model(graph, args.out / f"{args.name}.xml", compress_to_fp16=not args.fp32)
    for suffix in ("xml", "bin"):
        data = (args.out / f"{args.name}.{suffix}").read_bytes()
        print(f'sha256_{suffix} = "{hashlib.sha256(data).hexdigest()}"  # {len(data)} bytes')


if __name__ == "__main__":
    main()
