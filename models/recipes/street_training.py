"""What both training recipes share: a data set that degrades its pictures, and a trainer.

On a CPU the trainer computes in bfloat16 with channels last, which halves the time per picture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from degrade import degrade
from torch import nn
from ultralytics.data.dataset import YOLODataset
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.utils import colorstr

SEED = 7


class StreetDataset(YOLODataset):
    """Training pictures that look as if a street camera had taken them."""

    def load_image(self, i: int, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """One picture, degraded by chance; size and boxes are not changed."""
        image, original, resized = super().load_image(i, *args, **kwargs)
        rng = np.random.default_rng(np.random.randint(2**31))
        return degrade(image, rng), original, resized


class StreetTrainer(DetectionTrainer):
    """The Ultralytics trainer with :class:`StreetDataset` and a fast path on a CPU."""

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> Any:
        """The degraded set for training, the plain one for validation."""
        if mode != "train":
            return super().build_dataset(img_path, mode, batch)
        return StreetDataset(
            img_path=img_path,
            imgsz=self.args.imgsz,
            batch_size=batch,
            augment=True,
            hyp=self.args,
            rect=False,
            cache=self.args.cache or None,
            single_cls=False,
            stride=32,
            pad=0.0,
            prefix=colorstr("train: "),
            task=self.args.task,
            classes=None,
            data=self.data,
            fraction=1.0,
        )

    def get_model(self, cfg: Any = None, weights: Any = None, verbose: bool = True) -> nn.Module:
        """The checkpoint's own network with its own head, instead of a new one from its plan."""
        network: nn.Module = weights.float()
        for parameter in network.parameters():
            parameter.requires_grad = True
        return network

    def save_model(self) -> Any:
        """Save so that a run killed at any moment has a whole checkpoint to go on from."""
        finals = self.last, self.best
        drafts = [path.with_name(f"{path.stem}-draft.pt") for path in finals]
        self.last, self.best = drafts
        try:
            saved = super().save_model()
        finally:
            self.last, self.best = finals
        for draft, final in zip(drafts, finals, strict=True):
            if draft.exists():
                draft.replace(final)
        return saved

    def preprocess_batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """To the device, and channels last on a CPU."""
        batch = super().preprocess_batch(batch)
        if self.device.type == "cpu":
            batch["img"] = batch["img"].contiguous(memory_format=torch.channels_last)
        return batch


def fast_on_cpu(trainer: DetectionTrainer) -> None:
    """Compute in bfloat16 when there is no GPU; weights and optimiser stay in floats."""
    if trainer.device.type == "cpu":
        trainer.amp = True
        trainer.model.to(memory_format=torch.channels_last)


def write_data_file(path: Path, train: list[Path], val: list[Path], names: list[str]) -> Path:
    """An Ultralytics data description over lists of files; returns its path."""
    for split, files in (("train", train), ("val", val)):
        text = "\n".join(str(file.resolve()) for file in files)
        (path.parent / f"{split}.txt").write_text(text, encoding="utf-8")
    lines = [f"path: {path.parent.resolve()}", "train: train.txt", "val: val.txt", "names:"]
    lines += [f"  {number}: {name}" for number, name in enumerate(names)]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def train(settings: dict[str, Any]) -> Path:
    """Train, or go on with a run that was interrupted; returns the last weights' path."""
    folder = Path(settings["project"]) / settings["name"]
    last = folder / "weights" / "last.pt"
    overrides = settings | {
        "seed": SEED,
        "deterministic": True,
        "amp": False,
        "exist_ok": True,
        "val": False,
        "plots": False,
        "workers": 0,
        "save_period": -1,
        "warmup_bias_lr": 0.0,
        "device": "0" if torch.cuda.is_available() else "cpu",
    }
    if last.exists():
        overrides |= {"resume": str(last), "model": str(last)}
    trainer = StreetTrainer(overrides=overrides)
    start: Callable[[DetectionTrainer], None] = fast_on_cpu
    trainer.add_callback("on_train_start", start)
    trainer.train()
    return last
