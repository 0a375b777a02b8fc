"""Give a network whose batch normalisations were folded away proper ones again.

A checkpoint rebuilt from an exported graph has normalisations that do nothing (mean 0, variance 1).
It predicts well, but training switches to the statistics of each batch, which wrecks it at the
first step. Here the real mean and variance of every layer are measured on pictures, stored, and
undone in the layer's own scale and offset: the function stays the same, and training goes on from
it instead of starting over.
"""

from __future__ import annotations

import random
from pathlib import Path

import cv2
import numpy as np
import torch
from street_training import SEED
from torch import nn

from yitong_command.vision.boxes import letterbox

PICTURES = 64
FLOOR = 1e-3
"""Smallest variance stored: a channel that is constant must not be amplified."""


class Moments:
    """Mean and variance per channel of what goes into one layer, over all pictures."""

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.total = torch.zeros(channels, dtype=torch.float64)
        self.squares = torch.zeros(channels, dtype=torch.float64)

    def __call__(self, _module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        """Take in one batch, shape ``(n, channels, height, width)``."""
        values = inputs[0].detach().double()
        self.count += values.numel() // values.shape[1]
        self.total += values.sum((0, 2, 3))
        self.squares += values.square().sum((0, 2, 3))

    def mean_and_variance(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Both of shape ``(channels,)``."""
        mean = self.total / self.count
        variance = (self.squares / self.count - mean.square()).clamp_min(FLOOR)
        return mean.float(), variance.float()


def is_folded(model: nn.Module) -> bool:
    """Whether no normalisation of the network has ever seen a mean other than zero."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    return bool(norms) and all(not norm.running_mean.any() for norm in norms)


@torch.no_grad()
def restore_norms(model: nn.Module, files: list[Path], size: int) -> None:
    """Measure and store the statistics of every normalisation, keeping the function.

    Args:
        model: The network in floats on the CPU; changed in place.
        files: Pictures to measure on; a fixed choice of ``PICTURES`` of them is used.
        size: Side of the square input in pixels.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    moments = {norm: Moments(norm.num_features) for norm in norms}
    hooks = [norm.register_forward_pre_hook(moments[norm]) for norm in norms]
    model.eval()
    chosen = sorted(files)
    random.Random(SEED).shuffle(chosen)
    for file in chosen[:PICTURES]:
        image = letterbox(np.asarray(cv2.imread(str(file)), np.uint8), size, size)[0]
        planes = np.ascontiguousarray(image[:, :, ::-1].transpose(2, 0, 1))
        model(torch.from_numpy(planes)[None].float() / 255)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean, variance = moments[norm].mean_and_variance()
        old_scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        norm.bias += (mean - norm.running_mean) * old_scale
        norm.weight.copy_(old_scale * torch.sqrt(variance + norm.eps))
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
