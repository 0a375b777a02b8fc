"""Cut training pictures of vehicles out of rendered scenes, from their exact ground truth.

    yitong scenes make --use train --kind steep_parks --kind steep_passes --seed 1 --count 20 \
        --out build/steep
    python models/recipes/scene_vehicles.py --clips build/steep --out build/vehicles-data

Writes into the folder that ``teacher_labels.py`` writes into; scenes made for tests are refused.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
from street_split import CLASSES

from yitong_command.demo.scenegen.encode import decode_clip
from yitong_command.demo.scenegen.seeds import must_be_for_training

LEAST_SHOWN = 0.35
"""A vehicle of which less shows gets no label."""


def label_lines(truth: dict[str, object], frame: dict[str, list[dict[str, object]]]) -> list[str]:
    """YOLO label lines of one frame: what moves and what stands legally."""
    width, height = float(str(truth["width"])), float(str(truth["height"]))
    lines = []
    statics = truth["statics"]
    assert isinstance(statics, list)
    for thing in [*statics, *frame["objects"]]:
        shown = float(thing["in_frame"]) * float(thing.get("visible", 1.0))
        if thing["cls"] not in CLASSES or shown < LEAST_SHOWN:
            continue
        x0, y0, x1, y1 = (float(v) for v in thing["box"])
        values = ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height,
                  (x1 - x0) / width, (y1 - y0) / height)  # fmt: skip
        row = " ".join(f"{value:.6f}" for value in values)
        lines.append(f"{CLASSES.index(str(thing['cls']))} {row}")
    return lines


def main() -> None:
    """Write ``images/`` and ``labels/`` under ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, nargs="+", required=True)
    parser.add_argument("--every", type=int, default=4, help="frames from one picture to the next")
    parser.add_argument("--for-tests", action="store_true", help="a set to evaluate on, not train")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    for kind in ("images", "labels"):
        (args.out / kind).mkdir(parents=True, exist_ok=True)
    for clip in [clip for folder in args.clips for clip in sorted(folder.glob("*.mp4"))]:
        truth = json.loads(clip.with_suffix(".gt.json").read_text(encoding="utf-8"))
        if not args.for_tests:
            must_be_for_training(truth, clip.name)
        for number, picture in enumerate(decode_clip(clip)):
            if number % args.every == 0:
                stem = f"scene-{clip.stem}-{number}"
                cv2.imwrite(str(args.out / "images" / f"{stem}.jpg"), picture,
                            [cv2.IMWRITE_JPEG_QUALITY, 92])  # fmt: skip
                text = "\n".join(label_lines(truth, truth["frames"][number]))
                (args.out / "labels" / f"{stem}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
