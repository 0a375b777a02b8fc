"""Workers' photos: what is taken, what is refused, and that nothing private stays in."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.domain.frame import Pixels
from yitong_command.domain.geometry import Box
from yitong_command.domain.observation import Detection
from yitong_command.errors import DetectorFailed
from yitong_command.web.errors import PhotoRefused
from yitong_command.web.evidence.header import read_header
from yitong_command.web.evidence.photo import MAX_SIDE, prepare_photo


def noise(width: int = 640, height: int = 480) -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (height, width, 3), dtype=np.uint8)


def encoded(pixels: Pixels, suffix: str) -> bytes:
    done, data = cv2.imencode(suffix, pixels)
    assert done
    return bytes(data.tobytes())


def nobody(images: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
    return [() for _ in images]


def somebody(images: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
    return [(Detection("person", 0.9, Box(0.25, 0.25, 0.5, 0.75)),) for _ in images]


def broken(images: Sequence[Pixels]) -> list[tuple[Detection, ...]]:
    raise DetectorFailed("no model")


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_the_header_tells_kind_and_size(suffix: str) -> None:
    header = read_header(encoded(noise(200, 120), suffix))
    assert header is not None
    assert (header.width, header.height) == (200, 120)
    assert suffix[1:3] == header.kind[:2]


def test_lossless_webp_has_a_header_too() -> None:
    done, data = cv2.imencode(".webp", noise(200, 120), [cv2.IMWRITE_WEBP_QUALITY, 101])
    assert done
    header = read_header(bytes(data.tobytes()))
    assert header is not None
    assert (header.kind, header.width, header.height) == ("webp", 200, 120)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp"])
def test_a_photo_is_made_smaller_and_stored_as_jpeg(suffix: str) -> None:
    jpeg = prepare_photo(encoded(np.full((1200, 2400, 3), 90, np.uint8), suffix), nobody)
    header = read_header(jpeg)
    assert header is not None
    assert (header.kind, header.width, header.height) == ("jpeg", MAX_SIDE, MAX_SIDE // 2)


def test_a_very_large_jpeg_is_decoded_small() -> None:
    jpeg = prepare_photo(encoded(np.full((4000, 6600, 3), 90, np.uint8), ".jpg"), nobody)
    header = read_header(jpeg)
    assert header is not None
    assert header.width == MAX_SIDE


def test_a_person_can_not_be_recognised() -> None:
    source = encoded(noise(), ".png")
    shown = cv2.imdecode(np.frombuffer(prepare_photo(source, somebody), np.uint8), 1)
    inside, outside = shown[150:330, 180:300], shown[380:470, 400:600]
    assert inside.std() < outside.std() / 3


def test_nothing_of_the_phone_stays_in_the_file() -> None:
    plain = encoded(noise(), ".jpg")
    exif = b"Exif\0\0" + b"MM\0*\0\0\0\x08\0\0" + b"PHONE OWNER 125.30E" * 3
    tagged = plain[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + plain[2:]
    assert b"PHONE OWNER" in tagged
    assert b"PHONE OWNER" not in prepare_photo(tagged, nobody)


def test_a_broken_detector_lets_nothing_through() -> None:
    with pytest.raises(DetectorFailed):
        prepare_photo(encoded(noise(), ".jpg"), broken)


def png_claiming(width: int, height: int) -> bytes:
    body = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + body + b"\0\0\0\0"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"GIF89a" + bytes(50), id="gif"),
        pytest.param(b"<svg onload='x'/>", id="svg"),
        pytest.param(png_claiming(60_000, 60_000), id="bomb"),
        pytest.param(png_claiming(640, 480), id="header-only"),
        pytest.param(encoded(noise(), ".jpg")[:400], id="cut-jpeg-header"),
        pytest.param(encoded(noise(20, 20), ".png"), id="tiny"),
        pytest.param(encoded(noise(), ".jpg") + bytes(9_000_000), id="too-large"),
    ],
)
def test_what_is_no_photo_is_refused_in_both_languages(data: bytes) -> None:
    with pytest.raises(PhotoRefused) as caught:
        prepare_photo(data, nobody)
    assert caught.value.zh
    assert caught.value.en


SMALL = [encoded(noise(64, 48), suffix) for suffix in (".jpg", ".png", ".webp")]


@given(st.sampled_from(SMALL), st.integers(0, 5000), st.binary(max_size=40), st.integers(0, 6000))
def test_damaged_files_are_refused_or_read_but_never_fail(
    data: bytes, at: int, patch: bytes, end: int
) -> None:
    damaged = (data[:at] + patch + data[at + len(patch) :])[: end or None]
    with contextlib.suppress(PhotoRefused):
        assert read_header(prepare_photo(damaged, nobody)) is not None
