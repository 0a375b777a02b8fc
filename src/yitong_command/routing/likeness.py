"""How likely two sightings are of one fact: odds, and the evidence in words.

Every piece of evidence multiplies the odds. Place: how much likelier this distance is for one fact
told twice, given how far the sources usually err, than for two facts of this kind with their usual
spacing. One telling in ten by a person or a platform may err four times as far. Time: the nearer, the likelier. Then the
subtype, the doors named in words, and the things that sources know by number. Symmetric: it does
not matter who came first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from yitong_command.domain.geometry import Place, distance_m
from yitong_command.domain.merging import MergeRule, Merging
from yitong_command.routing.address import Doors, compare

GROSS = 0.1
GROSS_TIMES = 4.0
SURVEYED = frozenset({"camera_ai", "sensor", "care_device"})
"""Sources whose places were surveyed: they do not err grossly."""
REACH = 3.0
"""Expected errors beyond the extent at which nobody looks for the same fact any more."""
NEIGHBOURING_SUBTYPE = 0.4
OTHER_THING = 0.02
NOWHERE_M = 1000.0
"""Expected error of a telling without a place: it may be anywhere in town."""
DOORS = {Doors.SAME: 5.0, Doors.NEXT: 2.0, Doors.STREET: 1.5,
         Doors.OTHER_NUMBER: 0.3, Doors.OTHER_STREET: 0.25}  # fmt: skip
DOORS_ALONE = {Doors.SAME: 400.0, Doors.NEXT: 60.0, Doors.STREET: 5.0,
               Doors.OTHER_NUMBER: 0.05, Doors.OTHER_STREET: 0.01}  # fmt: skip
_DOORS_WORDS = {
    Doors.SAME: ("门牌相同", "the same house number"),
    Doors.NEXT: ("门牌相邻", "neighbouring house numbers"),
    Doors.STREET: ("同一道路", "the same street"),
    Doors.OTHER_NUMBER: ("门牌不同", "different house numbers"),
    Doors.OTHER_STREET: ("道路不同", "different streets"),
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """One telling of one fact, by a camera, sensor, person or platform.

    Attributes:
        category: Category and subtype with a dot.
        subject: The thing it is about where the source knows one, else "".
        source: Source word of the taxonomy.
        place: Where, or None if only words are known.
        at: When it began or was said.
        words: Address in words, or "".
    """

    category: str
    subject: str
    source: str
    place: Place | None
    at: datetime
    words: str = ""

    @property
    def thing(self) -> tuple[str, str]:
        """Who numbers the thing, and its number; ("", "") if nobody does."""
        if not self.subject:
            return "", ""
        scheme, colon, number = self.subject.partition(":")
        if colon:
            return scheme, number
        if "/" in self.subject:  # camera/view/zone: one camera tells its zones apart
            camera, _, zone = self.subject.partition("/")
            return f"camera {camera}", zone
        return self.source, self.subject


@dataclass(frozen=True, slots=True)
class Likeness:
    """What speaks for and against one fact.

    Attributes:
        odds: For one fact against two, before other candidates are weighed.
        distance_m: Metres between the two places, or None.
        error_m: Expected distance if it is one fact, or None.
        gap: Time between them.
        zh: The evidence in Chinese, piece by piece.
        en: The evidence in English.
    """

    odds: float
    distance_m: float | None
    error_m: float | None
    gap: timedelta
    zh: tuple[str, ...] = field(default=())
    en: tuple[str, ...] = field(default=())


def joint_rule(a: str, b: str, merging: Merging) -> MergeRule | None:
    """The rule for two subtypes, the stricter of both; None if they are never one fact."""
    if a != b and frozenset((a, b)) not in merging.neighbours:
        return None
    one, other = merging.rule_of(a), merging.rule_of(b)
    return MergeRule(
        distance_m=max(one.distance_m, other.distance_m),
        window=min(one.window, other.window),
        spacing_m=min(one.spacing_m, other.spacing_m),
        automatic=one.automatic and other.automatic,
    )


def reach_m(rule: MergeRule, source: str, merging: Merging) -> float:
    """Farthest that a sighting of one fact can lie from one of this source."""
    worst = max(merging.accuracy_m.values())
    return rule.distance_m + REACH * math.hypot(merging.accuracy_of(source), worst)


def likeness(
    one: Sighting, other: Sighting, merging: Merging, until: datetime | None = None
) -> Likeness | None:
    """What speaks for and against these being of one fact; None if it is out of the question.

    Args:
        one: A sighting.
        other: Another.
        merging: Rules, errors of the sources, neighbouring subtypes.
        until: When the other was last confirmed, if later than it was told.
    """
    rule = joint_rule(one.category, other.category, merging)
    if rule is None:
        return None
    gap = _gap(one.at, other.at, until)
    if gap > rule.window:
        return None
    placed = _place(one, other, rule, merging)
    if placed is None:
        return None
    odds, distance, error, zh, en = placed
    odds *= 2.0 * math.exp(-2.0 * (gap / rule.window))
    zh, en = [*zh, f"相隔 {_zh(gap)}"], [*en, f"{_en(gap)} apart"]
    if one.category != other.category:
        odds *= NEIGHBOURING_SUBTYPE
        zh, en = [*zh, "相近小类"], [*en, "neighbouring subtypes"]
    else:
        zh, en = [*zh, "同一小类"], [*en, "the same subtype"]
    doors = compare(one.words, other.words) if one.words and other.words else None
    if doors is not None:
        odds *= (DOORS if distance is not None else DOORS_ALONE)[doors]
        zh, en = [*zh, _DOORS_WORDS[doors][0]], [*en, _DOORS_WORDS[doors][1]]
    if other_thing(one, other):
        odds *= OTHER_THING
        zh, en = [*zh, "编号不同"], [*en, "numbered as different things"]
    return Likeness(odds, distance, error, gap, tuple(zh), tuple(en))


def other_thing(one: Sighting, other: Sighting) -> bool:
    """Whether one and the same numbering calls them different things."""
    (scheme, number), (scheme_too, number_too) = one.thing, other.thing
    return scheme != "" and scheme == scheme_too and number != number_too


def _place(
    one: Sighting, other: Sighting, rule: MergeRule, merging: Merging
) -> tuple[float, float | None, float | None, list[str], list[str]] | None:
    if one.place is None or other.place is None:
        odds = rule.spacing_m**2 / (2 * NOWHERE_M**2)
        return odds, None, None, ["缺少坐标"], ["no coordinates"]
    if one.place.crs != other.place.crs:
        return None
    errors = merging.accuracy_of(one.source), merging.accuracy_of(other.source)
    error = math.hypot(*errors, rule.distance_m / 2)
    distance = distance_m(one.place, other.place)
    if distance > rule.distance_m + REACH * math.hypot(*errors):
        return None
    gross = 0.0 if {one.source, other.source} <= SURVEYED else GROSS
    odds = rule.spacing_m**2 * (
        (1 - gross) * _density(distance, error) + gross * _density(distance, GROSS_TIMES * error)
    )
    zh = f"相距 {distance:.0f} 米(位置误差约 {error:.0f} 米)"
    return odds, distance, error, [zh], [f"{distance:.0f} m apart (places err by {error:.0f} m)"]


def _density(distance: float, error: float) -> float:
    return math.exp(-(distance**2) / (2 * error**2)) / (2 * error**2)


def _gap(at: datetime, first: datetime, until: datetime | None) -> timedelta:
    last = max(first, until or first)
    if first <= at <= last:
        return timedelta(0)
    return min(abs(at - first), abs(at - last))


def _zh(gap: timedelta) -> str:
    minutes = gap.total_seconds() / 60
    return f"{minutes:.0f} 分钟" if minutes < 120 else f"{minutes / 60:.1f} 小时"


def _en(gap: timedelta) -> str:
    minutes = gap.total_seconds() / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
