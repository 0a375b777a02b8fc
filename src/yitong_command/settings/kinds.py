"""Incident kinds of `rules.yaml`: the numbers of each, and those that the file adds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field, RootModel

from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError
from yitong_command.rules import RULES
from yitong_command.rules.added import rule_like
from yitong_command.settings.files import Strict, check, read_yaml
from yitong_command.settings.terms import Label


class _Sections(RootModel[dict[str, dict[str, Any]]]):
    pass


class _NewKind(Strict):
    like: IncidentKind
    name_zh: str = Field(min_length=1, max_length=40)
    name_en: str = Field(min_length=1, max_length=60)
    category: str = Field(pattern=r"^[a-z0-9_]+\.[a-z0-9_]+$")
    place_zh: str = Field(min_length=1, max_length=40)
    place_en: str = Field(min_length=1, max_length=60)
    vehicles: tuple[Label, ...] | None = Field(None, min_length=1)


class _NewKinds(RootModel[dict[str, _NewKind]]):
    pass


class _Numbers(RootModel[dict[str, dict[str, float]]]):
    pass


BUILT_IN = frozenset(IncidentKind)
FILE = "rules.yaml"


def load_kinds(config_dir: Path) -> dict[IncidentKind, dict[str, float]]:
    """Numbers by kind, as ``rules.yaml`` has them; a kind that it adds is known from then on.

    Args:
        config_dir: The configuration folder.

    Raises:
        ConfigError: Naming the file, the section and what is wrong in it.
    """
    path = config_dir / FILE
    sections = check(_Sections, path, read_yaml(path)).root
    words = {
        name: {key: section[key] for key in _NewKind.model_fields if key in section}
        for name, section in sections.items()
    }
    for name in sections:
        _declare(path, name, words[name])
    numbers = {
        name: {key: value for key, value in section.items() if key not in words[name]}
        for name, section in sections.items()
    }
    read = check(_Numbers, path, numbers).root
    return {IncidentKind(name): values for name, values in read.items()}


def known_kind(config_dir: Path, word: str, command: str) -> IncidentKind:
    """The kind a person means; the installation's own are known too where there are any.

    Args:
        config_dir: The configuration folder; may be absent, as for a tool used by itself.
        word: The word.
        command: Where it was written, for the message.

    Raises:
        ConfigError: If there is no such kind, or ``rules.yaml`` is wrong.
    """
    if (config_dir / FILE).is_file():
        load_kinds(config_dir)
    if word not in RULES:
        raise ConfigError(command, "--kind", f"{word!r}; {', '.join(RULES)}")
    return IncidentKind(word)


def _declare(path: Path, name: str, words: dict[str, Any]) -> None:
    if name in BUILT_IN:
        if words:
            key = f"{name}.{next(iter(words))}"
            raise ConfigError(str(path), key, "只用于新增类别 / only for a kind that is added")
        return
    if "like" not in words:
        known = ", ".join(sorted(BUILT_IN))
        detail = f"没有此规则 / no such rule: {known}; 新增类别须写 / a new kind says like:"
        raise ConfigError(str(path), name, detail)
    new = check(_NewKinds, path, {name: words}).root[name]
    if new.like not in RULES:
        detail = f"不是摄像头规则 / no rule for cameras: {', '.join(sorted(BUILT_IN))}"
        raise ConfigError(str(path), f"{name}.like", detail)
    try:
        RULES[IncidentKind.declare(name)] = rule_like(
            RULES[new.like],
            IncidentKind.declare(name),
            (new.name_zh, new.name_en),
            new.category,
            (new.place_zh, new.place_en),
            frozenset(new.vehicles) if new.vehicles else None,
        )
    except ValueError as exc:
        raise ConfigError(str(path), f"{name}.like", str(exc)) from exc
