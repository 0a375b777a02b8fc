"""The taxonomy: what the county works on, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from yitong_command.domain.clock import Limit
from yitong_command.domain.merging import GroupKind, Merging

CAMERA_SOURCES = frozenset({"camera_ai", "video_patrol"})
"""Sources that watch; no key-population category may ever have one."""


class Group(StrEnum):
    """Lists of the taxonomy."""

    KEY_POPULATION = "key_population"
    KEY_AREA = "key_area"
    COMMUNITY_PROBLEM = "community_problem"
    PUBLIC_SECURITY = "public_security"
    EXTENSION = "extension"


class Words(NamedTuple):
    """One thing in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class SeverityInfo:
    """One severity.

    Attributes:
        level: 1 is the highest, 4 the lowest.
        name_zh: Chinese name.
        name_en: English name.
        colour: red, orange, yellow or blue.
        accept: From being sent to taking the task.
        arrive_town: From dispatch to being there, in town.
        arrive_rural: The same in the country.
    """

    level: int
    name_zh: str
    name_en: str
    colour: str
    accept: Limit
    arrive_town: Limit
    arrive_rural: Limit


@dataclass(frozen=True, slots=True)
class ClockRules:
    """How all limits are counted.

    Attributes:
        accept_cap: Share of a limit that accepting may take at most.
        arrive_cap: Share of a limit until the arrival at most.
        yellow: Share used at which the light turns yellow.
        red2: Share used at which the county's duty is told.
        red3: Share used at which the county's leader is told.
        emergency_accept: What remains of the time to accept in an emergency, as a share.
    """

    accept_cap: Fraction
    arrive_cap: Fraction
    yellow: Fraction
    red2: Fraction
    red3: Fraction
    emergency_accept: Fraction


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a report is not filed; the operator presses its number.

    Attributes:
        code: 1 to 9.
        zh: In Chinese.
        en: In English.
        counts_as_false: What was reported is not in the picture, so the detector was wrong.
    """

    code: int
    zh: str
    en: str
    counts_as_false: bool


@dataclass(frozen=True, slots=True)
class Subtype:
    """One kind of matter in a category.

    Attributes:
        code: Code within the category.
        name_zh: Chinese name.
        name_en: English name.
        severity: 1 (highest) to 4.
        resolve: Limit from dispatch to handled.
    """

    code: str
    name_zh: str
    name_en: str
    severity: int
    resolve: Limit


@dataclass(frozen=True, slots=True)
class Category:
    """One category with its subtypes.

    Attributes:
        code: For example ``cp_parking``.
        num: Number people use, for example ``CP01``.
        group: The list it is in.
        name_zh: Chinese name.
        name_en: English name.
        severity: Severity of the category as a whole.
        sources: Sources that may report it.
        first: Role that is sent first.
        filing: Filing condition, in Chinese.
        closing: Closing condition, in Chinese.
        subtypes: By their code.
        detail_roles: Roles that may ask for the details of a person; none for other groups.
        ladder: Its escalation ladder.
        emergency: Limit in an emergency; of this and the subtype's the smaller one holds.
    """

    code: str
    num: str
    group: Group
    name_zh: str
    name_en: str
    severity: int
    sources: frozenset[str]
    first: str
    filing: str
    closing: str
    ladder: str
    emergency: Limit
    subtypes: dict[str, Subtype]
    detail_roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All categories and the words around them.

    Attributes:
        county_code: Six digits that every grid code begins with.
        categories: By code, in the order of the file.
        severities: By level.
        reasons: Reasons for not filing, by the number pressed.
        sources: Names of the source slugs.
        roles: Names of the role slugs.
        precision_bar: Share of true alerts, in (0, 1), below which a camera and kind gets a
            second look.
        ladders: Escalation ladders: role and condition of every step, lowest first.
        clock: How limits are counted.
    """

    county_code: str
    categories: dict[str, Category]
    severities: dict[int, SeverityInfo]
    reasons: dict[int, Reason]
    sources: dict[str, Words]
    roles: dict[str, Words]
    precision_bar: float
    merging: Merging
    group_kinds: tuple[GroupKind, ...]
    ladders: dict[str, tuple[tuple[str, str], ...]]
    clock: ClockRules

    def find(self, code: str) -> tuple[Category, Subtype] | None:
        """Category and subtype of ``cp_parking.no_parking_zone``, or None if there is none."""
        category_code, _, subtype_code = code.partition(".")
        category = self.categories.get(category_code)
        subtype = category.subtypes.get(subtype_code) if category else None
        return (category, subtype) if category and subtype else None
