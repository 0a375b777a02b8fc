"""Change which classes a YOLO detector knows without touching anything else of it."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from restore_norms import is_folded, restore_norms
from street_training import SEED
from torch import nn
from ultralytics import YOLO

EXPECTED_OBJECTS = 3
"""Objects per picture a new class head expects at first; the usual prior is for crowded photos."""


def keep_classes(model: nn.Module, rows: list[int], names: list[str]) -> None:
    """Keep only some classes, with what the network knows about them.

    Args:
        model: A YOLO detection network; changed in place.
        rows: Numbers of the classes to keep, in their new order.
        names: Their names.
    """
    for branch in model.model[-1].cv3:
        old = branch[-1]
        new = nn.Conv2d(old.in_channels, len(rows), 1)
        new.weight.data = old.weight.data[rows].clone()
        new.bias.data = old.bias.data[rows].clone()
        branch[-1] = new
    _rename(model, names)


def new_classes(model: nn.Module, names: list[str], size: int) -> None:
    """Put in classes the network has never seen; its boxes and features stay.

    Args:
        model: A YOLO detection network; changed in place.
        names: The new classes.
        size: Side of the training pictures in pixels, for the expected density of objects.
    """
    head = model.model[-1]
    torch.manual_seed(SEED)
    for branch, stride in zip(head.cv3, head.stride.tolist(), strict=True):
        layer = nn.Conv2d(branch[-1].in_channels, len(names), 1)
        nn.init.normal_(layer.weight, std=0.01)
        prior = EXPECTED_OBJECTS / len(names) / (size / stride) ** 2
        nn.init.constant_(layer.bias, math.log(prior))
        branch[-1] = layer
    _rename(model, names)


def _rename(model: nn.Module, names: list[str]) -> None:
    head = model.model[-1]
    head.nc = len(names)
    head.no = head.nc + 4 * head.reg_max
    model.nc = head.nc
    model.names = dict(enumerate(names))
    model.yaml = model.yaml | {"nc": head.nc}


def prepared(
    weights: Path,
    out: Path,
    pictures: list[Path],
    size: int,
    names: list[str],
    rows: list[int] | None,
) -> Path:
    """A checkpoint to start from: real normalisations and our classes.

    Args:
        weights: COCO checkpoint.
        out: Folder for ``start.pt``; kept if it is there already.
        pictures: Training pictures, to measure normalisations on.
        size: Side of the training pictures in pixels.
        names: The classes.
        rows: Numbers the classes have in the checkpoint, or None if they are new to it.

    Returns:
        Path of ``start.pt``.
    """
    target = out / "start.pt"
    if target.exists():
        return target
    yolo = YOLO(weights)
    network = yolo.model.float()
    if is_folded(network):
        restore_norms(network, pictures, size)
    if rows is None:
        new_classes(network, names, size)
    else:
        keep_classes(network, rows, names)
    yolo.save(target)
    return target
