"""A rendered hole that is fenced off while it is watched, seen by the models that are shipped."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests import footage, overlays
from yitong_command.domain.geometry import Box
from yitong_command.ingest.watch import watch
from yitong_command.ingest.watch_options import WatchOptions
from yitong_command.sources.file import open_media

HOLE_S, CONES_S, GONE_S = 17.0, 21.0, 32.0
"""The hole is open from the first; cones stand around it until the last."""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Box]:
    truth = json.loads((footage.CLIPS / "manhole.gt.json").read_text("utf-8"))
    x0, y0, x1, y1 = truth["frames"][0]["manholes"][0]["box"]
    path = tmp_path_factory.mktemp("fence") / "fence.mp4"
    side, low = x1 - x0, (y0 + y1) / 2
    feet = [(x0 - 0.4 * side, low), (x1 + 0.4 * side, low), ((x0 + x1) / 2, y1 + 0.6 * side)]
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = truth["width"], truth["height"], "yuv420p"
        stream.options = {"preset": "ultrafast", "qp": "20"}
        for picture in open_media(str(footage.CLIPS / "manhole.mp4"), 1.0, datetime.now(UTC)):
            pixels = picture.pixels.copy()
            if CONES_S <= picture.media_s < GONE_S:
                for x, y in feet:
                    overlays.cone(pixels, (round(x), round(y)), round(side * 0.5))
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        out.mux(stream.encode(None))
    size = np.array([truth["width"], truth["height"]] * 2)
    return path, Box(*(np.array([x0, y0, x1, y1]) / size).tolist())


@pytest.fixture(scope="module")
def told(video: tuple[Path, Box]) -> list[dict[str, Any]]:
    path, box = video
    zone = f"{box.x0},{box.y0} {box.x1},{box.y0} {box.x1},{box.y1} {box.x0},{box.y1}"
    out = io.StringIO()
    options = WatchOptions(
        source=str(path), models_dir=footage.ROOT / "models", zones=(zone,),
        kind="manhole_cover", dwell="3s", json=True,
    )  # fmt: skip
    assert watch(options, out, io.StringIO()) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_hole_is_reported_then_told_to_be_protected_then_unprotected(
    told: list[dict[str, Any]],
) -> None:
    assert [(line["change"], line["state"]) for line in told] == [
        ("opened", "missing"), ("updated", "protected"), ("updated", "missing")
    ]  # fmt: skip
    assert len({line["began_at"] for line in told}) == 1
    opened, fenced, bare = (line["media_s"] for line in told)
    assert HOLE_S <= opened <= CONES_S
    assert CONES_S + 9 <= fenced <= CONES_S + 12
    assert bare >= GONE_S + 2
    assert told[1]["reason_en"].endswith("fenced off, not repaired yet")
