"""Write a clip that a camera farm can serve as it is, without encoding it again.

H.264 main profile, no B-frames, one IDR picture exactly every second, closed groups of pictures,
parameter sets repeated before every IDR picture, index at the head of the file.
"""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def x264_options(fps: int, crf: int) -> dict[str, str]:
    """Encoder options for a clip with a keyframe on every whole second.

    Args:
        fps: Frames per second; also the length of a group of pictures.
        crf: Constant quality, 0 (lossless) to 51.

    Returns:
        Options of libx264 as FFmpeg names them.
    """
    return {
        "profile": "main",
        "preset": "slow",
        "crf": str(crf),
        "bf": "0",
        "g": str(fps),
        "keyint_min": str(fps),
        "sc_threshold": "0",
        "x264-params": "open-gop=0:repeat-headers=1:force-cfr=1:threads=1:psy=0",
    }


def encode_clip(frames: Iterable[NDArray[np.uint8]], path: Path, *, fps: int, crf: int = 25) -> int:
    """Encode pictures to an mp4 file.

    Args:
        frames: Pictures, each of shape ``(height, width, 3)``, BGR; all of one size, even sides.
        path: File to write.
        fps: Frames per second.
        crf: Constant quality of x264.

    Returns:
        How many frames were written.

    Raises:
        ValueError: If there is no frame.
    """
    count = 0
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options=x264_options(fps, crf))
        for picture in frames:
            if not count:
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="bgr24")
            frame.pts = count
            count += 1
            container.mux(stream.encode(frame))
        if not count:
            raise ValueError("a clip needs at least one frame")
        container.mux(stream.encode(None))
    return count


def decode_clip(path: Path) -> list[NDArray[np.uint8]]:
    """Decode every frame of a clip.

    Args:
        path: An mp4 file.

    Returns:
        Pictures of shape ``(height, width, 3)``, BGR, in order.
    """
    with av.open(str(path)) as container:
        frames = container.decode(video=0)
        return [np.asarray(frame.to_ndarray(format="bgr24"), dtype=np.uint8) for frame in frames]
