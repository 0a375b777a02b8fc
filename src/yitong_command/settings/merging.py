"""The merge section of `taxonomy.yaml`: checked, and as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from yitong_command.domain.clock import parse_limit
from yitong_command.domain.merging import GroupKind, MergeRule, Merging
from yitong_command.domain.taxonomy import Group
from yitong_command.settings.taxonomy_file import MergeRuleFile, TaxonomyFile

Refuse = Callable[[str, str], None]


def check_merging(content: TaxonomyFile, refuse: Refuse) -> None:
    """Refuse what a merge section may not say.

    Args:
        content: The whole file.
        refuse: Called with key and reason; raises.
    """
    merge = content.merge
    for required in (Group.KEY_POPULATION, Group.PUBLIC_SECURITY):
        if required not in merge.never_auto.groups:
            refuse("merge.never_auto.groups", f"{required} must be in it")
    _check_rules(content, refuse)
    _window(refuse, "merge.default.window", merge.default)
    known = {f"{one.code}.{sub.code}" for one in content.categories for sub in one.subtypes}
    for index, pair in enumerate(merge.taken_for):
        for code in pair:
            if code not in known:
                refuse(f"merge.taken_for.{index}", f"there is no subtype {code!r}")
    if merge.ask >= merge.automatic:
        refuse("merge.ask", "must be below merge.automatic")


def _check_rules(content: TaxonomyFile, refuse: Refuse) -> None:
    merge = content.merge
    groups = {category.code: category.group for category in content.categories}
    for source in merge.accuracy_m:
        _known(refuse, "merge.accuracy_m", source, content.sources)
    for code in merge.never_auto.categories:
        _known(refuse, "merge.never_auto.categories", code, groups)
    for name, table in (("rules", merge.rules), ("only_asked", merge.only_asked)):
        for code, rule in table.items():
            _known(refuse, f"merge.{name}", code, groups)
            _window(refuse, f"merge.{name}.{code}.window", rule)
    for code in sorted(never_merged(content) & set(merge.rules)):
        refuse(f"merge.rules.{code}", "different people are never merged by rule")


def never_merged(content: TaxonomyFile) -> frozenset[str]:
    """Category codes that only a person joins."""
    never = content.merge.never_auto
    by_group = {one.code for one in content.categories if one.group in never.groups}
    return frozenset(by_group | set(never.categories))


def merging_of(content: TaxonomyFile) -> Merging:
    """The merge section as values."""
    merge = content.merge
    rules = {code: _rule(rule, automatic=True) for code, rule in merge.rules.items()}
    asked = {code: _rule(rule, automatic=False) for code, rule in merge.only_asked.items()}
    never = never_merged(content)
    default = _rule(merge.default, automatic=False)
    return Merging(
        automatic=merge.automatic,
        ask=merge.ask,
        accuracy_m=dict(merge.accuracy_m),
        default_accuracy_m=merge.default_accuracy_m,
        neighbours=frozenset(frozenset(pair) for pair in merge.taken_for),
        rules=rules | asked,
        default=default,
        never=never,
    )


def check_groups(content: TaxonomyFile, refuse: Refuse) -> None:
    """Refuse what the groups may not say: people are no weather.

    Args:
        content: The whole file.
        refuse: Called with key and reason; raises.
    """
    never = never_merged(content)
    codes = {one.code for one in content.categories}
    known = codes | {f"{one.code}.{sub.code}" for one in content.categories for sub in one.subtypes}
    for index, kind in enumerate(content.groups):
        key = f"groups.{index}"
        for code in kind.categories:
            _known(refuse, f"{key}.categories", code, dict.fromkeys(known))
            if code.partition(".")[0] in never:
                refuse(f"{key}.categories", f"{code} is about people and never inhibited")
        if parse_limit(kind.window).working:
            refuse(f"{key}.window", "must be in minutes, hours or days")


def group_kinds_of(content: TaxonomyFile) -> tuple[GroupKind, ...]:
    """The groups as values, in the order of the file."""
    return tuple(
        GroupKind(
            kind.code, frozenset(kind.categories), kind.least,
            timedelta(minutes=parse_limit(kind.window).minutes), kind.zh, kind.en,
        )
        for kind in content.groups
    )  # fmt: skip


def _rule(rule: MergeRuleFile, *, automatic: bool) -> MergeRule:
    window = timedelta(minutes=parse_limit(rule.window).minutes)
    return MergeRule(rule.distance_m, window, rule.spacing_m, automatic)


def _window(refuse: Refuse, key: str, rule: MergeRuleFile) -> None:
    if parse_limit(rule.window).working:
        refuse(key, "must be in minutes, hours or days")


def _known(refuse: Refuse, key: str, code: str, table: Mapping[str, object]) -> None:
    if code not in table:
        what = "source" if key.endswith("accuracy_m") else "category"
        refuse(key, f"there is no {what} {code!r}")
