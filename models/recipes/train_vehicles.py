"""Fine-tune the COCO detector for street cameras, with its head reduced to six classes.

    python models/recipes/train_vehicles.py --data DIR --weights coco.pt --out DIR

``--data`` holds ``images/`` and ``labels/`` written by ``teacher_labels.py``. The first layers stay
frozen and the rate is low, so that what the model knew of unusual vehicles is kept. Each clip's
last fifth is kept apart and never trained on. An interrupted run goes on where it stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from heads import prepared
from street_split import CLASSES, split
from street_training import train, write_data_file
from teacher_labels import COCO_TO_OURS

FROZEN_LAYERS = 10


def main() -> None:
    """Prepare the files and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="COCO checkpoint")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    train_files, val_files = split(list((args.data / "images").iterdir()))
    data_file = write_data_file(args.out / "data.yaml", train_files, val_files, CLASSES)
    rows = sorted(COCO_TO_OURS, key=lambda coco: COCO_TO_OURS[coco])
    start = prepared(args.weights, args.out, train_files, args.size, CLASSES, rows)
    settings = {
        "model": str(start.resolve()),
        "data": str(data_file),
        "project": str(args.out.resolve()),
        "name": "run",
        "imgsz": args.size,
        "epochs": args.epochs,
        "batch": 8,
        "optimizer": "AdamW",
        "lr0": 1e-4,
        "lrf": 0.05,
        "cos_lr": True,
        "warmup_epochs": 1,
        "weight_decay": 0.001,
        "freeze": FROZEN_LAYERS,
        "mosaic": 0.6,
        "close_mosaic": 2,
        "translate": 0.1,
        "scale": 0.6,
        "fliplr": 0.5,
        "hsv_h": 0.015,
        "hsv_s": 0.5,
        "hsv_v": 0.4,
        "erasing": 0.0,
    }
    print(train(settings))


if __name__ == "__main__":
    main()
