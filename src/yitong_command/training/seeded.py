"""Run a recipe with another seed: ``python -m yitong_command.training.seeded 7 SCRIPT ARGUMENTS``.

The recipes take their seed from one constant; it is set before the script that reads it runs.
"""

from __future__ import annotations

import importlib
import runpy
import sys
from pathlib import Path

from yitong_command.training.recipes import DEFAULT_SEED

SHARED = "street_training"


def main(words: list[str]) -> None:
    """Run a script as its own program.

    Args:
        words: Seed, script, and the script's arguments.
    """
    seed, script, *arguments = words
    sys.path.insert(0, str(Path(script).resolve().parent))
    if int(seed) != DEFAULT_SEED:
        vars(importlib.import_module(SHARED))["SEED"] = int(seed)
    sys.argv = [script, *arguments]
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(sys.argv[1:])
