"""Python's garbage collector in parts that run for months and answer at once."""

from __future__ import annotations

import gc

YOUNG = 20_000
"""New objects between two collections; a batch makes thousands that do not outlive it."""


def settle() -> None:
    """Leave what was made at start out of all later collections; call it once that is done.

    Going through a million objects of imported modules takes a part of a second, in which nobody
    is answered, and finds nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
