"""Mean of the weights before and after a fine-tuning: keeps more of what was known before.

python models/recipes/blend.py --start build/vehicles/start.pt --tuned .../last.pt --out blend.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from ultralytics import YOLO


def main() -> None:
    """Write a checkpoint between the two, of the same form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--tuned", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="share of the tuned weights")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    start, tuned = YOLO(args.start), YOLO(args.tuned)
    before = start.model.float().state_dict()
    after = tuned.model.float().state_dict()
    mixed = {
        name: torch.lerp(before[name], value, args.share) if value.is_floating_point() else value
        for name, value in after.items()
    }
    tuned.model.load_state_dict(mixed)
    tuned.save(args.out)


if __name__ == "__main__":
    main()
