"""How likely two sightings are of one fact: odds, and the evidence in words.

Every piece of evidence multiplies the odds. Place: how much likelier this distance is for one fact
told twice, given how far the sources usually err, than for two facts of this kind with their usual
spacing. One telling in ten by a person or a platform may err four times as far. Time: the nearer,
the likelier. Then the
subtype, the doors named in words, and the things that sources know by number. Of two tellings it
does not matter who came first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from yitong_command.domain.geometry import Place, distance_m
from yitong_command.domain.merging import MergeRule, Merging
from yitong_command.routing.address import Doors, compare

GROSS = 0.1
GROSS_TIMES = 4.0
SURVEYED = frozenset({"camera_ai", "sensor", "care_device"})
"""Sources whose places were surveyed: they do not err grossly."""
REACH = 6.0
"""Expected errors beyond the extent at which nobody looks for the same fact any more."""
NEIGHBOURING_SUBTYPE = 0.4
OTHER_THING = 0.02
SAME_THING = 20.0
NOWHERE_M = 1000.0
"""Expected error of a telling without a place: it may be anywhere in town."""
DOORS = {Doors.SAME: 10.0, Doors.NEXT: 2.0, Doors.STREET: 1.0,
         Doors.OTHER_NUMBER: 0.1, Doors.OTHER_STREET: 0.1}  # fmt: skip
DOORS_ALONE = {Doors.SAME: 400.0, Doors.NEXT: 60.0, Doors.STREET: 5.0,
               Doors.OTHER_NUMBER: 0.05, Doors.OTHER_STREET: 0.01}  # fmt: skip
DOORS_AFAR = {Doors.SAME: 40.0, Doors.NEXT: 15.0, Doors.STREET: 3.0,
              Doors.OTHER_NUMBER: 0.3, Doors.OTHER_STREET: 0.1}  # fmt: skip
"""By chance, places that lie far from each other seldom have the same number."""
AFAR = 2.0
"""Expected errors from which places lie far from each other."""
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
        if self.subject.startswith("sensor/"):  # sensor/number/level
            return "sensor", self.subject.split("/")[1]
        if "/" in self.subject:  # camera/view/zone: one camera tells its zones apart
            camera, _, zone = self.subject.partition("/")
            return f"camera {camera}", zone
        return self.source, self.subject


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence: what it multiplies the odds by, and its words."""

    odds: float
    zh: str
    en: str


OTHER = Piece(OTHER_THING, "编号不同", "numbered as different things")
SAME = Piece(SAME_THING, "编号相同", "numbered as one thing")


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


def reach_between_m(extent_m: float, one: str, other: str, merging: Merging) -> float:
    """Farthest apart that two sources can tell of one fact of this extent."""
    return extent_m + REACH * math.hypot(merging.accuracy_of(one), merging.accuracy_of(other))


def likeness(
    one: Sighting, told: Sequence[Sighting], merging: Merging, until: datetime | None = None
) -> Likeness | None:
    """What speaks for and against a telling being of the fact that others told of.

    The place is compared with the mean of the places told so far, the better sources weighing
    more; of time, subtype and doors the likeliest telling counts, and of numbered things every one.

    Args:
        one: A telling.
        told: What was told of one fact, at least one.
        merging: Rules, errors of the sources, neighbouring subtypes.
        until: When the fact was last confirmed, if later than it was told.

    Returns:
        The likeness, or None if one fact is out of the question.
    """
    fitting = [(other, rule) for other in told
               if (rule := joint_rule(one.category, other.category, merging)) is not None
               and _same_system(one, other)]  # fmt: skip
    if not fitting:
        return None
    rule = max((rule for _, rule in fitting), key=lambda rule: rule.distance_m)
    others = [other for other, _ in fitting]
    gap = min(_gap(one.at, other.at, until) for other in others)
    placed = _place(one, others, rule, merging)
    if gap > rule.window or placed is None:
        return None
    pieces = [
        placed.piece,
        Piece(2.0 * math.exp(-2.0 * (gap / rule.window)), f"相隔 {_zh(gap)}", f"{_en(gap)} apart"),
        _subtype(one, others),
        _doors(one, others, _table(placed)),
        _things(one, told),
    ]
    found = [piece for piece in pieces if piece is not None]
    return Likeness(
        math.prod(piece.odds for piece in found), placed.distance_m, placed.error_m, gap,
        tuple(piece.zh for piece in found), tuple(piece.en for piece in found),
    )  # fmt: skip


