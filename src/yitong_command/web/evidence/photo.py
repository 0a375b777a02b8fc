"""Workers' photos: checked, made smaller, freed of everything but the picture, blurred."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from yitong_command.domain.frame import Pixels
from yitong_command.domain.observation import Detection
from yitong_command.vision.blur import blur_private
from yitong_command.web.errors import PhotoRefused
from yitong_command.web.evidence.header import PictureHeader, read_header

MAX_BYTES = 8 * 1024 * 1024
MAX_SIDE = 1600
MIN_SIDE = 32
MAX_PIXELS = 64_000_000
QUALITY = 85

Detect = Callable[[Sequence[Pixels]], list[tuple[Detection, ...]]]


def checked_header(data: bytes) -> PictureHeader:
    """The header of a photo that may be taken.

    Raises:
        PhotoRefused: If it is too large, or no JPEG, PNG or WebP picture of a sensible size.
    """
    if len(data) > MAX_BYTES:
        raise PhotoRefused("照片超过 8 MB", "the photo is larger than 8 MB")
    header = read_header(data)
    if header is None:
        raise PhotoRefused("不是 JPEG、PNG 或 WebP 照片", "this is no JPEG, PNG or WebP picture")
    if min(header.width, header.height) < MIN_SIDE:
        raise PhotoRefused("照片太小", "the picture is too small")
    if header.width * header.height > MAX_PIXELS:
        raise PhotoRefused(
            "照片像素过多,最多 6400 万", "the picture has more than 64 million pixels"
        )
    return header


def prepare_photo(data: bytes, detect: Detect) -> bytes:
    """The JPEG that is stored: at most 1600 px, no EXIF, persons and plates blurred.

    Args:
        data: The file as it was sent.
        detect: Finds persons and vehicles.

    Raises:
        PhotoRefused: If the file is no picture that can be taken.
        DetectorFailed: If the detector failed; nothing may be stored then.
    """
    header = checked_header(data)
    pixels = _decode(data, header)
    (detections,) = detect([pixels])
    blurred = blur_private(pixels, detections)
    done, jpeg = cv2.imencode(".jpg", blurred, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise PhotoRefused("照片无法处理", "the picture can't be encoded")
    return bytes(jpeg.tobytes())


def _decode(data: bytes, header: PictureHeader) -> Pixels:
    """Upright pixels, at most ``MAX_SIDE`` on the longer side."""
    longer = max(header.width, header.height)
    flag = cv2.IMREAD_COLOR
    if header.kind == "jpeg":
        # The JPEG decoder can leave out what would be thrown away anyway.
        for factor, reduced in ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4),
                                (2, cv2.IMREAD_REDUCED_COLOR_2)):  # fmt: skip
            if longer >= MAX_SIDE * factor:
                flag = reduced
                break
    try:
        pixels = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flag)
    except cv2.error:
        pixels = None
    if pixels is None:
        raise PhotoRefused("照片已损坏,请重拍", "the picture is damaged, please take it again")
    scale = MAX_SIDE / max(pixels.shape[:2])
    if scale < 1:
        size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
        pixels = cv2.resize(
            pixels, (max(1, size[0]), max(1, size[1])), interpolation=cv2.INTER_AREA
        )
    return np.asarray(pixels, dtype=np.uint8)
