"""`yitong bench` as a person meets it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from yitong_command.cli.app import app
from yitong_command.cli.bench import _table


@pytest.mark.parametrize("command", ["cameras", "route"])
def test_every_benchmark_explains_itself_in_two_languages(command: str) -> None:
    result = CliRunner().invoke(app, ["bench", command, "--help"])
    assert result.exit_code == 0
    assert "--json" in result.output
    assert "每" in result.output
    assert "how many" in result.output


def test_a_senseless_number_is_one_clear_line_before_anything_is_started() -> None:
    result = CliRunner().invoke(app, ["bench", "cameras", "--cameras", "0", "--for", "5"])
    assert result.exit_code == 2
    assert "--cameras" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_the_table_shows_every_figure_but_not_every_camera() -> None:
    text = _table(
        {
            "look_p50_s": 2.0,
            "ratio_floor": None,
            "missed_on": ["bench-0001", "bench-0002"],
            "per_camera": {"bench-0001": {"n": 1}},
            "machine": {"cores": 2},
        }
    )
    assert "look_p50_s" in text
    assert "—" in text
    assert "bench-0001, bench-0002" in text
    assert "per_camera" not in text
    assert "    cores" in text
