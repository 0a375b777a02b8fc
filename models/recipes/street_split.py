"""The classes of the vehicle model, and which of its pictures are never trained on."""

from __future__ import annotations

import re
from pathlib import Path

CLASSES = ["car", "bus", "truck", "motorcycle", "bicycle", "person"]
KEPT_APART = 0.2


def split(files: list[Path]) -> tuple[list[Path], list[Path]]:
    """Training and kept-apart pictures: of each clip the last frames, of photos none."""
    clips: dict[str, list[Path]] = {}
    for file in sorted(files):
        match = re.fullmatch(r"(.+)_\d{5}", file.stem)
        clips.setdefault(match.group(1) if match else "", []).append(file)
    train_files, val_files = clips.pop("", []), []
    for frames in clips.values():
        cut = len(frames) - int(len(frames) * KEPT_APART)
        train_files += frames[:cut]
        val_files += frames[cut:]
    return train_files, val_files
