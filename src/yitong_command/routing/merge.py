"""One fact, one case: whether a telling belongs to an open case, is new, or must be asked about.

Three bands. Automatic: the probability of one fact is at least ``automatic`` and the category may
be joined by rule. Ask: it is at least ``ask``; the telling is a case of its own until an operator
says whether it is the same. New: everything else. All open cases nearby are weighed against each
other and against something new, so two equally good candidates are a question and never a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from yitong_command.domain.merging import Merging
from yitong_command.routing.likeness import (
    Likeness,
    Sighting,
    joint_rule,
    likeness,
)
from yitong_command.routing.open_case import OpenCase

QUESTIONS = 2
"""At most so many cases are asked about for one telling."""


class Band(StrEnum):
    """What is done with a telling."""

    AUTOMATIC = "automatic"
    ASK = "ask"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Match:
    """An open case that may be of the same fact.

    Attributes:
        case: The case.
        band: Automatic or ask.
        probability: Of one fact, in [0, 1].
        distance_m: Metres to the nearest telling of the case, or None without coordinates.
        gap_s: Seconds between the two.
        reason_zh: Why, with the numbers, in Chinese.
        reason_en: Why, with the numbers, in English.
    """

    case: OpenCase
    band: Band
    probability: float
    distance_m: float | None
    gap_s: float
    reason_zh: str
    reason_en: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a telling.

    Attributes:
        band: Automatic, ask or new.
        matches: Automatic: the case. Ask: whom to ask about, the likeliest first. New: none.
    """

    band: Band
    matches: tuple[Match, ...] = ()

    @property
    def same_subject(self) -> bool:
        """Whether the thing itself decided, and nothing had to be weighed."""
        return bool(self.matches) and self.matches[0].probability == 1.0


NEW = Decision(Band.NEW)


def open_key(category: str, subject: str, told: str, merging: Merging) -> str:
    """What can be open only once: a subtype at a subject.

    Args:
        category: Category and subtype.
        subject: The thing; "" if the source knows none.
        told: Id of the telling; in categories that only a person joins every one may be open.
        merging: Which those are.
    """
    if not subject or merging.only_asked(category):
        return f"{category}|{subject}|{told}"
    return f"{category}|{subject}"


def decide(sighting: Sighting, cases: Iterable[OpenCase], merging: Merging) -> Decision:
    """Which band a telling is in. The order of the cases does not matter.

    The same subtype of the same thing is always the same fact, except in categories that only a
    person joins: there it is asked about.

    Args:
        sighting: What was told.
        cases: Open cases; those out of reach are passed over.
        merging: Rules and errors.
    """
    known = sorted(cases, key=lambda case: case.case_id)
    for case in known:
        if sighting.subject and case.has_subject(sighting.category, sighting.subject):
            return _same_subject(sighting, case, merging)
    weighed = [
        (like, case)
        for case in known
        if (like := likeness(sighting, case.sightings, merging, case.last_seen_at)) is not None
    ]
    total = 1.0 + sum(like.odds for like, _ in weighed)
    ranked = sorted(weighed, key=lambda item: (-item[0].odds, item[1].case_id))
    matches = []
    for like, case in ranked[:QUESTIONS]:
        probability = like.odds / total
        if probability < merging.ask:
            break
        matches.append(_match(sighting, case, like, probability, merging))
    if not matches:
        return NEW
    if matches[0].band is Band.AUTOMATIC:
        return Decision(Band.AUTOMATIC, (matches[0],))
    return Decision(Band.ASK, tuple(matches))


def _same_subject(sighting: Sighting, case: OpenCase, merging: Merging) -> Decision:
    asked = merging.only_asked(sighting.category)
    band = Band.ASK if asked else Band.AUTOMATIC
    zh, en = (
        f"同一点位 {sighting.subject} 同类事项未结",
        (f"the same matter at {sighting.subject} is still open"),
    )
    if asked:
        zh, en = f"{zh};此类只由人工并案", f"{en}; only a person joins cases of this kind"
    return Decision(band, (Match(case, band, 1.0, 0.0, 0.0, zh, en),))


def _match(
    sighting: Sighting, case: OpenCase, like: Likeness, probability: float, merging: Merging
) -> Match:
    rules = (joint_rule(sighting.category, told.category, merging) for told in case.sightings)
    allowed = all(rule.automatic for rule in rules if rule is not None)
    never = merging.only_asked(sighting.category) or merging.only_asked(case.category)
    sure = probability >= merging.automatic
    band = Band.AUTOMATIC if sure and allowed and not never else Band.ASK
    percent = min(99, int(probability * 100))
    zh = f"{'、'.join(like.zh)}: 同一事实的可能 {percent} %"
    en = f"{', '.join(like.en)}: one fact with {percent} %"
    if band is Band.AUTOMATIC:
        zh, en = (
            f"{zh} (≥ {merging.automatic:.0%},自动并案)",
            (f"{en} (joined from {merging.automatic:.0%})"),
        )
    elif sure:
        zh, en = f"{zh};此类只由人工并案", f"{en}; only a person joins cases of this kind"
    gap_s = like.gap.total_seconds()
    return Match(case, band, probability, like.distance_m, gap_s, zh, en)
