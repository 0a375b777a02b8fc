"""Train the manhole-cover model: photos of covers, their composites, and rendered crops.

    python models/recipes/train_manhole.py --data DIR --weights coco.pt --out DIR [--rendered DIR]

``--data`` holds ``images/{train,val}`` and ``labels/{train,val}`` in the YOLO text format with the
classes of :data:`CLASSES`. An interrupted run goes on where it stopped. Afterwards export with
``export_openvino.py`` and measure with ``measure.py``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
from composites import BROKEN, DISPLACED, MISSING, Photo, composites
from heads import prepared
from street_training import SEED, train, write_data_file

CLASSES = ["manhole_ok", "manhole_broken", "manhole_missing", "manhole_displaced"]
COMPOSITES = {BROKEN: 90, MISSING: 50, DISPLACED: 130}
RARE_TIMES = 2
"""How often a photo with a broken or displaced cover is shown per epoch."""


def read_labels(file: Path) -> list[tuple[int, list[float]]]:
    """Class and ``[cx, cy, w, h]`` in [0, 1] of every object."""
    rows = [line.split() for line in file.read_text().splitlines() if line.strip()]
    return [(int(row[0]), [float(value) for value in row[1:5]]) for row in rows]


def single_objects(images: Path, labels: Path) -> list[Photo]:
    """The photos that show exactly one object."""
    photos = []
    for file in sorted(images.iterdir()):
        objects = read_labels(labels / f"{file.stem}.txt")
        if len(objects) != 1:
            continue
        image = np.asarray(cv2.imread(str(file)), np.uint8)
        height, width = image.shape[:2]
        label, (cx, cy, w, h) = objects[0]
        x0, y0 = max(0, int((cx - w / 2) * width)), max(0, int((cy - h / 2) * height))
        x1, y1 = min(width, int((cx + w / 2) * width)), min(height, int((cy + h / 2) * height))
        photos.append(Photo(image, label, (x0, y0, x1, y1)))
    return photos


def write_photo(photo: Photo, folder: Path, stem: str) -> Path:
    """Save a composite with its label file; returns the picture's path."""
    height, width = photo.image.shape[:2]
    x0, y0, x1, y1 = photo.box
    row = [(x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height]
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True, exist_ok=True)
    text = " ".join(f"{value:.6f}" for value in row)
    (folder / "labels" / f"{stem}.txt").write_text(f"{photo.label} {text}\n")
    target = folder / "images" / f"{stem}.jpg"
    cv2.imwrite(str(target), photo.image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return target


def composite_counts(total: int | None) -> dict[int, int]:
    """How many composites per class: :data:`COMPOSITES`, or in its proportions about ``total``."""
    if total is None:
        return COMPOSITES
    whole = sum(COMPOSITES.values())
    return {label: round(total * count / whole) for label, count in COMPOSITES.items()}


def training_files(
    data: Path, out: Path, rendered: Path | None, counts: dict[int, int]
) -> list[Path]:
    """Real photos (rare states repeated), composites and rendered crops."""
    images, labels = data / "images" / "train", data / "labels" / "train"
    files: list[Path] = []
    for file in sorted(images.iterdir()):
        states = {label for label, _ in read_labels(labels / f"{file.stem}.txt")}
        files += [file] * (RARE_TIMES if states & {BROKEN, DISPLACED} else 1)
    photos = single_objects(images, labels)
    if rendered is not None:
        photos += single_objects(rendered / "images", rendered / "labels")
        files += sorted((rendered / "images").iterdir())
    made = composites(photos, counts, SEED)
    folder = out / "composites"
    return files + [write_photo(p, folder, f"made_{i:04d}") for i, p in enumerate(made)]


def main() -> None:
    """Prepare the files and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True, help="COCO checkpoint")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rendered", type=Path, help="folder with images/ and labels/")
    parser.add_argument("--composites", type=int, help="how many; none for the usual number")
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    files = training_files(args.data, args.out, args.rendered, composite_counts(args.composites))
    val = sorted((args.data / "images" / "val").iterdir())
    data_file = write_data_file(args.out / "data.yaml", files, val, CLASSES)
    start = prepared(args.weights, args.out, files, args.size, CLASSES, None)
    settings = {
        "model": str(start.resolve()),
        "data": str(data_file),
        "project": str(args.out.resolve()),
        "name": "run",
        "imgsz": args.size,
        "epochs": args.epochs,
        "batch": 16,
        "optimizer": "AdamW",
        "lr0": 6e-4,
        "lrf": 0.02,
        "cos_lr": True,
        "warmup_epochs": 1,
        "weight_decay": 0.01,
        "mosaic": 0.5,
        "close_mosaic": max(2, args.epochs // 5),
        "degrees": 8,
        "translate": 0.15,
        "scale": 0.5,
        "fliplr": 0.5,
        "hsv_h": 0.02,
        "hsv_s": 0.6,
        "hsv_v": 0.4,
        "erasing": 0.0,
    }
    print(train(settings))


if __name__ == "__main__":
    main()
