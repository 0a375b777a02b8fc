"""Recorded looks through today's rules give the changes they always gave."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from yitong_command.domain.camera import Zone
from yitong_command.domain.geometry import Box
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.observation import CoverLook, Track, ZoneLook
from yitong_command.rules import RULES
from yitong_command.rules.replay import replay
from yitong_command.settings.cameras import load_cameras
from yitong_command.settings.environment import load_settings
from yitong_command.settings.rules import load_rules

HERE = Path(__file__).parent
CLIPS = HERE.parents[1] / "src/yitong_command/demo/clips"
SCENES = {
    "parking": "cam-001/main/no-parking",
    "manhole": "cam-002/main/cover",
    "quiet": "cam-003/main/no-parking",
    "ball_centre": "ball-001/centre/cover",
    "ball_centre_missing": "ball-001/centre/cover",
}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def events(folder: Path, zone: Zone) -> Iterator[ZoneLook | CoverLook]:
    """What the rule was told, from the recording."""
    for line in lines(folder / "events.jsonl"):
        at = datetime.fromisoformat(line["at"])
        if zone.kind is IncidentKind.MANHOLE_COVER:
            cover = line["covers"][zone.zone_id]
            yield CoverLook(at, cover["state"], cover["score"])
        else:
            yield ZoneLook(
                at,
                tuple(
                    Track(t["track_id"], t["label"], t["score"], Box(*t["box"]), at)
                    for t in line["tracks"]
                ),
            )


@pytest.fixture(scope="module")
def zones() -> dict[str, Zone]:
    return {z.subject: z for camera in load_cameras(load_settings({})) for z in camera.zones}


@pytest.mark.parametrize("scene", SCENES)
def test_the_changes_are_as_recorded(scene: str, zones: dict[str, Zone]) -> None:
    zone = zones[SCENES[scene]]
    settings = load_rules(load_settings({})).settings_of(zone)
    told = [
        {
            "change": change.change.value,
            "began_at": change.began_at.isoformat(),
            "at": change.at.isoformat(),
            "state": change.state,
        }
        for change in replay(RULES[zone.kind], settings, events(HERE / scene, zone))
    ]
    assert told == lines(HERE / scene / "expected.jsonl")


@pytest.mark.parametrize("scene", SCENES)
def test_the_recorded_changes_are_the_ground_truth(scene: str, zones: dict[str, Zone]) -> None:
    """What opened began with the event of the clip, within two looks, and nothing else opened."""
    truth = json.loads((CLIPS / f"{scene}.gt.json").read_text(encoding="utf-8"))
    facts = [
        event["t0"]
        for event in truth["events"]
        if event["type"] == "vehicle_stopped"
        or (event["type"] == "manhole_state" and event["state"] != "ok")
    ]
    if scene == "ball_centre_missing":
        facts = [0.0]
    recorded = lines(HERE / scene / "expected.jsonl")
    started_at = datetime.fromisoformat(lines(HERE / scene / "events.jsonl")[0]["at"])
    opened = [datetime.fromisoformat(c["began_at"]) for c in recorded if c["change"] == "opened"]
    assert len(opened) == len(facts)
    for began_at, fact_s in zip(opened, facts, strict=True):
        assert abs(began_at - started_at - timedelta(seconds=fact_s)) <= timedelta(seconds=2)
