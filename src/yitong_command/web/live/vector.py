"""The feed's position: the last offset seen of every partition, written as one short text."""

from __future__ import annotations

import re
from collections.abc import Mapping

Vector = dict[str, int]
"""Partition (``alerts-0``) to the last offset seen there; -1 where nothing was seen yet."""

_MAX_TEXT = 4096
_PART = re.compile(r"([a-z][a-z-]{0,40}-\d{1,4}):(-1|\d{1,18})")


def format_vector(vector: Mapping[str, int]) -> str:
    """The vector as an event id.

    >>> format_vector({"cases-1": 4, "alerts-0": 12})
    'alerts-0:12,cases-1:4'
    """
    return ",".join(f"{name}:{vector[name]}" for name in sorted(vector))


def parse_vector(text: str) -> Vector | None:
    """The vector in an event id, or None if the text is not one.

    >>> parse_vector("alerts-0:12,cases-1:4")
    {'alerts-0': 12, 'cases-1': 4}
    >>> parse_vector("anything else") is None
    True
    """
    if len(text) > _MAX_TEXT:
        return None
    vector: Vector = {}
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return None
        vector[match[1]] = int(match[2])
    return vector
