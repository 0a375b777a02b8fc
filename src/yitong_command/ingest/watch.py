"""`yitong watch`: the same eyes, tracker and rules on any one video, without anything else."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraKind, Zone
from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Place
from yitong_command.domain.incident import Change, IncidentKind, RuleChange
from yitong_command.errors import (
    ConfigError,
    CorruptMedia,
    DetectorFailed,
    ModelMismatch,
    SourceLost,
)
from yitong_command.ingest.evidence import masked_jpeg
from yitong_command.ingest.eyes import DetectorPair, load_pair, see
from yitong_command.ingest.looks import Sight
from yitong_command.ingest.views import ViewMemory, ZoneWatch
from yitong_command.ingest.watch_options import (
    COMMAND,
    WatchOptions,
    duration_s,
    make_zones,
)
from yitong_command.rules import RULES
from yitong_command.sources.file import MediaFrame, open_media
from yitong_command.storage.evidence import EvidenceStore
from yitong_command.vision.registry import load_registry
from yitong_command.vision.steady import Steadier

__all__ = ["WatchOptions", "watch"]

ENDS = {Change.OPENED: ("", ""), Change.UPDATED: ("变化", " updated"),
        Change.CLEARED: ("解除", " cleared")}  # fmt: skip


@dataclass(slots=True)
class _Tally:
    """What one run came to.

    Attributes:
        looks: Pictures looked at.
        unjudged: Of those, on which the detector failed.
        changes: Incidents opened and cleared.
        until_s: Media time of the newest.
        remark: Which covers were too small to be judged, or "".
    """

    looks: int = 0
    unjudged: int = 0
    changes: dict[Change, int] = field(default_factory=lambda: dict.fromkeys(Change, 0))
    until_s: float = 0.0
    remark: str = ""


def watch(
    options: WatchOptions,
    out: TextIO | None = None,
    err: TextIO | None = None,
    make_pair: Callable[[Path], DetectorPair] | None = None,
) -> int:
    """Look at a source until it ends, and print what the rules say.

    Args:
        options: Words of the command line.
        out: Where incidents and looks are printed; standard output if left out.
        err: Where errors and the summary are printed; standard error if left out.
        make_pair: Makes the detectors from the models' folder; by default those of the registry.

    Returns:
        The exit code: 0, or 2 if the source, a zone, an option or a model is wrong.
    """
    out, err = out or sys.stdout, err or sys.stderr
    tally = _Tally()
    try:
        with contextlib.suppress(KeyboardInterrupt):
            _run(options, tally, out, make_pair or _pair)
    except (ConfigError, CorruptMedia, SourceLost, ModelMismatch) as exc:
        print(f"错误 / error: {exc}", file=err)  # noqa: T201
        return 2
    except BrokenPipeError:  # whoever read our lines has enough
        return 0
    if tally.remark:
        print(tally.remark, file=err)  # noqa: T201
    print(  # noqa: T201
        f"观看{tally.until_s:.0f}秒, {tally.looks}次, 未判{tally.unjudged}次, "
        f"发生{tally.changes[Change.OPENED]}起, 解除{tally.changes[Change.CLEARED]}起 / "
        f"watched {tally.until_s:.0f} s, {tally.looks} looks, {tally.unjudged} not judged, "
        f"{tally.changes[Change.OPENED]} opened, {tally.changes[Change.CLEARED]} cleared",
        file=err,
    )
    return 0


def _pair(models_dir: Path) -> DetectorPair:
    return load_pair(load_registry(models_dir))


def _run(
    options: WatchOptions, tally: _Tally, out: TextIO, make_pair: Callable[[Path], DetectorPair]
) -> None:
    every_s = duration_s(options.every, "--every")
    memory = _memory(make_zones(options))
    _check_folder(options.show_evidence)
    pair: DetectorPair | None = None
    hand = Steadier() if memory.zones else None
    for taken in open_media(options.source, every_s, datetime.now(UTC)):
        picture = replace(taken, pixels=hand.steady(taken.pixels)) if hand else taken
        if pair is None:  # a wrong source should be said before models are loaded
            pair = make_pair(options.models_dir)
        tally.looks += 1
        tally.until_s = picture.media_s
        lines = _look(memory, picture, pair, options, tally)
        for line in lines:
            text = json.dumps(line, ensure_ascii=False) if options.json else _for_people(line)
            print(text, file=out, flush=True)  # noqa: T201


def _look(
    memory: ViewMemory,
    picture: MediaFrame,
    pair: DetectorPair,
    options: WatchOptions,
    tally: _Tally,
) -> Iterable[dict[str, Any]]:
    """The lines of one look; the same steps as in the pipeline."""
    at = picture.captured_at
    sight: Sight | None = None
    height, width = picture.pixels.shape[:2]
    covers, small = memory.covers_in(width, height)
    try:
        sight = see(pair, [(picture.pixels, covers)])[0].and_covers(small)
        tally.remark = " / ".join(filter(None, sight.small_covers)) or tally.remark
    except DetectorFailed:
        tally.unjudged += 1
    tracks = memory.track(sight, at) if sight else ()
    if options.detections or not memory.zones:
        yield {
            "type": "look",
            "at": at.isoformat(),
            "media_s": round(picture.media_s, 3),
            "judged": sight is not None,
            "boxes": [
                {"label": t.label, "score": round(t.score, 3), "box": _rounded(t.box),
                 "track_id": t.track_id} for t in tracks
            ],
            "covers": {k: c.state for k, c in sight.covers.items()} if sight else {},
        }  # fmt: skip
    for watched, folded, changes in memory.judge(at, tracks, sight):
        watched.folded = folded
        for change in changes:
            tally.changes[change.change] += 1
            evidence = _keep(options.show_evidence, picture.pixels, sight) if sight else None
            yield _incident_line(watched.zone, change, picture, evidence)


def _memory(zones: tuple[Zone, ...]) -> ViewMemory:
    camera = Camera(
        "source", CameraKind.FIXED, "视频源", "source", "", Place(0.0, 0.0), zones=zones
    )
    watches = [ZoneWatch(z, RULES[z.kind].configure(z.polygon, z.settings)) for z in zones]
    return ViewMemory(camera, MAIN_VIEW, watches)


def _check_folder(folder: Path | None) -> None:
    """Say that pictures can't be kept before the first incident, not after it."""
    try:
        if folder is not None:
            EvidenceStore(folder)
    except OSError as exc:
        raise ConfigError(COMMAND, "--show-evidence", f"{folder}: {exc.strerror}") from exc


