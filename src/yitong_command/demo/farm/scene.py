"""What a virtual camera looks at: a fixed scene with an event."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from yitong_command.demo.farm.clip import Clip, Picture
from yitong_command.demo.farm.segments import Segments
from yitong_command.demo.farm.timeline import Span, Timeline
from yitong_command.demo.farm.truth import TruthLog
from yitong_command.domain.camera import MAIN_VIEW
from yitong_command.errors import IllegalTransition


class Shown(Protocol):
    """Where a camera's pictures come from."""

    def step(self) -> Picture:
        """The next picture."""


class Scene(Protocol):
    """What the farm can do with any camera's scene."""

    @property
    def timeline(self) -> Shown:
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
            raise already(self._camera_id)
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


def already(camera_id: str) -> IllegalTransition:
    """The event of a camera has happened and was not put right."""
    return IllegalTransition(
        f"摄像机 {camera_id} 的事件正在进行或尚未修复",
        f"camera {camera_id}: the event is under way or was not repaired yet",
    )
