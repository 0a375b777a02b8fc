"""The taxonomy from `taxonomy.yaml`, checked to the last key."""

from __future__ import annotations

from collections.abc import Container
from fractions import Fraction
from pathlib import Path
from typing import Any

from yitong_command.domain.clock import parse_limit
from yitong_command.domain.privacy import PREFIX, is_protected
from yitong_command.domain.taxonomy import (
    CAMERA_SOURCES,
    Category,
    ClockRules,
    Group,
    Reason,
    SeverityInfo,
    Subtype,
    Taxonomy,
    Words,
)
from yitong_command.errors import ConfigError
from yitong_command.settings.ethics import forbidden_basis
from yitong_command.settings.files import check, read_yaml
from yitong_command.settings.merging import check_groups, check_merging, group_kinds_of, merging_of
from yitong_command.settings.taxonomy_file import CategoryFile, SubtypeFile, TaxonomyFile

COUNTS = {
    Group.KEY_POPULATION: 7,
    Group.KEY_AREA: 12,
    Group.COMMUNITY_PROBLEM: 5,
    Group.PUBLIC_SECURITY: 4,
}


def load_taxonomy(path: Path) -> Taxonomy:
    """The taxonomy in a file.

    Raises:
        ConfigError: Naming file and key: unknown keys, wrong counts, codes listed twice, limits
            that are none, references to nothing, and everything the ethical frame refuses.
    """
    return check_taxonomy(path, read_yaml(path))


def check_taxonomy(path: Path, data: Any) -> Taxonomy:
    """The taxonomy in the content of a file.

    Raises:
        ConfigError: As :func:`load_taxonomy`.
    """
    content = check(TaxonomyFile, path, data)
    _Check(path, content).all()
    return _taxonomy(content)


class _Check:
    """What one key alone does not show."""

    def __init__(self, path: Path, content: TaxonomyFile) -> None:
        self._path = path
        self._content = content

    def all(self) -> None:
        self._counts()
        seen: set[str] = set()
        for index, category in enumerate(self._content.categories):
            key = f"categories.{index}"
            for name, value in (("code", category.code), ("num", category.num)):
                if value in seen:
                    self._refuse(f"{key}.{name}", f"{value} is used twice")
                seen.add(value)
            self._references(key, category)
            self._subtypes(key, category)
            self._ethics(key, category)
        self._ladders()
        check_merging(self._content, self._refuse)
        check_groups(self._content, self._refuse)

    def _counts(self) -> None:
        for group, right in COUNTS.items():
            count = sum(category.group is group for category in self._content.categories)
            if count != right:
                self._refuse("categories", f"{group} must have {right} categories, not {count}")
        if set(self._content.reject_reasons) != set(range(1, 10)):
            self._refuse("reject_reasons", "needs exactly the numbers 1 to 9")
        if not any(reason.counts_as_false for reason in self._content.reject_reasons.values()):
            self._refuse("reject_reasons", "one of them must count as false")
        if set(self._content.severity) != {1, 2, 3, 4}:
            self._refuse("severity", "needs exactly the levels 1 to 4")

    def _ladders(self) -> None:
        for name, steps in self._content.ladders.items():
            for index, (role, _when) in enumerate(steps):
                self._known(f"ladders.{name}.{index}.0", role, self._content.roles, "role")
        extension = self._content.timer_rules.extension
        self._known(
            "timer_rules.extension.approver", extension.approver, self._content.roles, "role"
        )

    def _references(self, key: str, category: CategoryFile) -> None:
        content = self._content
        self._known(f"{key}.first", category.first, content.roles, "role")
        self._known(f"{key}.ladder", category.ladder, content.ladders, "ladder")
        for source in category.sources:
            self._known(f"{key}.sources", source, content.sources, "source")
        for role in category.privacy.detail_roles if category.privacy else ():
            self._known(f"{key}.privacy.detail_roles", role, content.roles, "role")

    def _subtypes(self, key: str, category: CategoryFile) -> None:
        seen: set[str] = set()
        for index, subtype in enumerate(category.subtypes):
            if subtype.code in seen:
                self._refuse(f"{key}.subtypes.{index}.code", f"{subtype.code} is used twice")
            seen.add(subtype.code)
            self._basis(f"{key}.subtypes.{index}", subtype)

    def _ethics(self, key: str, category: CategoryFile) -> None:
        self._basis(key, category)
        if is_protected(category.code) is not (category.group is Group.KEY_POPULATION):
            self._refuse(f"{key}.code", f"{PREFIX} begins key-population codes, and no others")
        if category.group is not Group.KEY_POPULATION:
            return
        forbidden = CAMERA_SOURCES | set(self._content.ethics.key_population_forbidden_sources)
        for source in sorted(forbidden & set(category.sources)):
            self._refuse(
                f"{key}.sources", f"key-population category {category.code} refuses {source}"
            )
        if category.privacy is None:
            self._refuse(f"{key}.privacy", f"key-population category {category.code} needs it")

    def _basis(self, key: str, item: CategoryFile | SubtypeFile) -> None:
        texts = {"code": item.code, "name_zh": item.name_zh, "name_en": item.name_en}
        if isinstance(item, CategoryFile):
            texts |= {
                "definition": item.definition, "filing": item.filing, "closing": item.closing,
            }  # fmt: skip
        elif item.note:
            texts["note"] = item.note
        for name, text in texts.items():
            found = forbidden_basis(text)
            if found:
                basis, word = found
                self._refuse(f"{key}.{name}", f"no category rests on {basis} ({word!r})")

    def _known(self, key: str, name: str, table: Container[str], what: str) -> None:
        if name not in table:
            self._refuse(key, f"there is no {what} {name!r}")

    def _refuse(self, key: str, message: str) -> None:
        raise ConfigError(str(self._path), key, message)


