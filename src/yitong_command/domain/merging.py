"""When two tellings are one fact, and what comes in numbers from one cause. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class MergeRule:
    """How near in place and time two tellings of one kind are one fact.

    Attributes:
        distance_m: Extent: metres between two exact tellings of one fact, at most.
        window: Time between them, at most.
        spacing_m: How far apart different facts of this kind usually are at one time.
        automatic: Whether a rule may join them; if not, an operator is asked.
    """

    distance_m: float
    window: timedelta
    spacing_m: float
    automatic: bool = True


@dataclass(frozen=True, slots=True)
class Merging:
    """All rules of merging.

    Attributes:
        automatic: Probability of one fact from which two tellings are joined at once, in (0, 1).
        ask: Probability from which an operator is asked, below ``automatic``.
        accuracy_m: Usual error of the place on each axis, in metres, by source.
        default_accuracy_m: The same for sources that are not listed.
        neighbours: Pairs of subtypes, with a dot, that people take for each other.
        rules: By category code.
        default: For categories without a rule; never automatic.
        never: Categories that only a person joins: different people are never one fact by rule.
    """

    automatic: float
    ask: float
    accuracy_m: dict[str, float]
    default_accuracy_m: float
    neighbours: frozenset[frozenset[str]]
    rules: dict[str, MergeRule]
    default: MergeRule
    never: frozenset[str]

    def rule_of(self, category: str) -> MergeRule:
        """The rule of a category, given with or without its subtype."""
        return self.rules.get(category.partition(".")[0], self.default)

    def accuracy_of(self, source: str) -> float:
        """Usual error of a source's place on each axis, in metres."""
        return self.accuracy_m.get(source, self.default_accuracy_m)

    def only_asked(self, category: str) -> bool:
        """Whether only a person joins cases of this category, given with or without subtype."""
        return category.partition(".")[0] in self.never

    def neighbours_of(self, category: str) -> tuple[str, ...]:
        """The subtype itself and those it is taken for, in a fixed order."""
        pairs = [pair for pair in self.neighbours if category in pair]
        return (category, *sorted({other for pair in pairs for other in pair} - {category}))


@dataclass(frozen=True, slots=True)
class GroupKind:
    """What can come in numbers from one cause.

    Attributes:
        code: Its word.
        categories: Categories, or subtypes with a dot, that it brings.
        least: Cases within the window from which they are a group.
        window: Time within which they begin; also the quiet that ends a group.
        zh: Its name in Chinese.
        en: Its name in English.
    """

    code: str
    categories: frozenset[str]
    least: int
    window: timedelta
    zh: str
    en: str

    def holds(self, category: str) -> bool:
        """Whether a category with its subtype belongs to it."""
        return category in self.categories or category.partition(".")[0] in self.categories
