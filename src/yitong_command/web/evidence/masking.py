"""Blurs workers' photos in one thread of its own; without it no photo is stored."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import structlog

from yitong_command.errors import ConfigError, DetectorFailed, ModelMismatch
from yitong_command.vision.detector import Detector
from yitong_command.vision.registry import load_registry
from yitong_command.web.errors import MaskingUnavailable
from yitong_command.web.evidence.photo import prepare_photo

log = structlog.get_logger()


class Masker:
    """Prepares photos with the vehicle model, which is loaded when the first photo comes.

    Args:
        models_dir: Folder of ``registry.toml``.
    """

    def __init__(self, models_dir: Path) -> None:
        self._models_dir = models_dir
        self._detector: Detector | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="photo")

    async def prepare(self, photo: bytes) -> bytes:
        """The JPEG to store; see :func:`prepare_photo`.

        Raises:
            PhotoRefused: If it is no picture that can be taken.
            MaskingUnavailable: If persons and plates can't be blurred now.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self._prepare, photo)
        except (ConfigError, ModelMismatch, DetectorFailed) as exc:
            log.warning("photo_masking_failed", reason=str(exc))
            raise MaskingUnavailable(
                "照片打码功能暂时不可用,照片没有保存,请稍后再传",
                "persons and plates can't be blurred now; the photo was not stored, try later",
            ) from exc

    def close(self) -> None:
        """Stop the thread; a photo in it is finished first."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _prepare(self, photo: bytes) -> bytes:
        if self._detector is None:
            self._detector = load_registry(self._models_dir).detector("vehicles")
        return prepare_photo(photo, self._detector.detect)
