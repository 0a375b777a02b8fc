"""Cut training pictures of covers out of rendered clips, from their exact ground truth.

    python models/recipes/scene_crops.py --clips DIR [DIR ...] --out DIR [--skip NAME ...]

Each clip ``x.mp4`` has its ``x.gt.json`` beside it. Clips named in ``--skip`` (by the beginning of
their names) stay unseen, to test on.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.demo.scenegen.seeds import must_be_for_training

STATES = {"ok": 0, "broken": 1, "missing": 2, "displaced": 3}
SEED = 7
COVERED_AT_MOST = 0.02
SMALLEST_PX = 60
"""Covers narrower than this are blots: a label on them would teach that blots are covers."""
SHARES = (0.2, 0.65)
"""How much of the crop's side the cover takes."""


def chosen_frames(truth: dict[str, Any], count: int) -> dict[int, list[dict[str, Any]]]:
    """Frame numbers spread over the clip, equally many per state, with their visible covers."""
    by_state: dict[str, list[int]] = {}
    covers: dict[int, list[dict[str, Any]]] = {}
    for number, frame in enumerate(truth["frames"]):
        seen = [c for c in frame["manholes"] if c["covered_by"] <= COVERED_AT_MOST]
        known = [
            c for c in seen if c["state"] in STATES and c["box"][2] - c["box"][0] > SMALLEST_PX
        ]
        if known and len(known) == len(frame["manholes"]):
            covers[number] = known
            by_state.setdefault(known[0]["state"], []).append(number)
    picked: set[int] = set()
    for numbers in by_state.values():
        picked |= {numbers[int(i)] for i in np.linspace(0, len(numbers) - 1, count)}
    return {number: covers[number] for number in sorted(picked)}


def crop_around(
    image: NDArray[np.uint8], box: list[float], rng: np.random.Generator
) -> tuple[NDArray[np.uint8], tuple[int, int, int, int]]:
    """A square around the cover, not centred; and the square, ``(x0, y0, x1, y1)`` in pixels."""
    height, width = image.shape[:2]
    wide, high = box[2] - box[0], box[3] - box[1]
    side = min(max(wide, high) / rng.uniform(*SHARES), width, height)
    slack_x, slack_y = (side - wide) * rng.uniform(0.1, 0.9), (side - high) * rng.uniform(0.1, 0.9)
    x0 = int(np.clip(box[0] - slack_x, 0, width - side))
    y0 = int(np.clip(box[1] - slack_y, 0, height - side))
    square = (x0, y0, x0 + int(side), y0 + int(side))
    return image[square[1] : square[3], square[0] : square[2]], square


def label_line(cover: dict[str, Any], square: tuple[int, int, int, int]) -> str | None:
    """A YOLO label line for a cover that lies at least nine tenths in the crop, else None."""
    side = square[2] - square[0]
    box = np.array(cover["box"], float) - [square[0], square[1], square[0], square[1]]
    inside = np.clip(box, 0, side)
    area = float(np.prod(inside[2:] - inside[:2]))
    if area < 0.9 * float(np.prod(box[2:] - box[:2])):
        return None
    x0, y0, x1, y1 = inside / side
    row = f"{(x0 + x1) / 2:.6f} {(y0 + y1) / 2:.6f} {x1 - x0:.6f} {y1 - y0:.6f}"
    return f"{STATES[cover['state']]} {row}"


def crops(clip: Path, count: int) -> Iterator[tuple[str, NDArray[np.uint8], list[str]]]:
    """Name, picture and label lines of every crop of one clip."""
    truth = json.loads(clip.with_suffix(".gt.json").read_text(encoding="utf-8"))
    frames = chosen_frames(truth, count)
    must_be_for_training(truth, clip.name)
    capture = cv2.VideoCapture(str(clip))
    for number in range(len(truth["frames"])):
        ok, image = capture.read()
        if not ok:
            break
        for index, cover in enumerate(frames.get(number, [])):
            rng = np.random.default_rng([SEED, number, index])
            picture, square = crop_around(np.asarray(image, np.uint8), cover["box"], rng)
            lines = [label_line(other, square) for other in frames[number]]
            if all(lines):
                yield f"{clip.stem}_{number:05d}_{index}", picture, [x for x in lines if x]
    capture.release()


def main() -> None:
    """Write ``images/`` and ``labels/`` under ``--out``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=Path, nargs="+", required=True)
    parser.add_argument("--skip", nargs="*", default=[])
    parser.add_argument("--count", type=int, default=10, help="pictures per clip and state")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    for kind in ("images", "labels"):
        (args.out / kind).mkdir(parents=True, exist_ok=True)
    clips = [clip for folder in args.clips for clip in sorted(folder.glob("*.mp4"))]
    for clip in clips:
        if any(clip.stem.startswith(name) for name in args.skip):
            continue
        for stem, picture, lines in crops(clip, args.count):
            cv2.imwrite(str(args.out / "images" / f"{stem}.png"), picture)
            (args.out / "labels" / f"{stem}.txt").write_text("\n".join(lines), encoding="utf-8")
            print(stem, lines)


if __name__ == "__main__":
    main()