def _keep(folder: Path | None, pixels: Pixels, sight: Sight) -> str | None:
    if folder is None:
        return None
    jpeg, _, _ = masked_jpeg(pixels, sight.detections)
    try:
        digest = EvidenceStore(folder).put(jpeg)
    except OSError as exc:
        raise ConfigError(COMMAND, "--show-evidence", f"can't write: {exc.strerror}") from exc
    return str(folder / digest[:2] / f"{digest}.jpg")


def _incident_line(
    zone: Zone, change: RuleChange, picture: MediaFrame, evidence: str | None
) -> dict[str, Any]:
    began_s = picture.media_s - (change.at - change.began_at).total_seconds()
    return {
        "type": "incident",
        "kind": zone.kind.value,
        "change": change.change.value,
        "began_at": change.began_at.isoformat(),
        "at": change.at.isoformat(),
        "began_media_s": round(began_s, 3),
        "media_s": round(picture.media_s, 3),
        "state": change.state,
        "score": round(change.score, 3),
        "box": _rounded(change.box) if change.box else None,
        "zone": zone.zone_id,
        "evidence": evidence,
        "reason_zh": change.reason[0],
        "reason_en": change.reason[1],
    }


def _for_people(line: dict[str, Any]) -> str:
    at = f"{line['media_s']:8.1f}s  "
    if line["type"] == "look":
        seen = [f"{box['label']} {box['score']:.2f}" for box in line["boxes"]]
        seen += [f"{zone} {state or '?'}" for zone, state in line["covers"].items()]
        return at + (", ".join(seen) if line["judged"] else "未判 / not judged")
    ends = ENDS[Change(line["change"])]
    zh, en = RULES[IncidentKind(line["kind"])].name
    what = f"{zh}{ends[0]} / {en}{ends[1]}"
    state = f" [{line['state']}]" if line["state"] else ""
    picture = f"  {line['evidence']}" if line["evidence"] else ""
    return f"{at}{what}{state} @ {line['zone']}: {line['reason_zh']} / {line['reason_en']}{picture}"


def _rounded(box: Iterable[float]) -> list[float]:
    return [round(value, 5) for value in box]
