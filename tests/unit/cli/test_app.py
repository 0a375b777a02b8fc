"""The command line as a person meets it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from yitong_command.cli.app import app

COMMANDS = [
    "demo", "broker", "farm", "ingest", "route", "web", "watch", "check-config", "users", "labels",
]  # fmt: skip


def test_help_names_every_command_in_two_languages() -> None:
    text = CliRunner().invoke(app, ["--help"]).output
    for command in COMMANDS:
        assert command in text
    assert "Streaming command centre" in text
    assert "指挥中心" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "/" in result.output


def test_a_file_that_is_no_video_is_one_clear_line(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("clip") / "broken.mp4"
    path.write_bytes(b"this is no video" * 100)
    result = CliRunner().invoke(app, ["watch", str(path), "--json"])
    assert result.exit_code == 2
    assert "broken.mp4" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_absent_configuration_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("empty")
    result = CliRunner().invoke(app, ["check-config", "--config", str(folder)])
    assert result.exit_code == 2
    assert str(folder) in result.stderr
