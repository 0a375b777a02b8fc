"""Short clips of every kind that cameras send, encoded once for a test run."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

FPS = 10
_ENCODERS = {"h264": ("libx264", "x264-params"), "h265": ("libx265", "x265-params")}


def write_clip(
    path: Path,
    codec: str,
    size: tuple[int, int],
    group_s: float = 1.0,
    b_frames: int = 0,
    seconds: float = 2.0,
) -> None:
    """A clip of a made-up scene.

    Args:
        path: Where it goes.
        codec: ``h264`` or ``h265``.
        size: Width and height.
        group_s: Between two keyframes.
        b_frames: Pictures that refer to later ones, between two others.
        seconds: How long.
    """
    encoder, option = _ENCODERS[codec]
    group = round(group_s * FPS)
    params = f"keyint={group}:min-keyint={group}:scenecut=0:bframes={b_frames}:open-gop=0"
    params += ":threads=1" if codec == "h264" else ":pools=none:frame-threads=1:log-level=none"
    width, height = size
    ground = np.add.outer(np.arange(height), np.arange(width)).astype(np.uint8)
    noise = np.random.default_rng(1).integers(0, 24, (height, width), dtype=np.uint8)
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream(
            encoder, rate=FPS, options={"preset": "ultrafast", option: params}
        )
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(round(seconds * FPS)):
            picture = np.stack([ground, np.roll(ground // 2, index * 3, 1) + noise, noise], -1)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
