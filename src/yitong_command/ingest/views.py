"""What the worker remembers of each view: its last picture, its tracks, its zones' rules."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from yitong_command.domain.camera import Camera, Zone
from yitong_command.domain.incident import RuleChange
from yitong_command.domain.observation import Track
from yitong_command.ingest.gate import Stillness, Thumb
from yitong_command.ingest.looks import (
    CoverSight,
    Sight,
    cover_zones,
    small_cover,
    zone_event,
)
from yitong_command.ingest.scene_memory import SceneMemory
from yitong_command.rules import RULES
from yitong_command.rules.replay import Folded, advance
from yitong_command.settings.rules import RuleBook
from yitong_command.sources.keyframe import Keyframe
from yitong_command.vision import tracker

REFRESH, LONGEST_REFRESH = timedelta(seconds=60), timedelta(seconds=240)
"""An unchanged picture is analysed again after this long, and after twice as long each time that it
shows what was known; where something is open or about to open, the time stays what it was."""
SPREAD = 0.25
"""A view's own time is shorter by up to this share, or all that were begun together would for ever
be analysed together."""


@dataclass(slots=True)
class ZoneWatch:
    """One zone with its rule.

    Attributes:
        zone: The zone.
        settings: Of its rule.
        folded: Where the rule stands.
    """

    zone: Zone
    settings: Any
    folded: Folded = field(default_factory=Folded)

    @property
    def watching(self) -> bool:
        """Whether something is open or about to open here."""
        state = self.folded.state
        return state is not None and RULES[self.zone.kind].watching(state)

    @property
    def open_count(self) -> int:
        """How many conditions are open here."""
        state = self.folded.state
        return 0 if state is None else RULES[self.zone.kind].open_count(state)


@dataclass(frozen=True, slots=True)
class LastLook:
    """The newest look at a view.

    Attributes:
        at: Its capture time.
        judged: Whether anything can be said.
        reason: Why not, Chinese and English; empty when judged.
        tracks: Vehicles.
        sight: What was seen, or None.
        keyframe: The picture itself, still encoded, or None.
        camera_ticks: When the camera's own clock says that it was taken; see
            :class:`Keyframe`. Nothing is dated by it.
    """

    at: datetime
    judged: bool
    reason: tuple[str, str]
    tracks: tuple[Track, ...] = ()
    sight: Sight | None = None
    keyframe: Keyframe | None = None
    camera_ticks: int | None = None


@dataclass(slots=True)
class ViewMemory:
    """Everything remembered of one view of one camera; used from the event loop only.

    Attributes:
        camera: The camera.
        view_id: The view.
        zones: Its zones with their rules.
        stillness: Since when the picture has not changed at all.
        reference: Thumbnail of the picture last analysed, or None.
        analysed_at: When that was.
        sight: What it showed.
        confirmed: How many analysed pictures in a row showed the same.
        trails: State of the tracker.
        last: The newest look, judged or not.
        shown: The newest look that can be shown masked: judged, or of a view in trouble.
        warned: Whether the log has said which covers are too small.
        scene: What it usually looks like, and whether it still does.
    """

    camera: Camera
    view_id: str
    zones: list[ZoneWatch]
    stillness: Stillness | None = None
    reference: Thumb | None = None
    analysed_at: datetime | None = None
    sight: Sight | None = None
    confirmed: int = 0
    trails: tracker.TrackerState = field(default_factory=tracker.TrackerState)
    last: LastLook | None = None
    shown: LastLook | None = None
    warned: bool = False
    scene: SceneMemory = field(default_factory=SceneMemory)

    @property
    def covers(self) -> tuple[Zone, ...]:
        """The manhole covers of this view."""
        return cover_zones(watch.zone for watch in self.zones)

    def covers_in(self, width: int, height: int) -> tuple[tuple[Zone, ...], dict[str, CoverSight]]:
        """The covers that a picture shows large enough, and what is said of the others.

        Args:
            width: Of the picture as the camera made it, pixels.
            height: Of the picture, pixels.
        """
        limits = {watch.zone.zone_id: watch.settings for watch in self.zones}
        said = {
            zone.zone_id: small_cover(zone, limits[zone.zone_id].min_cover_px, width, height)
            for zone in self.covers
        }
        small = {zone_id: sight for zone_id, sight in said.items() if sight is not None}
        return tuple(zone for zone in self.covers if zone.zone_id not in small), small

    @property
    def watching(self) -> bool:
        """Whether any zone deserves more looks now."""
        return any(watch.watching for watch in self.zones)

    def is_stale(self, at: datetime) -> bool:
        """Whether the picture last analysed is too old to say what an unchanged one shows.

        Args:
            at: Capture time of the new picture.
        """
        if self.analysed_at is None:
            return True
        name = f"{self.camera.camera_id}/{self.view_id}".encode()
        after = REFRESH if self.watching else REFRESH * 2 ** min(self.confirmed, 10)
        own_share = 1 - zlib.crc32(name) / 2**32 * SPREAD
        return at - self.analysed_at >= min(after, LONGEST_REFRESH) * own_share

    def remember(self, sight: Sight, thumb: Thumb, at: datetime) -> None:
        """Keep an analysed picture for comparison."""
        same = self.sight is not None and self.sight.tells == sight.tells
        self.confirmed = self.confirmed + 1 if same else 0
        self.sight, self.reference, self.analysed_at = sight, thumb, at

    def track(self, sight: Sight, at: datetime) -> tuple[Track, ...]:
        """The vehicles of a look with their tracks; a repeated sight keeps the same tracks."""
        self.trails, tracks = tracker.step(self.trails, sight.vehicles, at)
        return tracks

    def judge(
        self, at: datetime, tracks: tuple[Track, ...], sight: Sight | None
    ) -> list[tuple[ZoneWatch, Folded, tuple[RuleChange, ...]]]:
        """What every zone's rule says; nothing is kept before the caller sets ``folded``.

        Args:
            at: Capture time of the look.
            tracks: Its vehicles.
            sight: What was seen, or None if the look can't be judged.
        """
        return [
            (
                watch,
                *advance(
                    RULES[watch.zone.kind],
                    watch.settings,
                    watch.folded,
                    zone_event(watch.zone, at, tracks, sight),
                ),
            )
            for watch in self.zones
        ]


Memories: TypeAlias = dict[tuple[str, str], ViewMemory]
"""By camera and view."""


def newest(memories: Memories, camera_id: str) -> ViewMemory | None:
    """The view of a camera that was looked at last, or None if there is none."""
    found: tuple[datetime, ViewMemory] | None = None
    for (owner, _), memory in memories.items():
        last = memory.last
        if owner == camera_id and last and (found is None or last.at > found[0]):
            found = (last.at, memory)
    return found[1] if found else None


def make_memories(
    cameras: tuple[Camera, ...], rules: RuleBook
) -> dict[tuple[str, str], ViewMemory]:
    """An empty memory for every view, by camera and view.

    Raises:
        ConfigError: If a zone's settings are wrong.
    """
    return {
        (camera.camera_id, view.view_id): ViewMemory(
            camera,
            view.view_id,
            [ZoneWatch(zone, rules.settings_of(zone)) for zone in camera.zones_of(view.view_id)],
        )
        for camera in cameras
        for view in camera.views
    }
