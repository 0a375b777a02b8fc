"""Open cases as merging knows them, and finding those near a place without looking at all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from yitong_command.domain.merging import Merging
from yitong_command.routing.address import read_address
from yitong_command.routing.cells import cells_within
from yitong_command.routing.likeness import Sighting, reach_m
from yitong_command.routing.nearby import Nearby

STREET = "@"
"""Begins the key of a street; the others are cells."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """What merging needs to know of an open case.

    Attributes:
        case_id: The case.
        sightings: What was told of it, the first one first; never empty.
        last_seen_at: When it was last told of.
    """

    case_id: str
    sightings: tuple[Sighting, ...]
    last_seen_at: datetime

    @property
    def category(self) -> str:
        """Category and subtype of what was told first."""
        return self.sightings[0].category

    def has_subject(self, category: str, subject: str) -> bool:
        """Whether this subtype of this thing was told of it."""
        return any(told.category == category and told.subject == subject for told in self.sightings)

    def with_sighting(self, sighting: Sighting, at: datetime) -> OpenCase:
        """The case with one more telling; the same thing again only counts as seen again."""
        latest = max(self.last_seen_at, at)
        if sighting.subject and self.has_subject(sighting.category, sighting.subject):
            return replace(self, last_seen_at=latest)
        return replace(self, sightings=(*self.sightings, sighting), last_seen_at=latest)


class Book:
    """Open cases, by place, street and thing of everything told of them.

    Args:
        cases: Those that are known at first.
        merging: Rules and errors.
    """

    def __init__(self, cases: Iterable[OpenCase], merging: Merging) -> None:
        self._merging = merging
        self._cases: dict[str, OpenCase] = {}
        self._by_place = Nearby(merging)
        self._by_street: dict[tuple[str, str], set[str]] = {}
        self._by_subject: dict[tuple[str, str], str] = {}
        for case in cases:
            self.keep(case)

    def keep(self, case: OpenCase) -> None:
        """Take a case in, or take it as it is now."""
        self._cases[case.case_id] = case
        for told in case.sightings:
            if told.place:
                self._by_place.keep(case.case_id, told.category, told.source, told.place)
            if street := street_of(told.words):
                self._by_street.setdefault((told.category, street), set()).add(case.case_id)
            if told.subject:
                self._by_subject.setdefault((told.category, told.subject), case.case_id)

    def drop(self, case_id: str) -> None:
        """Forget a case that is not open any more."""
        case = self._cases.pop(case_id, None)
        for told in case.sightings if case else ():
            if told.place:
                self._by_place.drop(case_id, told.category, told.source, told.place)
            street = street_of(told.words)
            self._by_street.get((told.category, street), set()).discard(case_id)
            if self._by_subject.get((told.category, told.subject)) == case_id:
                del self._by_subject[told.category, told.subject]

    def get(self, case_id: str) -> OpenCase | None:
        """A case by its id."""
        return self._cases.get(case_id)

    def near(self, sighting: Sighting) -> tuple[OpenCase, ...]:
        """Every open case that this telling could belong to, and some that it could not."""
        same = self._by_subject.get((sighting.category, sighting.subject))
        if same is not None:
            return (self._cases[same],)
        found: set[str] = set()
        if sighting.place:
            found = self._by_place.around(sighting.category, sighting.source, sighting.place)
        if street := street_of(sighting.words):
            for category in self._merging.neighbours_of(sighting.category):
                found |= self._by_street.get((category, street), set())
        return tuple(self._cases[case_id] for case_id in sorted(found))


def street_of(words: str) -> str:
    """The street or estate that an address names, or ""."""
    address = read_address(words) if words else None
    return address.street if address else ""


def wanted_keys(sighting: Sighting, merging: Merging) -> dict[str, frozenset[str]]:
    """Where to look for cases of the same fact: keys by subtype."""
    street = street_of(sighting.words)
    words = frozenset({STREET + street}) if street else frozenset()
    if sighting.place is None:
        return dict.fromkeys(merging.neighbours_of(sighting.category), words)
    keys = {}
    for category in merging.neighbours_of(sighting.category):
        rules = (merging.rule_of(sighting.category), merging.rule_of(category))
        widest = max(rules, key=lambda rule: rule.distance_m)
        reach = reach_m(widest, sighting.source, merging)
        keys[category] = cells_within(sighting.place, reach) | words
    return keys
