"""`yitong evaluate-rules`: the real eyes, tracker and rules on clips whose truth is known.

Each clip is decoded and seen by the detectors once. With ``loop_to_s`` its looks are then played
again and again, with media time going on, until so much scene time has passed: tracker and rules
run on all of it, detectors don't see the same pictures twice. At the seam everything jumps, which
is harder than the street.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraKind
from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import Change, IncidentKind
from yitong_command.errors import ConfigError, DetectorFailed
from yitong_command.ingest.eyes import DetectorPair, load_pair, see
from yitong_command.ingest.looks import Sight, cover_bounds, cover_zones
from yitong_command.ingest.scene_score import Patience, Report, Score, compare, repeat
from yitong_command.ingest.scene_truth import Scene, read_scenes
from yitong_command.ingest.views import ViewMemory, ZoneWatch
from yitong_command.rules import RULES
from yitong_command.rules.illegal_parking import LEAST_LOOKS
from yitong_command.sources.file import MediaFrame, open_media
from yitong_command.vision.registry import load_registry

COMMAND = "yitong evaluate-rules"
START = datetime(2026, 1, 1, tzinfo=UTC)
"""Any time does; rules only see differences."""
COVER = IncidentKind.MANHOLE_COVER


@dataclass(frozen=True, slots=True)
class RuleTrial:
    """How the rules are tried.

    Attributes:
        folder: Clips with their ``.gt.json``.
        models_dir: Folder of the model registry.
        dwell_s: How long a vehicle must stand. The other durations of the rule follow as in
            ``rules.yaml`` and the demo: re-check after half of it, cleared after three quarters
            (at most 60 s), absence forgiven for five eighths (at most what the rule forgives).
        agree_s: Over how long looks at a cover must agree.
        every_s: Time between two looks.
        loop_to_s: Play each clip again until so much scene time has passed; None plays it once.
        kind: Try only this rule; None tries all.
        min_cover_px: A cover smaller than this in the picture is not judged.
    """

    folder: Path
    models_dir: Path
    dwell_s: float = 8.0
    agree_s: float = 4.0
    every_s: float = 1.0
    loop_to_s: float | None = None
    kind: IncidentKind | None = None
    min_cover_px: float = 60.0

    @property
    def settings(self) -> dict[IncidentKind, dict[str, float]]:
        """Rule settings by kind."""
        standing = {
            "dwell_s": self.dwell_s,
            "recheck_s": self.dwell_s / 2,
            "clear_after_s": min(60.0, self.dwell_s * 0.75),
        }
        return {
            kind: {
                **standing,
                "miss_s": min(rule.configure((), {}).miss_s, self.dwell_s * 0.625),
            }
            if rule.has_terms
            else {"agree_s": self.agree_s, "min_cover_px": self.min_cover_px}
            for kind, rule in RULES.items()
        }

    @property
    def patience(self) -> dict[IncidentKind, Patience]:
        """When a report is due, and how long a condition must last to demand one."""
        spare_s = LEAST_LOOKS * self.every_s
        standing = Patience(self.dwell_s, self.dwell_s * 1.5 + spare_s, self.every_s)
        cover = Patience(self.agree_s, self.agree_s + spare_s, self.every_s)
        return {kind: standing if rule.has_terms else cover for kind, rule in RULES.items()}


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a clip.

    Attributes:
        media_s: Seconds of the clip.
        sight: What was seen, or None if the detector failed.
        width_px: Width of the picture.
        height_px: Height of the picture.
    """

    media_s: float
    sight: Sight | None
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class ClipResult:
    """What came of one clip.

    Attributes:
        scene: The clip.
        scene_s: Scene time watched.
        looks: Looks the rules were told of.
        not_judged: Of those, on which the detector failed.
        score: Reports against facts.
        cover_looks: Looks from the begin of each found cover fact to its report, looks at a
            covered cover not counted.
        covered: Looks of one pass at which a cover was hidden.
        judged_covered: Of those, on which its state was judged nevertheless.
        vehicles: Vehicles seen in all looks of one pass.
        small_covers: Width in pixels of covers too small to be judged, by zone id.
    """

    scene: Scene
    scene_s: float
    looks: int
    not_judged: int
    score: Score
    cover_looks: tuple[int, ...]
    covered: int
    judged_covered: int
    vehicles: int
    small_covers: Mapping[str, int]


def try_rules(
    trial: RuleTrial, make_pair: Callable[[Path], DetectorPair] | None = None
) -> Iterator[ClipResult | Scene]:
    """Try the rules on every clip of a folder, in order of their names.

    Args:
        trial: What is tried.
        make_pair: Makes the detectors from the models' folder; by default those of the registry.

    Yields:
        What came of each clip; the scene itself where it has no zone to watch.

    Raises:
        ConfigError: If a ground truth or a setting is wrong.
        CorruptMedia: If a clip can't be decoded.
        ModelMismatch: If a model can't be loaded.
    """
    pair: DetectorPair | None = None
    for whole in read_scenes(trial.folder):
        scene = _of_kind(whole, trial.kind)
        if not scene.zones:
            yield scene
            continue
        pair = pair or (make_pair or _pair)(trial.models_dir)
        yield _tried(scene, trial, look_at(scene, trial, pair))


