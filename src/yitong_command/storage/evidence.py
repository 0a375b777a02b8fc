"""The evidence store: pictures found at their own SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from yitong_command.errors import NotFound, Permanent


class EvidenceAltered(Permanent):
    """A stored picture no longer has the hash it was stored under."""


class EvidenceStore:
    """A folder of JPEG pictures, each under its hash.

    Args:
        root: Folder of the store; made if absent.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, jpeg: bytes) -> str:
        """Store a picture durably and return its SHA-256 in hex.

        Storing the same bytes twice is one picture.

        Raises:
            OSError: If the disk is full or can't be written.
        """
        digest = hashlib.sha256(jpeg).hexdigest()
        target = self._path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".part-")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(jpeg)
                out.flush()
                os.fsync(out.fileno())
            part.replace(target)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        return digest

    def get(self, sha256: str) -> bytes:
        """The picture with this hash, checked on the way out.

        Raises:
            NotFound: If there is none.
            EvidenceAltered: If the file was changed after it was stored.
        """
        path = self._path(sha256)
        if not path.is_file():
            raise NotFound(f"没有证据图片 {sha256}", f"no evidence picture {sha256}")
        jpeg = path.read_bytes()
        if hashlib.sha256(jpeg).hexdigest() != sha256:
            raise EvidenceAltered(f"evidence {sha256} was altered after it was stored: {path}")
        return jpeg

    def remove(self, sha256: str) -> None:
        """Delete a picture; whether it may be is decided where its cases are known."""
        self._path(sha256).unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise NotFound(f"不是证据编号: {sha256}", f"not an evidence hash: {sha256}")
        return self._root / sha256[:2] / f"{sha256}.jpg"
