"""What a look at a view says of a condition that was reported there: an opinion. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from yitong_command.domain.case import Opinion
from yitong_command.domain.geometry import Polygon
from yitong_command.domain.observation import VEHICLE_LABELS, Detection
from yitong_command.rules.area import stands_in

MIN_OVERLAP = 0.6
OK = "ok"


@dataclass(frozen=True, slots=True)
class Opined:
    """An opinion in words.

    Attributes:
        opinion: The opinion.
        score: Of the detection it rests on, in [0, 1], or None.
        zh: In Chinese.
        en: In English.
    """

    opinion: Opinion
    score: float | None
    zh: str
    en: str


def not_judged(zh: str, en: str) -> Opined:
    """Nothing can be said."""
    return Opined(Opinion.NOT_JUDGED, None, f"无法判断: {zh}", f"can't be judged: {en}")


def vehicles_opinion(polygon: Polygon, seen: Iterable[Detection]) -> Opined:
    """Whether a vehicle still stands in a zone.

    Args:
        polygon: The zone, in [0, 1] of the view.
        seen: What the detector saw in the whole view.
    """
    inside = [
        item.score
        for item in seen
        if item.label in VEHICLE_LABELS and stands_in(item.box, polygon, MIN_OVERLAP)
    ]
    if not inside:
        return Opined(Opinion.GONE, None, "区域内未见车辆", "no vehicle is seen in the zone")
    best = max(inside)
    return Opined(
        Opinion.STILL_THERE,
        best,
        f"区域内仍有 {len(inside)} 辆车(得分 {best:.2f})",
        f"{len(inside)} vehicle(s) still in the zone (score {best:.2f})",
    )


def cover_opinion(
    zone_id: str, covers: Mapping[str, tuple[str | None, str]], seen: Iterable[Detection]
) -> Opined:
    """Whether a manhole cover is whole again.

    Args:
        zone_id: The cover.
        covers: State (None if it can't be said) and reason of each cover of the view.
        seen: Boxes of the covers, labelled ``manhole_<state>``.
    """
    state, reason = covers.get(zone_id, (None, ""))
    if state is None:
        zh, _, en = (reason or "看不清 / not clear").partition(" / ")
        return not_judged(zh, en or zh)
    scores = [item.score for item in seen if item.label == f"manhole_{state}"]
    score = max(scores) if scores else None
    told = f"({score:.2f})" if score is not None else ""
    if state == OK:
        return Opined(Opinion.GONE, score, f"井盖完好{told}", f"the cover is whole {told}".strip())
    return Opined(
        Opinion.STILL_THERE,
        score,
        f"井盖状态仍为 {state}{told}",
        f"the cover is still {state} {told}",
    )
