"""Reading and checking YAML files, with errors that name file and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from yitong_command.errors import ConfigError

T = TypeVar("T", bound=BaseModel)


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        ConfigError: If it is absent, can't be read or is not UTF-8; names the file.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        raise ConfigError(str(path), "", "the file does not exist") from exc
    except OSError as exc:
        raise ConfigError(str(path), "", f"can't be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(str(path), "", f"not UTF-8: {exc}") from exc


def read_yaml(path: Path) -> Any:
    """The content of a YAML file.

    Raises:
        ConfigError: If it is absent, can't be read or is not YAML; names file and line.
    """
    try:
        return yaml.safe_load(read_text(path))
    except yaml.YAMLError as exc:
        raise ConfigError(str(path), "", f"not valid YAML: {exc}") from exc


class Strict(BaseModel):
    """Base of all file models: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def check(model: type[T], path: Path, data: Any) -> T:
    """Validate a file's content.

    Raises:
        ConfigError: Naming file, key and what is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(str(path), key, first["msg"]) from exc
