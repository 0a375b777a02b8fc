"""What is wrong with a view's picture: black, overexposed, blank, out of focus, moved.

Pure: numbers measured on a picture and the event time in, the trouble out. A picture that shows
nothing is in trouble at once; blurred and moved must be seen for a while, because a lorry before
the lens looks the same for a moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DARK, BURNT, FLAT = 14.0, 232.0, 4.0
"""A mean level below is black, above is overexposed; a standard deviation below is blank."""
BURNT_SHARE = 0.5
"""So much of an overexposed picture is white."""
MOVED_BELOW, BACK_ABOVE = 0.42, 0.5
"""Likeness of a scene to its reference: other scenes reach 0.3, rain, snow and night 0.5."""
BLURRED_BELOW, SHARP_ABOVE = 0.5, 0.65
"""Sharpness against the view's own reference: two or three pixels of blur halve it."""
HOLD = timedelta(seconds=5)
HOLD_LOOKS = 3
MENDED_LOOKS = 2


class Trouble(StrEnum):
    """Why a picture can't be judged."""

    BLACK = "black"
    OVEREXPOSED = "overexposed"
    BLANK = "blank"
    BLURRED = "blurred"
    MOVED = "moved"


REASONS: dict[Trouble, tuple[str, str]] = {
    Trouble.BLACK: ("画面发黑", "the picture is black"),
    Trouble.OVEREXPOSED: ("过曝", "overexposed"),
    Trouble.BLANK: ("镜头被遮挡，画面只有一种颜色", "covered: the picture is of one colour"),
    Trouble.BLURRED: ("失焦模糊", "out of focus, or the lens is dirty or fogged"),
    Trouble.MOVED: (
        "镜头被移动，画面与原来的场景不符",
        "moved: the picture is not the scene it used to be",
    ),
}

_AT_ONCE = frozenset({Trouble.BLACK, Trouble.OVEREXPOSED, Trouble.BLANK})


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured on one picture.

    Attributes:
        level: Mean grey level, 0 to 255.
        contrast: Standard deviation of the grey levels.
        white: Share of the picture that is white, in [0, 1].
        likeness: To the view's reference, about 0 to 1; None while there is none.
        sharpness: Against that of the reference, 1 is the same; None while there is none.
    """

    level: float
    contrast: float
    white: float = 0.0
    likeness: float | None = None
    sharpness: float | None = None


@dataclass(frozen=True, slots=True)
class SceneState:
    """Where the judgement of one view stands.

    Attributes:
        trouble: What is wrong, or None.
        pending: What seems to be wrong, or right again, but was not seen for long enough.
        pending_since: Since when it seems so.
        pending_looks: In how many looks in a row.
    """

    trouble: Trouble | None = None
    pending: Trouble | None = None
    pending_since: datetime | None = None
    pending_looks: int = 0

    @property
    def doubted(self) -> Trouble | None:
        """The trouble for which the newest look must not be judged, told already or not."""
        return self.trouble or (self.pending if self.pending_looks else None)


def seen(measures: Measures, now: Trouble | None = None) -> Trouble | None:
    """What one picture taken alone seems to have.

    Args:
        measures: Of the picture.
        now: The trouble in force: it ends later than it begins, so that it does not flicker.
    """
    if measures.level < DARK:
        return Trouble.BLACK
    if measures.level > BURNT and measures.white >= BURNT_SHARE:
        return Trouble.OVEREXPOSED
    if measures.contrast < FLAT:
        return Trouble.BLANK
    # Blur first: what is blurred beyond recognition did not move.
    limit = SHARP_ABOVE if now is Trouble.BLURRED else BLURRED_BELOW
    if measures.sharpness is not None and measures.sharpness < limit:
        return Trouble.BLURRED
    limit = BACK_ABOVE if now is Trouble.MOVED else MOVED_BELOW
    if measures.likeness is not None and measures.likeness < limit:
        return Trouble.MOVED
    return None


def step(before: SceneState, measures: Measures, at: datetime) -> SceneState:
    """The judgement after one more picture.

    Args:
        before: The judgement so far.
        measures: Of the picture.
        at: Its capture time.
    """
    found = seen(measures, before.trouble)
    if found is before.trouble:
        return SceneState(before.trouble)
    if found in _AT_ONCE:
        return SceneState(found)
    same = before.pending_looks > 0 and before.pending is found
    since = before.pending_since if same and before.pending_since else at
    looks = before.pending_looks + 1 if same else 1
    if found is None and before.trouble in _AT_ONCE:
        return SceneState()
    long_enough = (
        looks >= MENDED_LOOKS if found is None else looks >= HOLD_LOOKS and at - since >= HOLD
    )
    if long_enough:
        return SceneState(found)
    return SceneState(before.trouble, found, since, looks)
