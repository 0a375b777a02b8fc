"""Making virtual cameras out of the programme and the clips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from yitong_command.demo.farm.ball import BallScene, Preset, PresetEvent
from yitong_command.demo.farm.black import black_clip
from yitong_command.demo.farm.camera import VirtualCamera
from yitong_command.demo.farm.clip import Clip, load_clip
from yitong_command.demo.farm.manners import PLAIN, Manners, Parameters
from yitong_command.demo.farm.options import FarmOptions
from yitong_command.demo.farm.panorama import Aim, Panorama
from yitong_command.demo.farm.programme import CameraEntry, PresetEntry
from yitong_command.demo.farm.scene import FixedScene
from yitong_command.demo.farm.segments import Segments, load_segments
from yitong_command.demo.farm.timeline import Span
from yitong_command.demo.farm.truth import TruthLog
from yitong_command.errors import ConfigError, CorruptMedia

_SUFFIXES = (".mp4", ".mkv", ".mov", ".h264", ".h265")

log = structlog.get_logger()


@dataclass(slots=True)
class County:
    """All virtual cameras.

    Attributes:
        cameras: By id, in the programme's order, copies last.
        failed: Cameras that can't be served, with the reason.
        blacks: Black clips by the clip whose size and rate they share.
        truth: What is really to be seen.
    """

    cameras: dict[str, VirtualCamera] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    blacks: dict[str, Clip] = field(default_factory=dict)
    truth: TruthLog = field(default_factory=TruthLog)


class _Library:
    """Every clip is read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._clips: dict[str, Clip] = {}

    def clip(self, name: str) -> Clip:
        if name not in self._clips:
            self._clips[name] = load_clip(self._path(name))
        return self._clips[name]

    def has(self, name: str) -> bool:
        return self._path(name).is_file()

    def segments_path(self, name: str) -> Path:
        return self.folder / f"{name}.gt.json"

    def _path(self, name: str) -> Path:
        for suffix in _SUFFIXES:
            path = self.folder / f"{name}{suffix}"
            if path.is_file():
                return path
        return self.folder / f"{name}{_SUFFIXES[0]}"


def build_county(entries: Sequence[CameraEntry], options: FarmOptions) -> County:
    """Pack the clips and make the cameras; a bad clip takes out only its own cameras.

    Raises:
        CorruptMedia: If not one camera can be served; names the first file.
        ConfigError: If credentials are given for a camera that is not there.
    """
    county = County()
    library = _Library(options.clips_dir)
    for entry in entries:
        try:
            camera = _camera(entry, library, county.truth, options, len(county.cameras))
        except CorruptMedia as exc:
            log.warning("farm_clip_unusable", camera=entry.id, reason=str(exc))
            county.failed[entry.id] = str(exc)
        else:
            county.cameras[entry.id] = camera
    if not county.cameras:
        raise CorruptMedia(next(iter(county.failed.values())))
    _add_copies(county, entries, library, options)
    for camera in county.cameras.values():
        _add_black(county, camera.home)
    for key, named in (("credentials", options.credentials), ("manners", options.manners)):
        for camera_id in named.keys() - county.cameras.keys() - county.failed.keys():
            raise ConfigError(
                "FarmOptions",
                f"{key}.{camera_id}",
                f"没有摄像机 {camera_id} / there is no camera {camera_id}",
            )
    return county


def _camera(
    entry: CameraEntry, library: _Library, truth: TruthLog, options: FarmOptions, number: int
) -> VirtualCamera:
    credentials = options.credentials.get(entry.id)
    manners = options.manners.get(entry.id, PLAIN)
    if entry.clip:
        clip = library.clip(entry.clip)
        scene = _fixed(entry.id, _as_sent(clip, manners), library, truth)
        if entry.play_at_s is not None and not scene.has_event:
            raise CorruptMedia(
                f"{library.segments_path(entry.clip)}: 没有可播放的事件段 / "
                "it has no quiet_segment followed by an event"
            )
        return VirtualCamera(entry.id, scene, clip, credentials, number, manners)
    ball = _ball(entry, library, truth)
    home = library.clip(entry.presets[entry.home or ""].clip)
    return VirtualCamera(entry.id, ball, home, credentials, number, manners)


def _as_sent(clip: Clip, manners: Manners) -> Clip:
    """The clip, without the parameter sets in it if the camera leaves them to its description."""
    if manners.parameters is not Parameters.DESCRIBED:
        return clip
    bare = (
        replace(picture, packets=picture.packets.described()) if picture.key else picture
        for picture in clip.pictures
    )
    return replace(clip, pictures=tuple(bare))


def _fixed(camera_id: str, clip: Clip, library: _Library, truth: TruthLog) -> FixedScene:
    path = library.segments_path(clip.name)
    segments: Segments = load_segments(path)
    try:
        return FixedScene(camera_id, clip, segments, truth)
    except ValueError as exc:
        raise CorruptMedia(f"{path}: {exc}") from exc


def _ball(entry: CameraEntry, library: _Library, truth: TruthLog) -> BallScene:
    presets = {token: _preset(preset, library) for token, preset in entry.presets.items()}
    pans = {}
    for begin in presets:
        for end in presets:
            name = (entry.pan or "").replace("{from}", begin).replace("{to}", end)
            if begin != end and name and library.has(name):
                pans[begin, end] = Span.whole(library.clip(name))
            elif begin != end and name:
                log.warning("farm_pan_clip_missing", camera=entry.id, clip=name)
    panorama = Panorama(library.folder / f"{entry.panorama}.jpg") if entry.panorama else None
    return BallScene(entry.id, presets, entry.home or "", pans, truth, panorama)


def _preset(entry: PresetEntry, library: _Library) -> Preset:
    event = None
    if entry.event:
        span = Span.whole(library.clip(entry.event.clip))
        event = PresetEvent(span, entry.event.kind, entry.event.state)
    aim = Aim(*entry.aim) if entry.aim else None
    return Preset(Span.whole(library.clip(entry.clip)), event, aim)


def _add_copies(
    county: County, entries: Sequence[CameraEntry], library: _Library, options: FarmOptions
) -> None:
    originals = [e for e in entries if e.clip and e.id in county.cameras]
    if not originals:
        return
    for index in range(options.copies):
        name = originals[index % len(originals)].clip or ""
        copy_id = f"bench-{index + 1:04d}"
        scene = _fixed(copy_id, library.clip(name), library, county.truth)
        span = scene.timeline.span
        scene.timeline.skip((index * 7) % (span.end - span.first))
        credentials = options.credentials.get(copy_id)
        county.cameras[copy_id] = VirtualCamera(
            copy_id, scene, library.clip(name), credentials, len(county.cameras)
        )


def _add_black(county: County, like: Clip) -> None:
    if like.name in county.blacks:
        return
    same = (like.codec, like.width, like.height, round(like.fps))
    for black in county.blacks.values():
        if (black.codec, black.width, black.height, round(black.fps)) == same:
            county.blacks[like.name] = black
            return
    try:
        county.blacks[like.name] = black_clip(like)
    except ValueError as exc:
        log.warning("farm_black_clip_unavailable", clip=like.name, reason=str(exc))
