"""`yitong bench merge`: how well tellings of one fact find each other, on invented towns.

Every telling goes, in the order in which it arrived, through the decision that the intake uses. A
question is answered at once by an operator who knows the truth, or errs as often as told. A case
closes when its first fact was dealt with; whatever is told of the fact later can't be joined any
more and counts as missed. A case that is first told of after that is open for two hours, until
somebody has looked. Figures are over pairs of tellings: precision is the share of pairs in
one case that are of one fact, recall the share of pairs of one fact that are in one case.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from yitong_command.bench.merge_town import HELD_OUT, KINDS, SOURCES, Fact, Told, Town, town
from yitong_command.domain.geometry import Place
from yitong_command.domain.merging import Merging
from yitong_command.routing.likeness import Sighting
from yitong_command.routing.merge import Band, decide
from yitong_command.routing.open_case import Book, OpenCase

REQUIRED = {"precision": 0.98, "recall": 0.85}
OPERATOR_ERRS = 0.05
LOOKED_AT_LAST = timedelta(hours=2)

Answer = Callable[[bool], bool]
"""What an operator says when asked whether it is one fact, given the truth."""


@dataclass(slots=True)
class Pairs:
    """Pairs of tellings, and how often somebody was asked."""

    joined: int = 0
    right: int = 0
    true: int = 0
    told: int = 0
    asked: int = 0

    def add(self, other: Pairs) -> None:
        """Count another's too."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    def figures(self) -> dict[str, Any]:
        """Precision, recall and share of tellings asked about, with their counts."""
        return {
            "precision": round(self.right / self.joined, 4) if self.joined else 1.0,
            "recall": round(self.right / self.true, 4) if self.true else 1.0,
            "asked_share": round(self.asked / self.told, 4) if self.told else 0.0,
            "pairs_joined": self.joined,
            "pairs_of_one_fact": self.true,
            "tellings": self.told,
        }


@dataclass(slots=True)
class Going:
    """One town while its tellings arrive: open cases, and in which case each telling is."""

    facts: tuple[Fact, ...]
    merging: Merging
    answer: Answer
    book: Book = field(init=False)
    case_of: dict[int, str] = field(default_factory=dict)
    founder: dict[str, Fact] = field(default_factory=dict)
    open_until: dict[str, datetime] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.book = Book((), self.merging)

    def hear(self, told: Told) -> None:
        """One telling arrives."""
        self._close(told)
        sighting = sighting_of(told)
        decision = decide(sighting, self.book.near(sighting), self.merging)
        if decision.band is Band.ASK:
            self.asked.add(told.told_id)
        fact = self.facts[told.fact_id]
        for match in decision.matches:
            case_id = match.case.case_id
            same = self.founder[case_id].fact_id == fact.fact_id
            if decision.band is Band.AUTOMATIC or self.answer(same):
                self.book.keep(match.case.with_sighting(sighting, told.at))
                self.case_of[told.told_id] = case_id
                return
        case_id = f"case-{told.told_id:05d}"
        self.book.keep(OpenCase(case_id, (sighting,), told.at))
        self.case_of[told.told_id], self.founder[case_id] = case_id, fact
        self.open_until[case_id] = (
            fact.ended_at if fact.ended_at > told.at else told.at + LOOKED_AT_LAST
        )

    def _close(self, told: Told) -> None:
        for case_id, until in list(self.open_until.items()):
            if until < told.at:
                self.book.drop(case_id)
                del self.open_until[case_id]


def sighting_of(told: Told) -> Sighting:
    """A telling as merging sees it: nothing of which fact it really was."""
    place = Place(told.lon, told.lat) if told.lon is not None and told.lat is not None else None
    return Sighting(told.category, told.subject, told.source, place, told.at, told.words)


def run_town(
    seed: int, merging: Merging, answer: Answer, plan: Town | None = None
) -> dict[str, Pairs]:
    """One town's pairs by category of the fact, under "all" together."""
    facts, tellings = town(seed, plan)
    going = Going(facts, merging, answer)
    for told in tellings:
        going.hear(told)
    found: dict[str, Pairs] = defaultdict(Pairs)
    by_case: dict[str, list[Told]] = defaultdict(list)
    for told in tellings:
        by_case[going.case_of[told.told_id]].append(told)
        category = facts[told.fact_id].kind.category
        found[category].told += 1
        found[category].asked += told.told_id in going.asked
    for members in by_case.values():
        for one, other in combinations(members, 2):
            category = facts[one.fact_id].kind.category
            found[category].joined += 1
            found[category].right += one.fact_id == other.fact_id
    for fact_id, count in Counter(told.fact_id for told in tellings).items():
        found[facts[fact_id].kind.category].true += count * (count - 1) // 2
    for pairs in list(found.values()):
        found["all"].add(pairs)
    return found


def run(seeds: Iterable[int], merging: Merging, answer: Answer) -> dict[str, Pairs]:
    """The pairs of several towns together."""
    found: dict[str, Pairs] = defaultdict(Pairs)
    for seed in seeds:
        for category, pairs in run_town(seed, merging, answer).items():
            found[category].add(pairs)
    return found


def bench_merge(merging: Merging, seeds: Iterable[int] = HELD_OUT) -> dict[str, Any]:
    """The figures of the required, the automatic and the erring operator's way.

    Args:
        merging: Rules of the county.
        seeds: Towns; those the thresholds were chosen on are not for figures.
    """
    towns = list(seeds)
    chance = random.Random(towns[0])  # noqa: S311 - a seeded operator, no secret
    confirmed = run(towns, merging, lambda same: same)
    alone = run(towns, merging, lambda _same: False)
    erring = run(towns, merging, lambda same: same != (chance.random() < OPERATOR_ERRS))
    figures = confirmed["all"].figures()
    return {
        **figures,
        "required": REQUIRED,
        "met": all(figures[name] >= bar for name, bar in REQUIRED.items()),
        "counted": "automatic + what an operator who knows the truth confirmed; pairs of tellings",
        "automatic_only": alone["all"].figures(),
        f"operator_wrong_{OPERATOR_ERRS:.0%}": erring["all"].figures(),
        "by_category": {
            kind.category: {
                **confirmed[kind.category].figures(),
                "automatic_only": alone[kind.category].figures(),
            }
            for kind in KINDS
        },
        "seeds": [towns[0], towns[-1]],
        "towns": len(towns),
        "town": asdict(Town()),
        "kinds": [asdict(kind) for kind in KINDS],
        "sources": {name: asdict(source) for name, source in SOURCES.items()},
    }
