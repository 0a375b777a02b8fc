"""How much happens when: the county's volumes, hours, weekdays, seasons and storms.

The figures are those of a county of about 330,000 people with 581 cameras.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random

from yitong_command.domain.clock import CHINA
from yitong_command.domain.geometry import Place
from yitong_command.domain.grid import Grid
from yitong_command.domain.taxonomy import Category, Subtype, Taxonomy
from yitong_command.routing.assign import grid_of

PER_DAY = 130.0
LISTS = {"kp_": 22.0, "ar_": 30.0, "cp_": 52.0, "ps_": 9.0, "ex_dispute": 3.0, "ex_request": 14.0}
"""Cases of an ordinary day, by what their category begins with."""
SEVERITIES = {1: 0.04, 2: 0.14, 3: 0.37, 4: 0.45}
HOURS = ((0, 6, 0.04), (6, 8, 0.10), (8, 12, 0.34), (12, 14, 0.09), (14, 18, 0.28), (18, 22, 0.13),
         (22, 24, 0.02))  # fmt: skip
WEEKDAYS = (1.15, 1.0, 1.0, 1.0, 1.0, 0.85, 0.80)
SOURCES = {
    "camera_ai": 55.0, "worker": 37.0, "hotline_12345": 35.0, "resident_wechat": 12.0,
    "police_110": 15.0, "property": 10.0, "box_board": 2.0, "sensor": 25.0, "care_device": 25.0,
    "case_system": 6.0, "visit": 2.0, "partner": 2.0,
}  # fmt: skip
REPEATED = {"camera_ai": 0.25}
REPEATED_ELSE = 0.10
HEATING = {"cp_facility.outage": 5.0, "ar_gas_heat.no_heat": 8.0}
STRAW = {"ar_straw_fire.straw_burning": 10.0}
SNOW = {"ar_road.snow_ice": 15.0}
RAIN = {"ar_flood_point": 40.0, "ar_sewer": 8.0, "ar_manhole": 5.0}
STORM_TIMES, STORM_H, STORM_FROM = 4.0, 6, time(13)
SNOW_TIMES = 2.0
EDGES = (125.28, 43.33, 125.32, 43.36)
"""West, south, east and north of the demonstration county, degrees."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happens, and that somebody or something tells of.

    Attributes:
        number: Counts the facts.
        at: When it is told of, aware.
        category: Category and subtype with a dot.
        source: Who or what tells of it.
        place: Where.
        again: When it is told of once more, or None.
    """

    number: int
    at: datetime
    category: str
    source: str
    place: Place
    again: datetime | None


@dataclass(frozen=True, slots=True)
class Weather:
    """On which days of the run it storms or snows, counted from 0.

    Attributes:
        storm: The day of the rainstorm, or None.
        snow: The day of the snow, or None.
    """

    storm: int | None
    snow: int | None

    @classmethod
    def of(cls, days: int) -> Weather:
        """A storm on the second day or a third of the way, snow two thirds of the way."""
        return cls(max(1, days // 3) if days > 1 else None, 2 * days // 3 if days > 2 else None)


def facts(
    seed: int, begin: date, days: int, taxonomy: Taxonomy, grids: Sequence[Grid],
    per_day: float = PER_DAY,
) -> Iterator[Fact]:  # fmt: skip
    """Everything that happens, in order of time.

    Args:
        seed: The same seed, the same county.
        begin: First day.
        days: How many.
        taxonomy: What can happen.
        grids: Where.
        per_day: Cases of an ordinary Tuesday.
    """
    weather = Weather.of(days)
    number = 0
    for day in range(days):
        dice = Random(f"{seed}/{day}")  # noqa: S311 - a simulation
        today = begin + timedelta(days=day)
        for at, code, source in sorted(_day(dice, today, day, weather, taxonomy, per_day)):
            repeats = dice.random() < REPEATED.get(source, REPEATED_ELSE)
            again = at + timedelta(minutes=dice.uniform(2, 90)) if repeats else None
            yield Fact(number, at, code, source, _place(dice, tuple(grids)), again)
            number += 1


def storm_of(begin: date, days: int) -> tuple[datetime, datetime] | None:
    """From when to when it storms; None in a run too short for it."""
    day = Weather.of(days).storm
    if day is None:
        return None
    starts = datetime.combine(begin + timedelta(days=day), STORM_FROM, CHINA)
    return starts, starts + timedelta(hours=STORM_H)


def _day(
    dice: Random, today: date, day: int, weather: Weather, taxonomy: Taxonomy, per_day: float
) -> Iterator[tuple[datetime, str, str]]:
    usual = per_day * WEEKDAYS[today.weekday()]
    factors = _season(today)
    if day == weather.snow:
        usual, factors = usual * SNOW_TIMES, factors | SNOW
    pick = Picker(taxonomy, factors)
    for _ in range(_about(dice, usual)):
        code, source = pick(dice)
        yield _moment(dice, today), code, source
    if day == weather.storm:
        starts = datetime.combine(today, STORM_FROM, CHINA)
        wet = Picker(taxonomy, factors | RAIN)
        for _ in range(_about(dice, usual * (STORM_TIMES - 1))):
            # It comes down hardest in the second hour.
            after = dice.triangular(0, STORM_H, 1.5)
            yield starts + timedelta(hours=after), *wet(dice)


def _season(today: date) -> dict[str, float]:
    month_day = (today.month, today.day)
    factors: dict[str, float] = {}
    if (10, 20) <= month_day <= (11, 5):
        factors |= HEATING
    if (10, 15) <= month_day <= (11, 15) or (3, 15) <= month_day <= (4, 30):
        factors |= STRAW
    return factors


def _about(dice: Random, mean: float) -> int:
    return max(0, round(dice.gauss(mean, mean**0.5)))


def _moment(dice: Random, today: date) -> datetime:
    begin, end, _ = dice.choices(HOURS, [weight for *_, weight in HOURS])[0]
    midnight = datetime.combine(today, time(0), CHINA)
    return midnight + timedelta(seconds=round(dice.uniform(begin, end) * 3600, 3))


def _place(dice: Random, grids: tuple[Grid, ...]) -> Place:
    west, south, east, north = EDGES
    while True:
        place = Place(round(dice.uniform(west, east), 6), round(dice.uniform(south, north), 6))
        if grid_of(place, grids) is not None:
            return place


class Picker:
    """Draws a category with a source that it takes."""

    def __init__(self, taxonomy: Taxonomy, factors: dict[str, float]) -> None:
        self._codes: list[str] = []
        self._sources: list[frozenset[str]] = []
        weights: list[float] = []
        for prefix, volume in LISTS.items():
            some = [c for c in taxonomy.categories.values() if c.code.startswith(prefix)]
            drawn = [(c, s, _rarity(c, s, factors)) for c in some for s in c.subtypes.values()]
            total = sum(_rarity(c, s, {}) for c, s, _ in drawn)
            for category, subtype, weight in drawn:
                self._codes.append(f"{category.code}.{subtype.code}")
                self._sources.append(category.sources)
                weights.append(volume * weight / total)
        self._sums = list(accumulate(weights))

    def __call__(self, dice: Random) -> tuple[str, str]:
        """A category and subtype, and who tells of it."""
        index = bisect.bisect(self._sums, dice.random() * self._sums[-1])
        names = [name for name in SOURCES if name in self._sources[index]]
        source = dice.choices(names, [SOURCES[name] for name in names])[0]
        return self._codes[index], source


def _rarity(category: Category, subtype: Subtype, factors: dict[str, float]) -> float:
    season = factors.get(f"{category.code}.{subtype.code}", factors.get(category.code, 1.0))
    return SEVERITIES[subtype.severity] * season
