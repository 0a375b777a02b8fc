"""What a vehicle looks like: enough to tell it from another at the same place, never who is in it.

Grey levels of the box shrunk to twelve by eight, and its mean colour. That is too little to find
a vehicle again elsewhere, and it is only ever compared with what stands in the same place.
"""

from __future__ import annotations

import math
from typing import TypeAlias

Appearance: TypeAlias = tuple[int, ...]
"""96 grey levels, row by row, and two of colour (``a`` and ``b`` of CIELAB), each 0..255; or empty
where it is not known."""

GREYS = 96
OTHER = 0.6
"""Two looks at one standing vehicle are hardly ever less alike, whatever the light does."""
SAME = 0.7
"""What came back after nothing was there must be as alike as that."""
LEAST_CONTRAST = 8.0
"""Grey levels, standard deviation: of what is flatter only the camera's noise would be compared."""
COLOUR, DOUBTFUL = 25, 0.85
"""Another colour by this much is another vehicle, unless all else is as alike as that."""


def likeness(a: Appearance, b: Appearance) -> float | None:
    """Correlation of grey levels, in [-1, 1]: brightness and contrast don't matter.

    Args:
        a: One appearance.
        b: Another.

    Returns:
        None if one of them is not known or nearly of one grey.
    """
    if len(a) != len(b) or len(a) < GREYS:
        return None
    mean_a, mean_b = sum(a[:GREYS]) / GREYS, sum(b[:GREYS]) / GREYS
    left, right = [x - mean_a for x in a[:GREYS]], [x - mean_b for x in b[:GREYS]]
    square_a, square_b = sum(x * x for x in left), sum(y * y for y in right)
    if min(square_a, square_b) < GREYS * LEAST_CONTRAST**2:
        return None
    return sum(x * y for x, y in zip(left, right, strict=True)) / math.sqrt(square_a * square_b)


def is_other(a: Appearance, b: Appearance, least: float = OTHER) -> bool:
    """Whether two looks show two vehicles; False where that can't be told.

    Args:
        a: One appearance.
        b: Another.
        least: Likeness of one vehicle.
    """
    alike = likeness(a, b)
    if alike is None:
        return False
    colour = max(abs(x - y) for x, y in zip(a[GREYS:], b[GREYS:], strict=True))
    return alike < least or (colour > COLOUR and alike < DOUBTFUL)
