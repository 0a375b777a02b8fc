"""Rule settings from `rules.yaml`, and what a zone of `zones.yaml` changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from yitong_command.domain.camera import Zone
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError
from yitong_command.rules import RULES
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import Settings
from yitong_command.settings.kinds import load_kinds


class RuleBook:
    """Settings of every rule, and of every zone.

    Args:
        numbers: By rule, the settings that differ from its defaults.
        zones_file: Where the zones are written, for messages.
    """

    def __init__(
        self, numbers: Mapping[IncidentKind, Mapping[str, float]], zones_file: Path
    ) -> None:
        self._numbers = numbers
        self._zones_file = zones_file

    def __len__(self) -> int:
        """How many rules there are."""
        return len(RULES)

    def numbers_of(self, kind: IncidentKind) -> dict[str, float]:
        """Every number of a rule, with what it is where no zone says otherwise."""
        settings = RULES[kind].configure((), dict(self._numbers.get(kind, {})))
        return {
            item.name: getattr(settings, item.name)
            for item in fields(settings)
            if item.type in {"float", float}
        }

    def settings_of(self, zone: Zone) -> Any:
        """The settings with which the zone's rule watches it.

        Raises:
            ConfigError: If the zone changes a setting that is unknown or out of its range.
        """
        numbers = {**self._numbers.get(zone.kind, {}), **zone.settings}
        try:
            return RULES[zone.kind].configure(zone.polygon, numbers, zone.terms)
        except ValueError as exc:
            raise ConfigError(str(self._zones_file), f"{zone.subject}.settings", str(exc)) from exc


def load_rules(settings: Settings) -> RuleBook:
    """The rules of ``rules.yaml``, checked together with every zone that changes them.

    Raises:
        ConfigError: As :func:`load_rule_book`; also if a zone of ``zones.yaml`` makes no sense.
    """
    book = load_rule_book(settings)
    for camera in load_cameras(settings):
        for zone in camera.zones:
            book.settings_of(zone)
    return book


def load_rule_book(settings: Settings) -> RuleBook:
    """The rules of ``rules.yaml``, without any zone.

    Raises:
        ConfigError: Naming file and key: a rule or setting that does not exist, or a number out of
            its range.
    """
    path = settings.config_dir / "rules.yaml"
    numbers = load_kinds(settings.config_dir)
    for kind, values in numbers.items():
        try:
            RULES[kind].configure((), values)
        except ValueError as exc:
            raise ConfigError(str(path), kind.value, str(exc)) from exc
    return RuleBook(numbers, settings.config_dir / "zones.yaml")
