"""What a ball camera looks at: its presets, the way between them, and wherever it is steered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from yitong_command.demo.farm.clip import Picture
from yitong_command.demo.farm.encoding import LiveEncoder
from yitong_command.demo.farm.panorama import Aim, Head, Panorama
from yitong_command.demo.farm.scene import Shown, already
from yitong_command.demo.farm.timeline import Span, Timeline
from yitong_command.demo.farm.truth import TruthLog
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError, IllegalTransition, NotFound


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
        aim: Where the head looks there, or None without a panorama.
    """

    span: Span
    event: PresetEvent | None = None
    aim: Aim | None = None


class Steered:
    """What a head sees that is turned by hand, encoded picture by picture.

    Args:
        head: The head.
        panorama: All it can see.
        like: A span of the camera's size and rate.
    """

    def __init__(self, head: Head, panorama: Panorama, like: Span) -> None:
        self.head = head
        self.arrived = False
        self._panorama = panorama
        clip = like.clip
        self._size = (clip.width, clip.height)
        self._rate = max(1, round(clip.fps))
        self._encoder = LiveEncoder(*self._size, self._rate)

    def step(self) -> Picture:
        """Turn a little and look."""
        self.arrived = self.head.step(1 / self._rate) or self.arrived
        return self._encoder.encode(self._panorama.view(self.head.aim, *self._size))


class BallScene:
    """Presets, the pans between them, and events that happen whether looked at or not.

    Args:
        camera_id: For the ground truth.
        presets: By token.
        home: Token of the first view.
        pans: What is shown on the way, by (from, to); a missing pan is a plain cut.
        truth: Where the facts go.
        panorama: What it sees where it is steered by hand; without it, it only knows presets.
    """

    def __init__(
        self,
        camera_id: str,
        presets: Mapping[str, Preset],
        home: str,
        pans: Mapping[tuple[str, str], Span],
        truth: TruthLog,
        panorama: Panorama | None = None,
    ) -> None:
        if home not in presets:
            raise ConfigError("programme.yaml", f"{camera_id}.home", f"no preset {home!r}")
        self._camera_id = camera_id
        self._truth = truth
        self._presets = dict(presets)
        self._pans = dict(pans)
        self._happened = False
        self.preset = home
        self._fixed = Timeline(presets[home].span)
        self._panorama = panorama
        self._steered: Steered | None = None

    @property
    def timeline(self) -> Shown:
        """What is shown; a head that has arrived at its preset shows the preset's clip again."""
        if self._steered is not None and self._steered.arrived:
            self._steered = None
            self._fixed = Timeline(self._span_of(self.preset))
        return self._steered or self._fixed

    @property
    def presets(self) -> tuple[str, ...]:
        """The tokens, in the programme's order."""
        return tuple(self._presets)

    @property
    def moving(self) -> bool:
        """Whether the picture is still on its way to the preset."""
        if self._steered is not None:
            return self._steered.head.moving or self._steered.arrived
        return not self._fixed.settled

    @property
    def position(self) -> tuple[float, float, float]:
        """Pan, tilt and zoom in ONVIF's generic spaces."""
        if self._steered is not None:
            return self._steered.head.aim.normalised()
        return self.position_of(self.preset)

    def position_of(self, token: str) -> tuple[float, float, float]:
        """Pan, tilt and zoom of a preset."""
        aim = self._presets[token].aim
        if aim is not None:
            return aim.normalised()
        tokens = self.presets
        return 2 * tokens.index(token) / max(1, len(tokens) - 1) - 1, 0.0, 0.0

    def move(self, speeds: tuple[float, float, float], for_s: float) -> bool:
        """Turn by hand; False if there is no panorama to look at.

        Args:
            speeds: Pan, tilt and zoom, in [-1, 1].
            for_s: Until it stops by itself, seconds.
        """
        aim = self._presets[self.preset].aim
        if self._panorama is None or aim is None:
            return False
        if self._steered is None:
            span = self._presets[self.preset].span
            self._steered = Steered(Head(aim), self._panorama, span)
        self._steered.arrived = False
        self._steered.head.move(speeds, for_s)
        return True

    def halt(self) -> None:
        """Stop turning by hand; the way between presets is gone to its end."""
        if self._steered is not None and not self._steered.arrived:
            self._steered.head.stop()

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
        if self._steered is not None:
            self.preset = preset
            self._steered.head.go(self._presets[preset].aim or self._steered.head.aim)
            return
        if preset == self.preset:
            return
        pan = self._pans.get((self.preset, preset))
        self.preset = preset
        target = self._span_of(preset)
        self._fixed.cut(*((pan, target) if pan else (target,)))

    def play(self, at: datetime) -> None:
        """Let the events of all presets happen."""
        if self._happened:
            raise already(self._camera_id)
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
        self._fixed.replace_last(self._span_of(self.preset))
