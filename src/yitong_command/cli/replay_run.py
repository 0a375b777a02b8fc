"""Recorded messages through a changed rule, limit or route, by the functions that run live."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from yitong_command.cli.replay_data import Recorded
from yitong_command.domain.camera import Zone
from yitong_command.domain.county import County
from yitong_command.domain.incident import Change, Incident
from yitong_command.domain.stay import Stay
from yitong_command.errors import ConfigError
from yitong_command.routing.difference import Difference, differ
from yitong_command.routing.what_if import cases
from yitong_command.rules import RULES
from yitong_command.rules.base import AnyRule
from yitong_command.rules.what_if import retold
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import Settings
from yitong_command.settings.rules import load_rule_book

LOOK_S = 2.0
"""Between looks at what was reported before stays were recorded; only its length is known."""


@dataclass(frozen=True, slots=True)
class Setup:
    """One side: a county, and what each of its zones is watched with.

    Attributes:
        county: Categories, merging, limits, roster.
        zones: By subject: the zone, its rule and its settings.
    """

    county: County
    zones: dict[str, tuple[Zone, AnyRule, Any]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay found.

    Attributes:
        difference: What would differ.
        unknown: Openings whose zone has other settings now, but of which too little is recorded;
            they are taken as they were.
    """

    difference: Difference
    unknown: int


@contextmanager
def with_files(settings: Settings, changed: Iterable[Path]) -> Iterator[Settings]:
    """Settings of a copy of the configuration in which some files are replaced.

    Args:
        settings: Of this installation.
        changed: Files; each takes the place of the one whose name its own name ends with.

    Raises:
        ConfigError: If a file takes nobody's place, or can't be read.
    """
    with tempfile.TemporaryDirectory(prefix="yitong-replay-") as scratch:
        folder = Path(scratch) / "config"
        shutil.copytree(settings.config_dir, folder)
        known = sorted(path.name for path in folder.iterdir() if path.is_file())
        for path in changed:
            target = next((name for name in known if path.name.endswith(name)), None)
            if target is None:
                hint = f"文件名应以其一结尾 / its name must end with one of: {', '.join(known)}"
                raise ConfigError(str(path), "--with", hint)
            try:
                shutil.copyfile(path, folder / target)
            except OSError as exc:
                raise ConfigError(str(path), "--with", str(exc)) from exc
        yield replace(settings, config_dir=folder)


def load_setup(settings: Settings, recorded: Recorded, own_zones: bool) -> Setup:
    """Read one side.

    Args:
        settings: With its configuration folder.
        recorded: For the cameras that the store has.
        own_zones: Whether the zones are those of the folder, not those of the store.

    Raises:
        ConfigError: Naming file and key.
    """
    county = load_county(settings)
    book = load_rule_book(settings)
    cameras = county.cameras if own_zones or not recorded.cameras else recorded.cameras
    zones = {
        zone.subject: (zone, RULES[zone.kind], book.settings_of(zone))
        for camera in cameras.values()
        for zone in camera.zones
    }
    return Setup(county, zones)


def run(recorded: Recorded, old: Setup, new: Setup, until: datetime) -> Outcome:
    """Replay, and compare (pure)."""
    before = {str(item.incident_id): item for item in recorded.told}
    after: dict[str, Incident] = {}
    unknown = 0
    for name, item in before.items():
        kept, known = _kept(item, recorded, old, new)
        unknown += not known
        if kept is not None:
            after[name] = kept
    for name, stay in recorded.stays.items():
        added = _added(stay, old, new) if name not in before and not stay.reported else None
        if added is not None:
            after[name] = added
    sides = (before, after)
    both = tuple(
        cases(_in_order(side), recorded.lives, setup.county, until)
        for side, setup in zip(sides, (old, new), strict=True)
    )
    return Outcome(differ(sides, (both[0], both[1]), recorded.labels), unknown)


def _kept(
    item: Incident, recorded: Recorded, old: Setup, new: Setup
) -> tuple[Incident | None, bool]:
    """An opening as the new rule would tell it, None if it would not; and whether that is known."""
    was, now = old.zones.get(item.subject), new.zones.get(item.subject)
    if was is None or (now is not None and was[2] == now[2]):
        return item, True
    if now is None or now[0].kind is not item.kind:
        return None, True  # the zone is gone, or watches for something else
    name = str(item.incident_id)
    stay = recorded.stays.get(name) or _from_incident(item, recorded.cleared.get(name))
    told = None if stay is None else retold(stay, was[1], was[2])
    if stay is None or told is None:
        return item, False
    again = retold(stay, now[1], now[2])
    if again is None:
        return None, True
    return replace(item, changed_at=item.changed_at + (again.at - told.at)), True


def _added(stay: Stay, old: Setup, new: Setup) -> Incident | None:
    """What nobody was told of, and would have been."""
    was, now = old.zones.get(stay.subject), new.zones.get(stay.subject)
    if now is None or now[0].kind is not stay.kind or (was is not None and was[2] == now[2]):
        return None
    change = retold(stay, now[1], now[2])
    if change is None or (was is not None and retold(stay, was[1], was[2]) is not None):
        return None
    zone = now[0]
    return Incident(
        incident_id=stay.stay_id, change=Change.OPENED, kind=stay.kind, category=zone.category,
        source="camera_ai", subject=stay.subject, camera_id=stay.camera_id, view_id=stay.view_id,
        zone_id=stay.zone_id, place=stay.place, began_at=stay.began_at, changed_at=change.at,
        state=change.state, score=stay.score, box=stay.box, reason_zh=change.reason[0],
        reason_en=change.reason[1],
    )  # fmt: skip


def _from_incident(item: Incident, cleared_at: datetime | None) -> Stay | None:
    """A stay of which only the report is known: it lasted from its begin until it was cleared."""
    if cleared_at is None or cleared_at <= item.began_at:
        return None
    looks = max(2, int((cleared_at - item.began_at) / timedelta(seconds=LOOK_S)))
    return Stay(
        stay_id=item.incident_id, kind=item.kind, category=item.category, subject=item.subject,
        camera_id=item.camera_id, view_id=item.view_id, zone_id=item.zone_id, place=item.place,
        began_at=item.began_at, came_at=item.began_at, seen_at=cleared_at, looks=looks,
        seen=looks, score=item.score, state=item.state, box=item.box, reported=True,
    )  # fmt: skip


def _in_order(side: Mapping[str, Incident]) -> list[Incident]:
    return sorted(side.values(), key=lambda item: (item.changed_at, str(item.incident_id)))