def _taxonomy(content: TaxonomyFile) -> Taxonomy:
    return Taxonomy(
        county_code=content.county.code,
        categories={item.code: _category(item, content) for item in content.categories},
        severities={
            level: SeverityInfo(
                level,
                item.name_zh,
                item.name_en,
                item.colour,
                parse_limit(item.accept),
                parse_limit(item.arrive_town),
                parse_limit(item.arrive_rural),
            )
            for level, item in sorted(content.severity.items())
        },
        reasons={
            code: Reason(code, item.zh, item.en, item.counts_as_false)
            for code, item in sorted(content.reject_reasons.items())
        },
        sources={slug: Words(item.zh, item.en) for slug, item in content.sources.items()},
        roles={slug: Words(item.zh, item.en) for slug, item in content.roles.items()},
        precision_bar=content.second_look.precision_bar,
        merging=merging_of(content),
        group_kinds=group_kinds_of(content),
        ladders=dict(content.ladders),
        clock=_clock(content),
    )


def _clock(content: TaxonomyFile) -> ClockRules:
    cap, lights = content.timer_rules.stage_cap, content.lights
    return ClockRules(
        accept_cap=_exact(cap.accept),
        arrive_cap=_exact(cap.arrive),
        yellow=_exact(lights.yellow_at_used_ratio),
        red2=1 + _exact(lights.red2_at_overdue_ratio),
        red3=1 + _exact(lights.red3_at_overdue_ratio),
        emergency_accept=_exact(content.modes.emergency.accept_factor),
    )


def _exact(number: float) -> Fraction:
    """The number as it is written, not as a binary float has it."""
    return Fraction(str(number))


def _category(item: CategoryFile, content: TaxonomyFile) -> Category:
    return Category(
        code=item.code,
        num=item.num,
        group=item.group,
        name_zh=item.name_zh,
        name_en=item.name_en,
        severity=item.severity,
        sources=frozenset(item.sources),
        first=item.first,
        filing=item.filing,
        closing=item.closing,
        ladder=item.ladder,
        emergency=parse_limit(item.emergency.resolve),
        subtypes={
            sub.code: Subtype(
                sub.code, sub.name_zh, sub.name_en, sub.severity, parse_limit(sub.resolve)
            )
            for sub in item.subtypes
        },
        detail_roles=frozenset(item.privacy.detail_roles if item.privacy else ()),
    )
