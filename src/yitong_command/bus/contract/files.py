"""The contract as files: made from the code, compared with the folder that is published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from yitong_command.bus.contract.asyncapi import document
from yitong_command.bus.contract.compatibility import breaks
from yitong_command.bus.contract.samples import sample
from yitong_command.bus.contract.shapes import Schema, file_name, schema_of
from yitong_command.bus.topics import TOPICS
from yitong_command.errors import ConfigError

PUBLISHED = "schemas/published"


def contract_files() -> dict[str, str]:
    """Text of every generated file by its path below the contract's folder."""
    found = {
        "asyncapi.yaml": yaml.safe_dump(document(), allow_unicode=True, sort_keys=False, width=100)
    }
    for topic in TOPICS.values():
        found[f"schemas/{file_name(topic)}"] = _text(schema_of(topic))
        found[f"examples/{topic.name}.json"] = _text(sample(topic).model_dump(mode="json"))
    return found


def differences(folder: Path) -> tuple[str, ...]:
    """Paths below ``folder`` that are missing, differ from the code, or belong to no topic."""
    wanted = contract_files()
    there = {
        str(path.relative_to(folder))
        for pattern in ("schemas/*.json", "examples/*.json")
        for path in folder.glob(pattern)
    }
    wrong = {name for name, text in wanted.items() if _read(folder / name) != text}
    return tuple(sorted(wrong | (there - set(wanted))))


def write(folder: Path) -> tuple[str, ...]:
    """Write what differs, remove what belongs to no topic; the paths that changed.

    Raises:
        ConfigError: If the folder can't be written to.
    """
    wanted = contract_files()
    changed = differences(folder)
    try:
        for name in changed:
            path = folder / name
            if name not in wanted:
                path.unlink()
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
    except OSError as exc:
        raise ConfigError(str(folder), "", f"写不进去 / can't be written: {exc}") from exc
    return changed


def broken(folder: Path) -> tuple[str, ...]:
    """What the code breaks of the schemas published last; names topic and field.

    A published version that no topic has any more is not compared: its readers are served by
    the topic's older model until the topic is gone.

    Raises:
        ConfigError: If a published schema can't be read.
    """
    found: list[str] = []
    for topic in TOPICS.values():
        path = folder / PUBLISHED / file_name(topic)
        if path.exists():
            found += breaks(topic.name, _schema(path), schema_of(topic))
    for name in _published_topics(folder) - set(TOPICS):
        found.append(f"{name}: 主题被删除 / the topic was removed")
    return tuple(found)


def publish(folder: Path) -> tuple[str, ...]:
    """Make the schemas of now the published ones; the names of the files that changed.

    Raises:
        ConfigError: If that would break readers; names topic and field.
    """
    wrong = broken(folder)
    if wrong:
        raise ConfigError(str(folder / PUBLISHED), "", "\n" + "\n".join(wrong))
    changed = []
    for topic in TOPICS.values():
        path, text = folder / PUBLISHED / file_name(topic), _text(schema_of(topic))
        if _read(path) != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path.name)
    return tuple(changed)


def _published_topics(folder: Path) -> set[str]:
    return {path.name.split(".")[0] for path in (folder / PUBLISHED).glob("*.json")}


def _schema(path: Path) -> Schema:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as exc:
        raise ConfigError(str(path), "", f"读不出 / can't be read: {exc}") from exc


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
