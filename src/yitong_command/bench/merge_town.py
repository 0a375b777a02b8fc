"""An invented town in which the same fact is told by several sources, and near misses happen.

Everything that is assumed stands in :class:`Town`, in :data:`KINDS` and in :data:`SOURCES`. The
generator knows nothing of how facts are merged; it says who told what, where, when and in which
words, and which fact it really was. Fixed before the merge thresholds were: those were chosen on
the seeds of :data:`TUNING`, the figures come from those of :data:`HELD_OUT`. A telling may arrive
after its fact was dealt with; it can't be joined any more and counts as missed.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

TUNING = range(1, 21)
HELD_OUT = range(1001, 1041)
BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
ORIGIN = (125.3000, 43.3450)
M_LAT = 111_100.0
M_LON = M_LAT * math.cos(math.radians(ORIGIN[1]))


@dataclass(frozen=True, slots=True)
class Town:
    """How many things happen, and how they come near each other.

    Attributes:
        facts: Facts that happen by themselves, before near misses are added.
        hours: Time over which they begin.
        side_m: Side of the square town.
        block_m: From one street to the next parallel one; house numbers go up by 2 every 20 m.
        neighbour: Share of facts with another of the same subtype close by at the same time.
        later: Share of places where the same happens again after the first was dealt with.
        beside: Share of facts with one of another matter at the same place and time.
        wrong_subtype: Share of tellings by people that take it for a neighbouring subtype.
        wrong_matter: Share of tellings by people that take it for something else altogether.
        forwarded: Share of hotline calls that a partner platform sends again under its own number.
    """

    facts: int = 160
    hours: float = 48.0
    side_m: float = 3000.0
    block_m: float = 150.0
    neighbour: float = 0.25
    later: float = 0.15
    beside: float = 0.10
    wrong_subtype: float = 0.10
    wrong_matter: float = 0.03
    forwarded: float = 0.25


@dataclass(frozen=True, slots=True)
class Kind:
    """A matter that can happen.

    Attributes:
        category: Category and subtype.
        share: How often, relative to the others.
        taken_for: Subtypes that people take it for.
        extent_m: Radius within which tellers of one fact may honestly point.
        near_m: From and to how many metres away a neighbouring fact of the same subtype lies.
        open_h: Median hours until it is dealt with, and the sigma of its logarithm.
        camera: Chance that a camera sees it; a second one does with a third of that.
        sensor: Chance that a sensor says so.
        callers: Mean number of hotline calls.
        citizens: Mean number of citizens' pictures.
        workers: Chance that a grid worker reports it.
    """

    category: str
    share: float
    taken_for: tuple[str, ...]
    extent_m: float
    near_m: tuple[float, float]
    open_h: tuple[float, float]
    camera: float
    sensor: float
    callers: float
    citizens: float
    workers: float


KINDS = (
    Kind("ar_manhole.missing_shifted", 0.18, ("ar_manhole.damaged", "ar_sewer.cesspit_cover"),
         1, (8, 60), (3, 0.6), 0.4, 0.3, 0.8, 0.6, 0.4),
    Kind("ar_sewer.blocked_overflow", 0.12,
         ("ar_sewer.cesspit_overflow", "ar_flood_point.pond_yellow"),
         12, (40, 200), (6, 0.8), 0.0, 0.3, 1.2, 0.7, 0.4),
    Kind("ar_flood_point.pond_yellow", 0.12,
         ("ar_flood_point.pond_red", "ar_sewer.blocked_overflow"),
         30, (150, 500), (4, 0.5), 0.4, 0.4, 1.5, 1.0, 0.4),
    Kind("ar_straw_fire.straw_burning", 0.08, ("ar_straw_fire.leaf_burning",),
         120, (900, 2000), (2, 0.5), 0.6, 0.0, 1.0, 0.4, 0.5),
    Kind("cp_parking.no_parking_zone", 0.22, ("cp_parking.block_gate",),
         6, (15, 90), (1.5, 0.5), 0.7, 0.0, 0.5, 0.4, 0.2),
    Kind("cp_dumping.exposed_garbage", 0.18, ("cp_dumping.bin_overflow", "cp_dumping.rubble"),
         6, (30, 150), (8, 0.8), 0.2, 0.0, 0.8, 0.8, 0.5),
    Kind("ar_road.pothole", 0.10, ("ar_road.collapse",),
         2, (20, 120), (20, 0.8), 0.0, 0.0, 0.9, 0.7, 0.6),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """How one kind of teller tells.

    Attributes:
        sigma_m: Error of the place on each axis (normal).
        gross: Share of tellings whose error is four times as large.
        delay_min: Mean minutes from the fact's beginning until it is seen (exponential, cut off
            where the fact ends: nobody sees what is there no more).
        channel_min: Mean minutes from seeing to our hearing of it (exponential).
        words: Share that comes with street and number.
        number: Share of those whose number is right; of the others half are up to 4 off,
            half name the street alone.
        no_place: Share that has words but no coordinates.
    """

    sigma_m: float
    gross: float
    delay_min: float
    channel_min: float
    words: float
    number: float
    no_place: float = 0.0


SOURCES = {
    "camera_ai": Source(8, 0.0, 4, 0.2, 0.0, 0.0),
    "sensor": Source(3, 0.0, 3, 0.2, 0.8, 1.0),
    "resident_wechat": Source(12, 0.08, 40, 2, 0.5, 0.8),
    "worker": Source(8, 0.03, 90, 2, 0.3, 0.95),
    "hotline_12345": Source(40, 0.15, 60, 10, 0.9, 0.85, 0.05),
    "partner": Source(40, 0.15, 60, 30, 0.9, 0.85, 0.05),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """What really happened: metres east and north in the town, and when it was dealt with."""

    fact_id: int
    kind: Kind
    east_m: float
    north_m: float
    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Told:
    """What one source told of a fact; ``subject`` is set where a device of its own told it."""

    told_id: int
    fact_id: int
    category: str
    source: str
    subject: str
    lon: float | None
    lat: float | None
    words: str
    at: datetime


def town(seed: int, plan: Town | None = None) -> tuple[tuple[Fact, ...], tuple[Told, ...]]:
    """The facts of one town, and what was told of them in the order in which it arrived."""
    plan = plan or Town()
    chance = random.Random(seed)  # noqa: S311 - a seeded town, no secret
    facts = tuple(replace(fact, fact_id=n) for n, fact in enumerate(_facts(chance, plan)))
    told = [one for fact in facts for one in _tellings(chance, plan, fact)]
    told.sort(key=lambda one: one.at)
    return facts, tuple(replace(one, told_id=n) for n, one in enumerate(told))


def _facts(chance: random.Random, plan: Town) -> Iterator[Fact]:
    for _ in range(plan.facts):
        kind = chance.choices(KINDS, [kind.share for kind in KINDS])[0]
        street = chance.randrange(int(plan.side_m / plan.block_m)) * plan.block_m
        along, lateral = chance.uniform(0, plan.side_m), street + chance.gauss(0, 4)
        east, north = (along, lateral) if chance.random() < 0.5 else (lateral, along)
        began = BEGIN + timedelta(hours=chance.uniform(0, plan.hours))
        fact = Fact(0, kind, east, north, began, _end(chance, kind, began))
        yield fact
        if chance.random() < plan.neighbour:
            yield _neighbour(chance, fact)
        if chance.random() < plan.later:
            again = fact.ended_at + timedelta(hours=chance.uniform(0.2, 24))
            moved = [v + chance.gauss(0, 3) for v in (east, north)]
            yield Fact(0, kind, moved[0], moved[1], again, _end(chance, kind, again))
        if chance.random() < plan.beside:
            other = chance.choice(
                [k for k in KINDS if k.category not in (kind.category, *kind.taken_for)]
            )
            yield Fact(0, other, east + chance.gauss(0, 8), north + chance.gauss(0, 8), began,
                       _end(chance, other, began))  # fmt: skip


def _neighbour(chance: random.Random, fact: Fact) -> Fact:
    """Another fact of the same subtype, on the same street or round the corner."""
    far, angle = chance.uniform(*fact.kind.near_m), chance.choice((0, 90, 180, 270))
    east = fact.east_m + far * math.cos(math.radians(angle)) + chance.gauss(0, 2)
    north = fact.north_m + far * math.sin(math.radians(angle)) + chance.gauss(0, 2)
    began = fact.began_at + timedelta(minutes=chance.uniform(-120, 120))
    return Fact(0, fact.kind, east, north, began, _end(chance, fact.kind, began))


def _end(chance: random.Random, kind: Kind, began: datetime) -> datetime:
    median, sigma = kind.open_h
    return began + timedelta(hours=median * math.exp(chance.gauss(0, sigma)))


def _tellings(chance: random.Random, plan: Town, fact: Fact) -> Iterator[Told]:
    kind = fact.kind
    for number, seen in enumerate((kind.camera, kind.camera / 3)):
        if chance.random() < seen:
            yield _told(chance, plan, fact, "camera_ai", f"cam-{fact.fact_id}-{number}/main/zone")
    if chance.random() < kind.sensor:
        yield _told(chance, plan, fact, "sensor", f"sensor-{fact.fact_id}")
    for _ in range(_poisson(chance, kind.citizens)):
        yield _told(chance, plan, fact, "resident_wechat")
    if chance.random() < kind.workers:
        yield _told(chance, plan, fact, "worker")
    for _ in range(_poisson(chance, kind.callers)):
        call = _told(chance, plan, fact, "hotline_12345")
        yield call
        if chance.random() < plan.forwarded:
            minutes = chance.expovariate(1 / SOURCES["partner"].channel_min)
            yield replace(call, source="partner", at=call.at + timedelta(minutes=minutes))


def _told(chance: random.Random, plan: Town, fact: Fact, name: str, subject: str = "") -> Told:
    source, kind = SOURCES[name], fact.kind
    person = not subject
    category = kind.category
    if person and chance.random() < plan.wrong_matter:
        category = chance.choice([k.category for k in KINDS if k is not kind])
    elif person and chance.random() < plan.wrong_subtype:
        category = chance.choice(kind.taken_for)
    spread = source.sigma_m * (4 if chance.random() < source.gross else 1)
    radius, angle = kind.extent_m * math.sqrt(chance.random()), chance.uniform(0, math.tau)
    east = fact.east_m + radius * math.cos(angle) + chance.gauss(0, spread)
    north = fact.north_m + radius * math.sin(angle) + chance.gauss(0, spread)
    words = _words(chance, plan, fact, source) if chance.random() < source.words else ""
    placed = not words or chance.random() >= source.no_place
    at = _seen_at(chance, fact, source) + timedelta(
        minutes=chance.expovariate(1 / source.channel_min)
    )
    return Told(
        0, fact.fact_id, category, name, subject,
        ORIGIN[0] + east / M_LON if placed else None,
        ORIGIN[1] + north / M_LAT if placed else None,
        words, at,
    )  # fmt: skip


def _seen_at(chance: random.Random, fact: Fact, source: Source) -> datetime:
    """When it is seen: exponential after the beginning, cut off at the end."""
    lasted = (fact.ended_at - fact.began_at).total_seconds() / 60
    before_end = 1 - math.exp(-lasted / source.delay_min)
    minutes = -source.delay_min * math.log(1 - chance.random() * before_end)
    return fact.began_at + timedelta(minutes=minutes)


_NAMES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"


def _words(chance: random.Random, plan: Town, fact: Fact, source: Source) -> str:
    """Street and house number as people say them; streets run east (纬) and north (经)."""
    rows = round(fact.north_m / plan.block_m)
    columns = round(fact.east_m / plan.block_m)
    on_row = abs(fact.north_m - rows * plan.block_m) <= abs(fact.east_m - columns * plan.block_m)
    number, along = (rows, fact.east_m) if on_row else (columns, fact.north_m)
    street = f"示例{_NAMES[abs(number) % len(_NAMES)]}{'纬' if on_row else '经'}路"
    house = max(2, 2 * round(along / 20) + 2)
    if chance.random() >= source.number:
        if chance.random() < 0.5:
            return f"{street}附近"
        house = max(2, house + chance.choice((-4, -2, 2, 4)))
    return chance.choice((f"{street}{house}号", f"{street}{house}号门前", f"{street}{house}号旁边"))


def _poisson(chance: random.Random, mean: float) -> int:
    count, left = 0, math.exp(-mean)
    product = chance.random()
    while product > left:
        count, product = count + 1, product * chance.random()
    return count
