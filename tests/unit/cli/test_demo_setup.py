"""The folder of a demo run."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from yitong_command.cli.app import app
from yitong_command.cli.demo_setup import DemoOptions, prepare


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


def test_a_demo_never_writes_to_the_database_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("YITONG_DATABASE_URL", "postgresql+asyncpg://county/real")
    monkeypatch.setenv("YITONG_EVIDENCE", "/real")
    options = DemoOptions(
        port=8000, headless=True, for_s=None, report=None, autopilot=True, kafka="127.0.0.1:1",
        data=tmp_path / "run", keep=False,
    )  # fmt: skip
    run = prepare(options)
    assert run.settings.database_url == f"sqlite+aiosqlite:///{tmp_path}/run/yitong.db"
    assert len(run.crew.parts) == 6
    for part in run.crew.parts:
        assert part.env["YITONG_DATABASE_URL"] == run.settings.database_url
        assert part.env["YITONG_EVIDENCE"] == str(tmp_path / "run" / "evidence")
