"""What the county does with evidence, from `evidence.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from yitong_command.domain.retention import EvidencePolicy
from yitong_command.domain.taxonomy import CAMERA_SOURCES, Category, Group, Taxonomy
from yitong_command.errors import ConfigError
from yitong_command.settings.files import Strict, check, read_yaml

_Days = Annotated[int, Field(ge=1, le=36500)]


class _RetainFile(Strict):
    default: _Days
    groups: dict[Group, _Days] = {}
    categories: dict[str, _Days] = {}


class _EvidenceFile(Strict):
    machine_checks: tuple[str, ...] = ()
    retain_days: _RetainFile


def load_evidence(path: Path, taxonomy: Taxonomy) -> EvidencePolicy:
    """What is kept for how long, and what a camera may check.

    Raises:
        ConfigError: Naming file and key: a category that does not exist, or a camera that would
            check what cameras may not see, or people.
    """
    content = check(_EvidenceFile, path, read_yaml(path))
    for code in content.machine_checks:
        category = _known(path, "machine_checks", code, taxonomy)
        if category.group is Group.KEY_POPULATION or not category.sources & CAMERA_SOURCES:
            raise ConfigError(str(path), "machine_checks", f"no camera may judge {code}")
    retain = content.retain_days
    for code in retain.categories:
        _known(path, f"retain_days.categories.{code}", code, taxonomy)
    days = {
        code: retain.groups[category.group]
        for code, category in taxonomy.categories.items()
        if category.group in retain.groups
    }
    return EvidencePolicy(
        frozenset(content.machine_checks), retain.default, days | retain.categories
    )


def _known(path: Path, key: str, code: str, taxonomy: Taxonomy) -> Category:
    category = taxonomy.categories.get(code)
    if category is None:
        raise ConfigError(str(path), key, f"there is no category {code!r}")
    return category
