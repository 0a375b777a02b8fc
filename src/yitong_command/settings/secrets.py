"""Sealing the cameras' logins, so that neither database nor topic holds a password."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from yitong_command.errors import ConfigError

Login = tuple[str, str]
"""User name and password."""


class Vault:
    """Seals texts, and opens what was sealed with the same key.

    Args:
        key: 32 bytes in URL-safe base64, as :func:`make_vault` writes them.
        file: Where the key is kept, for messages.

    Raises:
        ConfigError: If it is no such key; names the file, never what it holds.
    """

    def __init__(self, key: bytes, file: Path | str = "YITONG_KEY_FILE") -> None:
        self._file = str(file)
        try:
            self._fernet = Fernet(key)
            # Another purpose, another key: what opens logins says nothing of pseudonyms.
            self._pseudonyms = hmac.new(key, b"yitong pseudonyms", hashlib.sha256).digest()
        except ValueError:
            raise ConfigError(
                self._file,
                "",
                "不是密钥文件, 应为一行32字节的base64 / not a key: one line, 32 bytes in base64",
            ) from None

    def seal(self, text: str) -> str:
        """What may be stored and sent in place of the text; another each time."""
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, token: str) -> str:
        """The text that was sealed.

        Raises:
            ConfigError: If it was sealed with another key, or altered; names the key file.
        """
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except InvalidToken:
            raise ConfigError(
                self._file,
                "",
                "密钥不对: 摄像机登录信息是用另一把密钥加密的 / the wrong key: the cameras' logins "
                "were sealed with another one; put that key file here, or enter the logins again",
            ) from None

    def pseudonym(self, subject: str) -> str:
        """A name for a subject that only this key can make: always the same, leading nowhere."""
        digest = hmac.new(self._pseudonyms, subject.encode(), hashlib.sha256).hexdigest()
        return f"P-{digest[:12]}"

    def seal_login(self, login: Login) -> str:
        """A sealed user name and password."""
        return self.seal(json.dumps(login, ensure_ascii=False))

    def open_login(self, token: str) -> Login:
        """User name and password that were sealed.

        Raises:
            ConfigError: See :meth:`open`; also if something else was sealed.
        """
        try:
            user, password = json.loads(self.open(token))
        except (ValueError, TypeError):
            raise ConfigError(
                self._file, "", "密文不是登录信息 / what was sealed is not a login"
            ) from None
        return str(user), str(password)


def make_vault(file: Path) -> Vault:
    """The vault of this key file; the file is made (mode 0600) if there is none.

    Only the parts that write logins call this. Two that do so at once get the same key.

    Raises:
        ConfigError: If the file can't be made or read, or holds no key.
    """
    if not file.exists():
        _make_key(file)
    return find_vault(file)


def find_vault(file: Path) -> Vault:
    """The vault of a key file that is there.

    Raises:
        ConfigError: If it is not there, can't be read, or holds no key; names the file.
    """
    try:
        return Vault(file.read_bytes().strip(), file)
    except FileNotFoundError:
        raise ConfigError(
            str(file),
            "",
            "没有密钥文件, 无法读取摄像机登录信息; 请从写入的机器复制过来 (YITONG_KEY_FILE) / "
            "there is no key file, so the cameras' logins can't be read; copy it from the machine "
            "that wrote them (YITONG_KEY_FILE)",
        ) from None
    except OSError as exc:
        raise ConfigError(str(file), "", f"can't be read: {exc.strerror}") from exc


def _make_key(file: Path) -> None:
    """Whole or not at all: a reader never sees half a key, and the first writer wins."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(Fernet.generate_key() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, file)
        except FileExistsError:
            return
        finally:
            draft.unlink()
    except OSError as exc:
        raise ConfigError(str(file), "", f"can't be made: {exc.strerror}") from exc
