"""What a virtual camera looks at: a fixed scene with an event, or the presets of a ball camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from yitong_command.demo.farm.clip import Clip
from yitong_command.demo.farm.segments import Segments
from yitong_command.demo.farm.timeline import Span, Timeline
from yitong_command.demo.farm.truth import TruthLog
from yitong_command.domain.camera import MAIN_VIEW
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError, IllegalTransition, NotFound


class Scene(Protocol):
    """What the farm can do with any camera's scene."""

    @property
    def timeline(self) -> Timeline:
        """What is shown."""

    @property
    def phase(self) -> str:
        """``quiet``, ``event`` or ``after``."""

    def play(self, at: datetime) -> None:
        """Let the event happen; ``at`` is when the next picture is shown.

        Raises:
            IllegalTransition: If there is no event, or it has happened and was not put right.
        """

    def repair(self, at: datetime) -> None:
        """Put the scene right."""


class FixedScene:
    """A quiet loop, an event once, and what is left of it in a loop.

    Args:
        camera_id: For the ground truth.
        clip: The clip.
        segments: Its parts; without a quiet part the whole clip repeats and there is no event.
        truth: Where the facts go.

    Raises:
        ValueError: If the segments do not fit the clip.
    """

    def __init__(self, camera_id: str, clip: Clip, segments: Segments, truth: TruthLog) -> None:
        self._camera_id = camera_id
        self._truth = truth
        self._segments = segments
        self._event: Span | None = None
        self._quiet = Span.whole(clip)
        if segments.quiet:
            self._quiet = Span.between(clip, *segments.quiet)
            if segments.quiet[1] < clip.duration_s - 0.5 / clip.fps:
                self._event = Span.between(clip, segments.quiet[1], clip.duration_s)
        self._after = Span.between(clip, *segments.after) if segments.after else self._quiet
        self.timeline = Timeline(self._quiet)

    @property
    def has_event(self) -> bool:
        """Whether anything can happen here."""
        return self._event is not None

    @property
    def phase(self) -> str:
        """``quiet``, ``event`` or ``after``."""
        if self.timeline.span is self._event:
            return "event"
        quiet = self.timeline.span is self._quiet and not self._truth.lasting(self._camera_id)
        return "quiet" if quiet else "after"

    def play(self, at: datetime) -> None:
        """Let the event happen once."""
        if self._event is None:
            raise IllegalTransition(
                f"摄像机 {self._camera_id} 没有可播放的事件",
                f"camera {self._camera_id} has no event to play",
            )
        if self.phase == "event" or self._truth.lasting(self._camera_id):
            raise _already(self._camera_id)
        self.timeline.cut(self._event, self._after)
        self._note_facts(self._event, at)

    def repair(self, at: datetime) -> None:
        """Back to the quiet loop."""
        self._truth.end(self._camera_id, at)
        self.timeline.cut(self._quiet)

    def _note_facts(self, event: Span, at: datetime) -> None:
        begin = event.begins_s
        for item in self._segments.events:
            if item.ended_s <= begin:
                continue
            stays = self._segments.after is not None and (
                item.began_s <= self._segments.after[0]
                and item.ended_s >= self._segments.after[1] - 0.5
            )
            began_at = at + timedelta(seconds=max(0.0, item.began_s - begin))
            ended_at = None if stays else at + timedelta(seconds=item.ended_s - begin)
            self._truth.add(item.kind, self._camera_id, MAIN_VIEW, item.state, began_at, ended_at)


@dataclass(frozen=True, slots=True)
class PresetEvent:
    """What can happen on a preset.

    Attributes:
        span: What the preset shows from then on.
        kind: Of the ground truth.
        state: Of the ground truth.
    """

    span: Span
    kind: IncidentKind
    state: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A view of a ball camera.

    Attributes:
        span: What it shows.
        event: What can happen there, or None.
    """

    span: Span
    event: PresetEvent | None = None


class BallScene:
    """Presets, the pans between them, and events that happen whether looked at or not.

    Args:
        camera_id: For the ground truth.
        presets: By token.
        home: Token of the first view.
        pans: What is shown on the way, by (from, to); a missing pan is a plain cut.
        truth: Where the facts go.
    """

    def __init__(
        self,
        camera_id: str,
        presets: Mapping[str, Preset],
        home: str,
        pans: Mapping[tuple[str, str], Span],
        truth: TruthLog,
    ) -> None:
        if home not in presets:
            raise ConfigError("programme.yaml", f"{camera_id}.home", f"no preset {home!r}")
        self._camera_id = camera_id
        self._truth = truth
        self._presets = dict(presets)
        self._pans = dict(pans)
        self._happened = False
        self.preset = home
        self.timeline = Timeline(presets[home].span)

    @property
    def presets(self) -> tuple[str, ...]:
        """The tokens, in the programme's order."""
        return tuple(self._presets)

    @property
    def moving(self) -> bool:
        """Whether the picture is still on its way to the preset."""
        return not self.timeline.settled

    @property
    def phase(self) -> str:
        """``quiet`` or ``after``."""
        return "after" if self._happened else "quiet"

    def goto(self, preset: str) -> None:
        """Turn to a preset.

        Raises:
            NotFound: If there is no such preset.
        """
        if preset not in self._presets:
            known = ", ".join(self._presets)
            raise NotFound(f"没有预置位 {preset}", f"there is no preset {preset!r}: {known}")
        if preset == self.preset:
            return
        pan = self._pans.get((self.preset, preset))
        self.preset = preset
        target = self._span_of(preset)
        self.timeline.cut(*((pan, target) if pan else (target,)))

    def play(self, at: datetime) -> None:
        """Let the events of all presets happen."""
        if self._happened:
            raise _already(self._camera_id)
        events = {token: p.event for token, p in self._presets.items() if p.event}
        if not events:
            raise IllegalTransition(
                f"摄像机 {self._camera_id} 没有可播放的事件",
                f"camera {self._camera_id} has no event to play",
            )
        self._happened = True
        for token, event in events.items():
            self._truth.add(event.kind, self._camera_id, token, event.state, at, None)
        self._show_changed()

    def repair(self, at: datetime) -> None:
        """Put all presets right."""
        self._truth.end(self._camera_id, at)
        self._happened = False
        self._show_changed()

    def _span_of(self, token: str) -> Span:
        preset = self._presets[token]
        return preset.event.span if self._happened and preset.event else preset.span

    def _show_changed(self) -> None:
        self.timeline.replace_last(self._span_of(self.preset))


def _already(camera_id: str) -> IllegalTransition:
    return IllegalTransition(
        f"摄像机 {camera_id} 的事件正在进行或尚未修复",
        f"camera {camera_id}: the event is under way or was not repaired yet",
    )
