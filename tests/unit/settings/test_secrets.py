"""Sealed logins: what opens them, and what is said when nothing does."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from yitong_command.errors import ConfigError
from yitong_command.settings.environment import load_settings
from yitong_command.settings.secrets import Vault, find_vault, make_vault

LOGIN = ("管理员", 'pa"ss 口令')


def test_what_is_sealed_opens_with_the_same_file_only(tmp_path: Path) -> None:
    file = tmp_path / "new/secret.key"
    token = make_vault(file).seal_login(LOGIN)
    assert make_vault(file).open_login(token) == LOGIN
    assert find_vault(file).open_login(token) == LOGIN
    assert "口令" not in token
    assert token != make_vault(file).seal_login(LOGIN)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret.key"]
    other = make_vault(tmp_path / "other.key")
    with pytest.raises(ConfigError, match=r"other\.key.*另一把密钥.*another one") as caught:
        other.open_login(token)
    assert "口令" not in str(caught.value)


def test_no_key_and_no_key_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.key.*没有密钥文件.*YITONG_KEY_FILE"):
        find_vault(tmp_path / "none.key")
    bad = tmp_path / "bad.key"
    bad.write_text("hello")
    with pytest.raises(ConfigError, match=r"bad\.key.*不是密钥文件") as caught:
        make_vault(bad)
    assert "hello" not in str(caught.value)
    with pytest.raises(ConfigError, match="can't be"):
        make_vault(bad / "inside.key")
    with pytest.raises(ConfigError, match="not a login"):
        vault = make_vault(tmp_path / "good.key")
        vault.open_login(vault.seal("42"))
    with pytest.raises(ConfigError, match="YITONG_KEY_FILE"):
        Vault(b"short")


def test_all_who_make_it_at_once_get_the_same_key(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: make_vault(file).seal("x"), range(8)))
    assert [find_vault(file).open(token) for token in tokens] == ["x"] * 8


def test_where_the_key_is(tmp_path: Path) -> None:
    assert load_settings({"YITONG_DATA": str(tmp_path)}).key_file == tmp_path / "secret.key"
    elsewhere = load_settings({"YITONG_KEY_FILE": str(tmp_path / "k")})
    assert elsewhere.key_file == tmp_path / "k"