def _things(one: Sighting, told: Sequence[Sighting]) -> Piece | None:
    """Whether one and the same numbering calls them different things, or one."""
    scheme, number = one.thing
    numbers = {other.thing[1] for other in told if scheme and other.thing[0] == scheme}
    if not numbers:
        return None
    return OTHER if numbers - {number} else SAME


@dataclass(frozen=True, slots=True)
class _Placed:
    piece: Piece
    distance_m: float | None = None
    error_m: float | None = None


def _place(
    one: Sighting, others: Sequence[Sighting], rule: MergeRule, merging: Merging
) -> _Placed | None:
    """The evidence of the place; None if it is out of reach of every telling."""
    known = [other for other in others if other.place is not None]
    if one.place is None or not known:
        odds = rule.spacing_m**2 / (2 * NOWHERE_M**2)
        return _Placed(Piece(odds, "缺少坐标", "no coordinates"))
    nearest = min(
        distance_m(one.place, other.place) - REACH * _error(one, other, merging)
        for other in known if other.place
    )  # fmt: skip
    if nearest > rule.distance_m:
        return None
    spread = rule.distance_m / 2 / math.sqrt(2)
    middle, error_of_middle = _middle(known, spread, merging)
    error = math.hypot(merging.accuracy_of(one.source), spread, error_of_middle)
    distance = distance_m(one.place, middle)
    surveyed = {one.source, *(other.source for other in known)} <= SURVEYED
    gross = 0.0 if surveyed else GROSS
    odds = rule.spacing_m**2 * (
        (1 - gross) * _density(distance, error) + gross * _density(distance, GROSS_TIMES * error)
    )
    zh = f"相距 {distance:.0f} 米(位置误差约 {error:.0f} 米)"
    en = f"{distance:.0f} m apart (places err by {error:.0f} m)"
    return _Placed(Piece(odds, zh, en), distance, error)


def _middle(known: Sequence[Sighting], spread: float, merging: Merging) -> tuple[Place, float]:
    """Mean of the places, weighed by how well their sources know them, and its error."""
    weights = [1 / (merging.accuracy_of(other.source) ** 2 + spread**2) for other in known]
    total = math.fsum(weights)
    places = [other.place for other in known if other.place is not None]
    lon = math.fsum(w * place.lon for w, place in zip(weights, places, strict=True)) / total
    lat = math.fsum(w * place.lat for w, place in zip(weights, places, strict=True)) / total
    return Place(lon, lat, places[0].crs), math.sqrt(1 / total)


def _error(one: Sighting, other: Sighting, merging: Merging) -> float:
    return math.hypot(merging.accuracy_of(one.source), merging.accuracy_of(other.source))


def _same_system(one: Sighting, other: Sighting) -> bool:
    return one.place is None or other.place is None or one.place.crs == other.place.crs


def _subtype(one: Sighting, others: Sequence[Sighting]) -> Piece:
    if any(one.category == other.category for other in others):
        return Piece(1.0, "同一小类", "the same subtype")
    return Piece(NEIGHBOURING_SUBTYPE, "相近小类", "neighbouring subtypes")


def _table(placed: _Placed) -> Mapping[Doors, float]:
    if placed.distance_m is None or placed.error_m is None:
        return DOORS_ALONE
    return DOORS_AFAR if placed.distance_m > AFAR * placed.error_m else DOORS


def _doors(one: Sighting, others: Sequence[Sighting], table: Mapping[Doors, float]) -> Piece | None:
    found = [doors for other in others if (doors := compare(one.words, other.words)) is not None]
    if not found:
        return None
    best = max(found, key=lambda doors: table[doors])
    return Piece(table[best], *_DOORS_WORDS[best])


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
