"""Rules of the house that no linter knows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from yitong_command.bus.topics import TOPICS

ROOT = Path(__file__).parents[2]
LIMIT = 300
TOP_LEVEL = {
    "src", "streams", "models", "config", "tests", "deploy",
    "README.md", "pyproject.toml", "Makefile", "LICENSE",
}  # fmt: skip


def _tracked(*patterns: str) -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [path for line in done.stdout.splitlines() if (path := ROOT / line).is_file()]


def test_the_top_level_is_as_agreed() -> None:
    names = {path.relative_to(ROOT).parts[0] for path in _tracked()}
    assert {name for name in names if not name.startswith(".")} <= TOP_LEVEL


def test_no_source_file_is_long() -> None:
    files = _tracked("src/**/*.py", "streams/*.py", "src/console/**/*.ts", "src/console/**/*.vue")
    assert len(files) > 50
    long = {
        str(path.relative_to(ROOT)): lines
        for path in files
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LIMIT
    }
    assert long == {}


def test_the_project_speaks_of_itself_alone() -> None:
    registries = "|".join(("py" + "pi", "pythonhos" + "ted", "npm" + "js", "maven\\.or" + "g"))
    folders = "|".join(("/wo" + "rk/", "/tm" + "p/[a-z]"))
    wrong = re.compile(rf"{folders}|https?://[^ ]*({registries})")
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _tracked()
        if path.suffix in {".py", ".md", ".yaml", ".toml", ".ts", ".vue", ".json", ".sh", ".txt"}
        and (match := wrong.search(path.read_text(encoding="utf-8")))
    ]
    assert found == []


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_every_topic_is_documented(topic: object) -> None:
    assert f"`{topic.name}`" in (ROOT / "README.md").read_text(encoding="utf-8")  # type: ignore[attr-defined]


def test_every_setting_is_documented() -> None:
    source = (ROOT / "src/yitong_command/settings/environment.py").read_text(encoding="utf-8")
    names = re.findall(r'values\.(?:text|path|number)\("([A-Z_]+)"', source)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(names) > 10
    assert [name for name in names if f"`YITONG_{name}`" not in readme] == []
