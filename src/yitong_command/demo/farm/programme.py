"""The programme file: which virtual cameras there are and when their events play."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError
from yitong_command.settings.files import Strict, check, read_yaml

_ID = r"^[a-z0-9-]+$"
_CLIP = r"^[A-Za-z0-9_-]+$"


class PresetEventEntry(Strict):
    """What can happen on a preset of a ball camera.

    Attributes:
        clip: What the preset shows from then on.
        kind: Of the ground truth.
        state: Of the ground truth, for example ``missing``.
    """

    clip: str = Field(pattern=_CLIP)
    kind: IncidentKind
    state: str = ""


class PresetEntry(Strict):
    """A preset of a ball camera.

    Attributes:
        clip: What it shows.
        event: What can happen there.
        aim: Pan, tilt and angle of view in degrees, for a camera with a panorama.
    """

    clip: str = Field(pattern=_CLIP)
    event: PresetEventEntry | None = None
    aim: tuple[float, float, float] | None = None


class CameraEntry(Strict):
    """A virtual camera: fixed (``clip``) or ball (``presets``, ``home``, ``pan``).

    Attributes:
        id: Camera id and RTSP path.
        clip: Clip of a fixed camera.
        presets: Presets of a ball camera by token.
        home: The preset it starts at.
        pan: Name pattern of the clips shown while it turns, with ``{from}`` and ``{to}``.
        panorama: Picture, without its suffix, of what it sees where it is steered by hand.
        play_at_s: When the event plays, seconds after the programme's start; None never.
        repeat_every_s: Seconds after which it plays again; None never.
        repair_after_s: Seconds after its start at which the scene is put right; None never.
    """

    id: str = Field(pattern=_ID)
    clip: str | None = Field(None, pattern=_CLIP)
    presets: dict[str, PresetEntry] = Field(default_factory=dict)
    home: str | None = None
    pan: str | None = None
    panorama: str | None = Field(None, pattern=_CLIP)
    play_at_s: float | None = Field(None, ge=0)
    repeat_every_s: float | None = Field(None, gt=0)
    repair_after_s: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _either_fixed_or_ball(self) -> CameraEntry:
        if bool(self.clip) == bool(self.presets):
            raise ValueError("a camera has either a clip or presets")
        if self.presets and self.home not in self.presets:
            raise ValueError(f"home must be one of the presets: {', '.join(self.presets)}")
        if self.panorama and not all(preset.aim for preset in self.presets.values()):
            raise ValueError("with a panorama every preset has an aim")
        if self.repeat_every_s and self.play_at_s is None:
            raise ValueError("repeat_every_s needs play_at_s")
        return self


class _ProgrammeFile(Strict):
    cameras: tuple[CameraEntry, ...] = Field(min_length=1)


def load_programme(path: Path) -> tuple[CameraEntry, ...]:
    """Read the programme.

    Raises:
        ConfigError: If it is absent or wrong; names file and key.
    """
    cameras = check(_ProgrammeFile, path, read_yaml(path)).cameras
    seen: set[str] = set()
    for index, camera in enumerate(cameras):
        if camera.id in seen or camera.id.startswith("bench-"):
            raise ConfigError(
                str(path),
                f"cameras.{index}.id",
                f"编号 {camera.id} 重复或为保留编号 / id {camera.id} is used twice or reserved",
            )
        seen.add(camera.id)
    return cameras