def _of_kind(scene: Scene, kind: IncidentKind | None) -> Scene:
    if kind is None:
        return scene
    zones = tuple(zone for zone in scene.zones if zone.kind is kind)
    facts = tuple(fact for fact in scene.facts if fact.kind is kind)
    covered = scene.covered if kind is COVER else {}
    return replace(scene, zones=zones, facts=facts, covered=covered)


def look_at(scene: Scene, trial: RuleTrial, pair: DetectorPair) -> list[Look]:
    """Decode a clip and see it, once; covers too small in the picture are not shown to the model.

    Raises:
        ConfigError: If a setting is wrong.
        CorruptMedia: If it can't be decoded.
    """
    memory = _memory(scene, trial)
    frames = open_media(str(scene.clip), trial.every_s, START)
    return [_seen(frame, memory, pair) for frame in frames]


def _pair(models_dir: Path) -> DetectorPair:
    return load_pair(load_registry(models_dir))


def _seen(frame: MediaFrame, memory: ViewMemory, pair: DetectorPair) -> Look:
    height, width = frame.pixels.shape[:2]
    covers, small = memory.covers_in(width, height)
    sight: Sight | None = None
    with suppress(DetectorFailed):  # then it is not judged
        sight = see(pair, [(frame.pixels, covers)])[0].and_covers(small)
    return Look(frame.media_s, sight, width, height)


def _tried(scene: Scene, trial: RuleTrial, looks: list[Look]) -> ClipResult:
    length_s = looks[-1].media_s + trial.every_s
    scene_s = max(length_s, trial.loop_to_s or 0.0)
    played = _played(looks, length_s, scene_s)
    facts = repeat(scene.facts, length_s, scene_s, 2 * trial.every_s)
    score = compare(facts, _reports(scene, trial, played), trial.patience)
    hidden = {zone_id: set(_look_numbers(times, looks, scene.fps)) for zone_id, times in
              scene.covered.items()}  # fmt: skip
    return ClipResult(
        scene=scene,
        scene_s=scene_s,
        looks=len(played),
        not_judged=sum(look.sight is None for look in played),
        score=score,
        cover_looks=tuple(
            sum(
                fact.begin_s <= look.media_s <= report.opened_s
                and number % len(looks) not in hidden.get(fact.zone_id, set())
                for number, look in enumerate(played)
            )
            for fact, report in score.found
            if fact.kind is COVER
        ),
        covered=sum(map(len, hidden.values())),
        judged_covered=sum(
            _is_judged(looks[number], zone_id)
            for zone_id, numbers in hidden.items()
            for number in numbers
        ),
        vehicles=sum(len(look.sight.vehicles) for look in looks if look.sight),
        small_covers=_small_covers(scene, trial, looks[0]),
    )


def _small_covers(scene: Scene, trial: RuleTrial, look: Look) -> dict[str, int]:
    _, small = _memory(scene, trial).covers_in(look.width_px, look.height_px)
    boxes = {zone.zone_id: cover_bounds(zone) for zone in cover_zones(scene.zones)}
    return {
        zone_id: round(max((b.x1 - b.x0) * look.width_px, (b.y1 - b.y0) * look.height_px))
        for zone_id, b in boxes.items()
        if zone_id in small
    }


def _played(looks: list[Look], length_s: float, until_s: float) -> list[Look]:
    """The looks over and over, with time going on."""
    played: list[Look] = []
    start_s = 0.0
    while start_s < until_s:
        for look in looks:
            if start_s + look.media_s < until_s:
                played.append(replace(look, media_s=start_s + look.media_s))
        start_s += length_s
    return played


def _reports(scene: Scene, trial: RuleTrial, played: list[Look]) -> Iterator[Report]:
    """What the rules open; the same steps as in the pipeline."""
    memory = _memory(scene, trial)
    for look in played:
        at = START + timedelta(seconds=look.media_s)
        tracks = memory.track(look.sight, at) if look.sight else ()
        for watched, folded, changes in memory.judge(at, tracks, look.sight):
            watched.folded = folded
            for change in changes:
                if change.change is Change.OPENED:
                    zone = watched.zone
                    yield Report(
                        zone.kind, zone.zone_id, look.media_s, change.box, change.state or "",
                        change.score,
                    )  # fmt: skip


def _memory(scene: Scene, trial: RuleTrial) -> ViewMemory:
    camera = Camera(
        "source", CameraKind.FIXED, "视频源", "source", "", Place(0.0, 0.0), zones=scene.zones
    )
    try:
        watches = [
            ZoneWatch(z, RULES[z.kind].configure(z.polygon, trial.settings[z.kind]))
            for z in scene.zones
        ]
    except ValueError as exc:
        raise ConfigError(COMMAND, "--dwell, --agree", str(exc)) from exc
    return ViewMemory(camera, MAIN_VIEW, watches)


def _look_numbers(times: tuple[float, ...], looks: list[Look], fps: float) -> Iterator[int]:
    """Which looks fell on these pictures of the clip."""
    for number, look in enumerate(looks):
        if any(abs(look.media_s - t) < 0.5 / fps for t in times):
            yield number


def _is_judged(look: Look, zone_id: str) -> bool:
    cover = look.sight.covers.get(zone_id) if look.sight else None
    return cover is not None and cover.state is not None
