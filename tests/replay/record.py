"""Make the recordings beside this file again, from the demo's clips and the shipped models.

    python tests/replay/record.py

Each recording is what the eyes saw, one look a second (`events.jsonl`), and what the rules said
(`expected.jsonl`). Look at the difference before committing: expected lines are a promise.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from test_replay import SCENES, events

from yitong_command.domain.camera import Zone
from yitong_command.ingest.eyes import DetectorPair, load_pair, see
from yitong_command.ingest.looks import cover_zones
from yitong_command.rules import RULES
from yitong_command.rules.replay import replay
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings
from yitong_command.settings.rules import load_rules
from yitong_command.sources.file import open_media
from yitong_command.vision import tracker
from yitong_command.vision.registry import load_registry

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STARTED_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def looks(clip: str, zone: Zone, pair: DetectorPair) -> list[dict[str, object]]:
    """One line for each look at a clip."""
    state, lines = tracker.TrackerState(), []
    path = ROOT / "src/yitong_command/demo/clips" / f"{clip}.mp4"
    for picture in open_media(str(path), 1.0, STARTED_AT):
        sight = see(pair, [(picture.pixels, cover_zones([zone]))])[0]
        state, tracks = tracker.step(state, sight.vehicles, picture.captured_at)
        lines.append(
            {
                "at": picture.captured_at.isoformat(),
                "tracks": [
                    {"track_id": t.track_id, "label": t.label, "score": round(t.score, 3),
                     "box": [round(v, 4) for v in t.box]} for t in tracks
                ],
                "covers": {
                    k: {"state": c.state, "score": round(c.score, 3)}
                    for k, c in sight.covers.items()
                },
            }
        )  # fmt: skip
    return lines


def main() -> None:
    """Record every scene."""
    settings = load_settings({})
    zones = {z.subject: z for camera in load_cameras(settings) for z in camera.zones}
    rules = load_rules(settings)
    pair = load_pair(load_registry(settings.models_dir))
    for clip, subject in SCENES.items():
        folder = HERE / clip
        folder.mkdir(exist_ok=True)
        zone = zones[subject]
        lines = looks(clip, zone, pair)
        write(folder / "events.jsonl", lines)
        changes = replay(RULES[zone.kind], rules.settings_of(zone), events(folder, zone))
        write(
            folder / "expected.jsonl",
            [
                {"change": c.change.value, "began_at": c.began_at.isoformat(),
                 "at": c.at.isoformat(), "state": c.state} for c in changes
            ],
        )  # fmt: skip


def write(path: Path, lines: list[dict[str, object]]) -> None:
    """Write one JSON value a line."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
