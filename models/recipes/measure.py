"""Measure a registered model on a labelled folder, with the code the product itself runs.

    python models/recipes/measure.py --model manhole-cover --images DIR --labels DIR \
        --classes manhole_ok manhole_broken manhole_missing manhole_displaced \
        --merged manhole_broken manhole_missing manhole_displaced
"""

from __future__ import annotations

import argparse
from pathlib import Path

from yitong_command.vision.evaluate import evaluate_folder
from yitong_command.vision.registry import load_registry


def main() -> None:
    """Print average precision at an overlap of one half, per class, mean and merged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--registry", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--model", required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--classes", nargs="+", required=True, help="in the order of the labels")
    parser.add_argument("--merged", nargs="*", default=[], help="also scored as one class")
    args = parser.parse_args()
    detector = load_registry(args.registry).suspicious_detector(args.model)
    score = evaluate_folder(
        detector, args.images, args.labels, args.classes, frozenset(args.merged)
    )
    print(f"pictures {score.pictures}, mAP50 {score.map50:.3f}")
    if score.merged_ap50 is not None:
        print(f"merged AP50 {score.merged_ap50:.3f} ({', '.join(sorted(args.merged))})")
    for label, value in score.ap50.items():
        print(f"  {label:20s} AP50 {value:.3f}  objects {score.objects[label]}")


if __name__ == "__main__":
    main()
