"""Settings from the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from yitong_command.errors import ConfigError
from yitong_command.settings.environment import load_settings


def test_defaults_are_for_one_machine() -> None:
    settings = load_settings({})
    assert settings.kafka == "127.0.0.1:9092"
    assert settings.database_url.startswith("sqlite+aiosqlite:///")
    assert (settings.config_dir / "taxonomy.yaml").is_file()


def test_variables_override(tmp_path: Path) -> None:
    settings = load_settings({"YITONG_DATA": str(tmp_path), "YITONG_WEB_PORT": "8123", "HOME": "x"})
    assert settings.evidence_dir == tmp_path / "evidence"
    assert settings.web_port == 8123


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("YITONG_KAFKAA", "x", id="a misspelt variable"),
        pytest.param("YITONG_WEB_PORT", "eighty", id="a port that is no number"),
        pytest.param("YITONG_WEB_PORT", "70000", id="a port out of range"),
        pytest.param("YITONG_LOG", "JSON", id="a log that is neither text nor json"),
    ],
)
def test_a_wrong_variable_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load_settings({name: value})
