"""Keys with which partners sign, in one file that only this installation's parts read.

A partner may have several keys at once, so that one is replaced while the other still works. The
file is read again when it changed; no restart is needed.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, Field, RootModel

from yitong_command.errors import ConfigError
from yitong_command.settings.files import Strict, check

OVERLAP = timedelta(days=7)
"""How long older keys still work after a new one was made."""


class PlatformKey(Strict):
    """One key.

    Attributes:
        kid: Its name, in the head of every token.
        secret: 32 random bytes as text.
        made_at: When it was made.
        until: When it stops working, or None.
    """

    kid: str = Field(pattern=r"^[A-Za-z0-9_\-]{1,40}$")
    secret: str = Field(min_length=32, max_length=200)
    made_at: AwareDatetime
    until: AwareDatetime | None = None

    def works(self, now: datetime) -> bool:
        """Whether tokens may still be signed with it."""
        return self.until is None or now < self.until


class _File(RootModel[dict[str, tuple[PlatformKey, ...]]]):
    """The whole file."""


@dataclass(slots=True)
class PlatformKeys:
    """The keys of a file, read again when it changed.

    Attributes:
        path: The file; without it nobody may send.
    """

    path: Path
    _stamp: tuple[int, int] | None = None
    _found: Mapping[str, tuple[PlatformKey, ...]] | None = None

    def find(self, platform: str, kid: str, now: datetime) -> str | None:
        """The secret of a key that works now, or None.

        Raises:
            ConfigError: If the file is there but wrong; names it, never what it holds.
        """
        for key in self._keys().get(platform, ()):
            if key.kid == kid and key.works(now):
                return key.secret
        return None

    def _keys(self) -> Mapping[str, tuple[PlatformKey, ...]]:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return {}
        except OSError as exc:
            raise ConfigError(str(self.path), "", f"can't be read: {exc.strerror}") from exc
        stamp = (found.st_mtime_ns, found.st_size)
        if self._found is None or stamp != self._stamp:
            self._found, self._stamp = read_keys(self.path), stamp
        return self._found


def read_keys(path: Path) -> dict[str, tuple[PlatformKey, ...]]:
    """All keys of the file; none if it does not exist.

    Raises:
        ConfigError: If it can't be read or is wrong; names file and key, never a secret.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise ConfigError(str(path), "", f"can't be read: {exc.strerror}") from exc
    except ValueError:
        raise ConfigError(str(path), "", "不是 JSON / not JSON") from None
    return check(_File, path, data).root


def make_key(path: Path, platform: str, now: datetime, overlap: timedelta = OVERLAP) -> PlatformKey:
    """Add a key for a partner; its older ones end after the overlap.

    Args:
        path: The file; made (mode 0600) if there is none.
        platform: Whose key.
        now: The time.
        overlap: How long the older keys still work; nothing to end them at once.

    Raises:
        ConfigError: If the file can't be read or written.
    """
    keys = read_keys(path)
    end = now + overlap
    older = tuple(
        key.model_copy(update={"until": min(key.until or end, end)})
        for key in keys.get(platform, ())
        if key.works(now)
    )
    made = PlatformKey(
        kid=f"{now:%Y%m%d}-{secrets.token_hex(3)}", secret=secrets.token_urlsafe(32), made_at=now
    )
    keys[platform] = (*older, made)
    _write(path, _File(keys))
    return made


def end_keys(path: Path, platform: str) -> int:
    """Take all keys from a partner at once; how many there were."""
    keys = read_keys(path)
    ended = len(keys.pop(platform, ()))
    if ended:
        _write(path, _File(keys))
    return ended


def _write(path: Path, file: _File) -> None:
    """Whole or not at all, readable by its owner only."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(file.model_dump_json(indent=2) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(path)
    except OSError as exc:
        raise ConfigError(str(path), "", f"can't be written: {exc.strerror}") from exc
