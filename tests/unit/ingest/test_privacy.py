"""Nobody can be recognised in a stored picture: the real detector on the clips with walkers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.pictures import thumbnail
from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.ingest.evidence import capture
from yitong_command.ingest.eyes import load_pair, see
from yitong_command.ingest.gate import has_changed
from yitong_command.settings.environment import load_settings
from yitong_command.sources.file import open_media
from yitong_command.storage.evidence import EvidenceStore
from yitong_command.vision.registry import load_registry

CLIPS = Path(__file__).parents[3] / "src/yitong_command/demo/clips"
RECOGNISABLE_PX = 50
"""Of a smaller person the whole head has 6 pixels, and the detector may miss it."""
STARTED_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Still:
    """One picture of a clip, as it came and as it was stored, with who truly walks in it."""

    name: str
    original: Pixels
    stored: Pixels
    walkers: tuple[Box, ...]
    suspected: tuple[Detection, ...]
    suspected_after: tuple[Detection, ...]

    @property
    def large(self) -> list[Box]:
        height = self.original.shape[0]
        return [box for box in self.walkers if (box.y1 - box.y0) * height >= RECOGNISABLE_PX]


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> list[Still]:
    """Every second of the clips in which somebody walks, through the eyes and into the store."""
    registry = load_registry(load_settings({}).models_dir)
    pair, suspicious = load_pair(registry), registry.suspicious_detector("vehicles")
    least = registry.specs["vehicles"].person_threshold
    assert least is not None

    def persons(pixels: Pixels) -> tuple[Detection, ...]:
        found = suspicious.detect([pixels])[0]
        return tuple(d for d in found if d.label == "person" and d.score >= least)

    found = []
    for clip in ("quiet", "parking"):
        folder = tmp_path_factory.mktemp(clip)
        store = EvidenceStore(folder)
        for at, pixels, walkers in pictures(clip):
            sight = see(pair, [(pixels, ())])[0]
            put = capture(store, pixels, sight.detections, "0" * 64, at)
            jpeg = np.frombuffer(store.get(put.sha256), np.uint8)
            stored = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
            name = f"{clip} {at:%S}"
            found.append(Still(name, pixels, stored, walkers, persons(pixels), persons(stored)))
        assert len(list(folder.rglob("*.jpg"))) == sum(s.name.startswith(clip) for s in found)
    return found


def pictures(clip: str) -> Iterator[tuple[datetime, Pixels, tuple[Box, ...]]]:
    truth = json.loads((CLIPS / f"{clip}.gt.json").read_text("utf-8"))
    width, height = truth["width"], truth["height"]
    for picture in open_media(str(CLIPS / f"{clip}.mp4"), 1.0, STARTED_AT):
        frame = min(truth["frames"], key=lambda f: abs(f["t"] - picture.media_s))
        walkers = tuple(
            Box(x0 / width, y0 / height, x1 / width, y1 / height)
            for x0, y0, x1, y1 in (o["box"] for o in frame["objects"] if o["cls"] == "person")
        )
        if walkers:
            yield picture.captured_at, picture.pixels, walkers


def part(picture: Pixels, box: Box) -> Pixels:
    height, width = picture.shape[:2]
    return picture[
        round(box.y0 * height) : round(box.y1 * height),
        round(box.x0 * width) : round(box.x1 * width),
    ]


def fine(picture: Pixels, box: Box) -> NDArray[np.float64]:
    """What makes a face: all that is smaller than a few pixels."""
    grey = part(picture, box).astype(float).mean(axis=2)
    return np.asarray(grey - cv2.GaussianBlur(grey, (0, 0), 2.0), np.float64).ravel()


def kept(still: Still, box: Box) -> float:
    """Share of the fine detail of a person that the stored picture still has, in [0, 1].

    The edge of a mask is detail too, but none of the person's: it does not correlate.
    """
    before, after = fine(still.original, box), fine(still.stored, box)
    return max(0.0, float(before @ after) / float(before @ before))


def shows(found: tuple[Detection, ...], box: Box) -> bool:
    return any(box.iou(item.box) >= 0.3 for item in found)


def test_nobody_large_enough_to_be_recognised_keeps_any_detail(stills: list[Still]) -> None:
    shares = {(s.name, round(kept(s, box), 3)) for s in stills for box in s.large}
    assert max(share for _, share in shares) < 0.1, shares


def test_even_a_suspicious_detector_finds_nobody_there_any_more(stills: list[Still]) -> None:
    found = [s.name for s in stills for box in s.large if shows(s.suspected_after, box)]
    assert found == []


def test_there_were_persons_full_of_detail_that_the_detector_saw_before(
    stills: list[Still],
) -> None:
    before = [shows(still.suspected, box) for still in stills for box in still.large]
    assert len(before) >= 18
    assert all(before)
    assert min(fine(still.original, box).std() for still in stills for box in still.large) > 4


def test_of_persons_too_small_to_be_recognised_many_are_masked_too(stills: list[Still]) -> None:
    small = [
        kept(still, box) < 0.2
        for still in stills
        for box in still.walkers
        if box not in still.large
    ]
    assert len(small) >= 8
    assert sum(small) / len(small) > 0.3


@pytest.mark.parametrize("clip", ["quiet", "parking"])
def test_a_picture_with_a_walker_is_never_masked_from_an_older_look(clip: str) -> None:
    """The gate would give it what an unchanged picture showed, the walker at another place."""
    thumbs = [thumbnail(pixels) for _, pixels, _ in pictures(clip)]
    assert len(thumbs) > 10
    assert all(has_changed(before, now) for before, now in pairwise(thumbs))
