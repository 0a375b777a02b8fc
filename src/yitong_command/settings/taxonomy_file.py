"""The form of `taxonomy.yaml`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from yitong_command.domain.clock import parse_limit
from yitong_command.domain.taxonomy import Group
from yitong_command.settings.ethics import EthicsFile
from yitong_command.settings.files import Strict


def _limit(text: str) -> str:
    parse_limit(text)
    return text


LimitText = Annotated[str, AfterValidator(_limit)]
Level = Annotated[int, Field(ge=1, le=4)]
Text = Annotated[str, Field(min_length=1)]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
When = Annotated[
    str,
    Field(
        pattern=r"^(immediately|not_accepted|not_arrived|fire_confirmed|t0\.[0-9]+|"
        r"overdue(\+[0-9]+%)?|not_contacted\+[0-9]+uh)$"
    ),
]


class WordsFile(Strict):
    """One thing in both languages."""

    zh: Text
    en: Text


class ReasonFile(WordsFile):
    """One reason for not filing."""

    counts_as_false: bool


class SecondLookFile(Strict):
    """When a camera's alerts of a kind are shown quietly."""

    precision_bar: float = Field(gt=0, lt=1)


class SourceFile(WordsFile):
    """One source slug."""

    needs_review: bool = False
    consent_required: bool = False
    lawful_basis_required: bool = False


class CountyFile(Strict):
    """Whose taxonomy it is."""

    code: str = Field(pattern=r"^[0-9]{6}$")
    name_zh: Text
    name_en: Text


class SeverityFile(Strict):
    """One severity with its stage limits."""

    name_zh: Text
    name_en: Text
    colour: Literal["red", "orange", "yellow", "blue"]
    file_dispatch: LimitText
    accept: LimitText
    arrive_town: LimitText
    arrive_rural: LimitText
    call_if_no_accept: LimitText | None = None


class TownRuralFile(Strict):
    """A limit in town and in the country."""

    town: LimitText
    rural: LimitText


class LightsFile(Strict):
    """When a case turns yellow and red."""

    yellow_at_used_ratio: float = Field(gt=0, lt=1)
    red_at: Literal["overdue"]
    red2_at_overdue_ratio: float = Field(gt=0)
    red3_at_overdue_ratio: float = Field(gt=0)


class StageCapFile(Strict):
    """Share of the limit that a stage may take."""

    accept: float = Field(gt=0, le=1)
    arrive: float = Field(gt=0, le=1)


class ExtensionFile(Strict):
    """Who may extend a limit, and by how much."""

    max_times: int = Field(ge=0)
    max_factor: float = Field(ge=0)
    approver: Slug
    must_apply_before: Literal["red"]


class TimerRulesFile(Strict):
    """How limits are counted."""

    clock_starts: Literal["dispatched"]
    stage_cap: StageCapFile
    resolve_lookup: tuple[str, ...]
    pause_allowed: tuple[Slug, ...]
    extension: ExtensionFile


class ModeFile(Strict):
    """Peace or emergency."""

    zh: Text
    clock: Literal["per_limit", "continuous"]
    posts: tuple[Literal["A", "B"], ...]
    accept_factor: float = Field(1.0, gt=0, le=1)
    unrelated_severity4: Literal["suspend_clock"] | None = None


class ModesFile(Strict):
    """Both modes."""

    normal: ModeFile
    emergency: ModeFile


class MergeRuleFile(Strict):
    """How near is one fact."""

    distance_m: float = Field(gt=0, le=5000)
    window: LimitText
    spacing_m: float = Field(gt=0, le=20000)


class NeverAutoFile(Strict):
    """What only an operator may merge."""

    groups: tuple[Group, ...]
    categories: tuple[Slug, ...]


class MergeFile(Strict):
    """All merge rules."""

    never_auto: NeverAutoFile
    automatic: float = Field(gt=0.5, lt=1)
    ask: float = Field(gt=0, lt=1)
    accuracy_m: dict[Slug, Annotated[float, Field(gt=0, le=1000)]]
    default_accuracy_m: float = Field(gt=0, le=1000)
    taken_for: tuple[tuple[str, str], ...]
    default: MergeRuleFile
    rules: dict[Slug, MergeRuleFile]
    only_asked: dict[Slug, MergeRuleFile]


class GroupKindFile(WordsFile):
    """What comes in numbers from one cause."""

    code: Slug
    categories: tuple[str, ...] = Field(min_length=1)
    least: int = Field(ge=2, le=1000)
    window: LimitText


class ResolveFile(Strict):
    """The limit of a category in one mode."""

    resolve: LimitText


class PrivacyFile(Strict):
    """Who may see the details of a person."""

    detail_roles: tuple[Slug, ...] = Field(min_length=1)
    others_see: Text
    retain_after_close: LimitText


class StepFile(Strict):
    """One step of a ladder of offices."""

    level: Text
    limit: LimitText


class SubtypeFile(Strict):
    """One kind of matter."""

    code: Slug
    name_zh: Text
    name_en: Text
    severity: Level
    resolve: LimitText
    note: str = ""
    steps: tuple[Slug, ...] = ()


class CategoryFile(Strict):
    """One category."""

    code: Slug
    num: str = Field(pattern=r"^[A-Z]{2}[0-9]{2}$")
    group: Group
    name_zh: Text
    name_en: Text
    definition: Text
    not_meant: str = ""
    sources: tuple[Slug, ...] = Field(min_length=1)
    severity: Level
    filing: Text
    closing: Text
    normal: ResolveFile
    emergency: ResolveFile
    first: Slug
    ladder: Slug
    map_30428: str = ""
    map_31000: str = ""
    privacy: PrivacyFile | None = None
    visit_frequency: dict[Slug, LimitText] = Field(default_factory=dict)
    steps: tuple[StepFile, ...] = ()
    subtypes: tuple[SubtypeFile, ...] = Field(min_length=1)


class TaxonomyFile(Strict):
    """The whole file."""

    version: Literal[1]
    county: CountyFile
    ethics: EthicsFile
    severity: dict[int, SeverityFile]
    verify_limit: TownRuralFile
    lights: LightsFile
    timer_rules: TimerRulesFile
    modes: ModesFile
    reject_reasons: dict[int, ReasonFile]
    second_look: SecondLookFile
    merge: MergeFile
    groups: tuple[GroupKindFile, ...]
    sources: dict[Slug, SourceFile]
    roles: dict[Slug, WordsFile]
    ladders: dict[Slug, tuple[tuple[Slug, When], ...]]
    categories: tuple[CategoryFile, ...]
