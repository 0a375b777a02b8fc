"""How a process of a benchmark hands its result over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def hand_over(path: str, result: dict[str, Any]) -> None:
    """Write a result so that whoever waits for the file finds it whole."""
    part = Path(path + ".part")
    part.write_text(json.dumps(result), encoding="utf-8")
    part.rename(path)
