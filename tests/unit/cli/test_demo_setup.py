"""The folder of a demo run."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from yitong_command.cli.app import app


def test_a_folder_with_other_files_is_never_cleared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yitong_command.cli.demo.port_is_free", lambda _port: True)
    mine = tmp_path / "letters.txt"
    mine.write_text("dear", encoding="utf-8")
    result = CliRunner().invoke(app, ["demo", "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "--keep" in result.stderr
    assert mine.read_text(encoding="utf-8") == "dear"
