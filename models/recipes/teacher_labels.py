"""Label frames of fixed street cameras with a slow, high-resolution pass of the COCO detector.

The teacher sees each frame whole, mirrored, and in overlapping tiles at a large input size; boxes
found by any view are merged. The student (``train_vehicle.py``) then learns to find at its own
small input size what the teacher found with thirty times the work.

    python models/recipes/teacher_labels.py --weights coco.pt --videos DIR --photos DIR --out DIR
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from street_split import CLASSES, split
from ultralytics import YOLO

# COCO class number -> our class number; the order is the order of the shipped model's classes.
COCO_TO_OURS = {2: 0, 5: 1, 7: 2, 3: 3, 1: 4, 0: 5}
KEEP_SCORE = 0.35
"""Teacher boxes under this confidence are left out."""
SAME_OBJECT_IOU = 0.55


def nms(boxes: NDArray[np.float32], scores: NDArray[np.float32], iou: float) -> list[int]:
    """Indices of the boxes that stay, best first; boxes ``(n, 4)`` ``xyxy`` in pixels."""
    keep: list[int] = []
    order = list(np.argsort(-scores))
    while order:
        best = order.pop(0)
        keep.append(int(best))
        order = [i for i in order if overlap(boxes[best], boxes[i]) < iou]
    return keep


def overlap(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Overlap of two ``xyxy`` boxes: shared area over the union, or over the smaller when cut.

    A box from a tile may be a part of the box from the whole frame, so a small box that lies
    nine tenths inside a larger one counts as the same object.
    """
    wh = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = float(np.prod(np.maximum(wh, 0)))
    area_a, area_b = float(np.prod(a[2:] - a[:2])), float(np.prod(b[2:] - b[:2]))
    union = area_a + area_b - shared
    if shared > 0.9 * min(area_a, area_b):
        return 1.0
    return shared / union if union > 0 else 0.0


def views(
    image: NDArray[np.uint8], tiled: bool
) -> Iterator[tuple[NDArray[np.uint8], int, int, bool]]:
    """The frame whole, mirrored and, if asked for, in 2 x 2 overlapping tiles.

    Yields:
        Picture, x offset, y offset (pixels of the frame) and whether it is mirrored.
    """
    height, width = image.shape[:2]
    yield image, 0, 0, False
    yield np.ascontiguousarray(image[:, ::-1]), 0, 0, True
    if not tiled:
        return
    tile_w, tile_h = int(width * 0.6), int(height * 0.6)
    for y in (0, height - tile_h):
        for x in (0, width - tile_w):
            yield image[y : y + tile_h, x : x + tile_w], x, y, False


def label(model: YOLO, image: NDArray[np.uint8], size: int, tiled: bool) -> list[str]:
    """YOLO label lines of one picture: class, centre x, centre y, width, height in [0, 1]."""
    height, width = image.shape[:2]
    boxes, scores, classes = [], [], []
    for view, dx, dy, mirrored in views(image, tiled):
        found = model.predict(
            view, imgsz=size, conf=KEEP_SCORE, iou=0.6, classes=list(COCO_TO_OURS), verbose=False
        )[0].boxes
        for box, score, coco in zip(
            found.xyxy.numpy(), found.conf.numpy(), found.cls.numpy(), strict=True
        ):
            cut = dx + dy > 0 or view.shape[:2] != image.shape[:2]
            if cut and _touches_edge(box, view.shape[1], view.shape[0]):
                continue
            if mirrored:
                box = np.array([width - box[2], box[1], width - box[0], box[3]], np.float32)
            boxes.append(box + np.array([dx, dy, dx, dy], np.float32))
            scores.append(score)
            classes.append(COCO_TO_OURS[int(coco)])
    lines = []
    stacked = np.array(boxes, np.float32).reshape(-1, 4)
    for i in nms(stacked, np.array(scores, np.float32), SAME_OBJECT_IOU):
        x0, y0, x1, y1 = np.clip(stacked[i], 0, [width, height, width, height])
        cx, cy, w, h = (
            (x0 + x1) / 2 / width,
            (y0 + y1) / 2 / height,
            (x1 - x0) / width,
            (y1 - y0) / height,
        )
        lines.append(f"{classes[i]} {cx:.6f} {cy:.6f} {w:.6f} {h:.6f}")
    return lines


def _touches_edge(box: NDArray[np.float32], width: int, height: int) -> bool:
    return bool(box[0] < 3 or box[1] < 3 or box[2] > width - 3 or box[3] > height - 3)


def sample_frames(video: Path, count: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """``count`` frames spread evenly over a clip, with their frame numbers."""
    capture = cv2.VideoCapture(str(video))
    total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    wanted = {int(i) for i in np.linspace(0, total - 1, count)}
    for number in range(total):
        ok, image = capture.read()
        if not ok:
            break
        if number in wanted:
            yield number, np.asarray(image, np.uint8)
    capture.release()


def write_data_file(out: Path) -> None:
    """Describe what was labelled for `yitong evaluate`: kept-apart frames are ``val``."""
    train_files, val_files = split(sorted((out / "images").glob("*.jpg")))
    for name, files in (("train", train_files), ("val", val_files)):
        lines = "".join(f"images/{file.name}\n" for file in files)
        (out / f"{name}.txt").write_text(lines, encoding="utf-8")
    rows = ["path: .", "train: train.txt", "val: val.txt", "names:"]
    rows += [f"  {number}: {name}" for number, name in enumerate(CLASSES)]
    (out / "data.yaml").write_text("\n".join(rows) + "\n", encoding="utf-8")


def main() -> None:
    """Write images, labels and ``data.yaml`` under ``--out``; what is there already is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--videos", type=Path, nargs="*", default=[], help="folders of clips")
    parser.add_argument("--photos", type=Path, nargs="*", default=[], help="folders of pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=48, help="frames per clip")
    parser.add_argument("--size", type=int, default=1280)
    args = parser.parse_args()
    model = YOLO(args.weights)
    for kind in ("images", "labels"):
        (args.out / kind).mkdir(parents=True, exist_ok=True)
    for stem, image, tiled in _pictures(args.videos, args.photos, args.frames):
        target = args.out / "labels" / f"{stem}.txt"
        if target.exists():
            continue
        cv2.imwrite(str(args.out / "images" / f"{stem}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 92])
        size = args.size if tiled else min(args.size, 960)
        target.write_text("\n".join(label(model, image, size, tiled)))
        print(target.name, flush=True)
    write_data_file(args.out)


def _pictures(
    videos: list[Path], photos: list[Path], frames: int
) -> Iterator[tuple[str, NDArray[np.uint8], bool]]:
    for folder in videos:
        for video in sorted(folder.glob("*.mp4")):
            for number, image in sample_frames(video, frames):
                yield f"{video.stem}_{number:05d}", image, True
    for folder in photos:
        for photo in sorted(folder.glob("*.jpg")):
            yield photo.stem, np.asarray(cv2.imread(str(photo)), np.uint8), False


if __name__ == "__main__":
    main()
