"""The wheel as it is installed: whole, and able to run far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from yitong_command import __version__

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.timeout(120)


def run(*command: str | Path, cwd: Path) -> str:
    """Output of a command that has to succeed, started without any setting of ours."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("YITONG_")}
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=ROOT)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs of a new environment with the wheel in it.

    It borrows this environment's libraries by path, which does not bring the checkout with them:
    an editable install hangs on a ``.pth`` file, and those of a borrowed folder are not read.
    """
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index",
        "--no-deps", wheel, cwd=home)  # fmt: skip
    (packages,) = home.glob("lib/python3*/site-packages")
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin"


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    wanted = {
        str(path.relative_to(ROOT / "src"))
        for path in (ROOT / "src" / "yitong_command").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    wanted |= {f"streams/{path.name}" for path in (ROOT / "streams").glob("*.py")}
    for name in ("config", "models"):
        tracked = run("git", "ls-files", name, cwd=ROOT).split()
        wanted |= {f"yitong_command/_packaged/{path}" for path in tracked}
    assert len(wanted) > 200
    assert wanted - packed == set()


def test_the_installed_command_runs_from_any_folder(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "models").mkdir()
    assert run(scripts / "yitong", "--version", cwd=tmp_path).split()[-1] == __version__
    said = run(scripts / "yitong", "check-config", cwd=tmp_path)
    assert str(scripts.parent) in said, "another's folders named config and models are not ours"
    assert str(ROOT) not in said


def test_the_installed_migrations_make_a_database(scripts: Path, tmp_path: Path) -> None:
    code = "from yitong_command.storage.migrate import upgrade; upgrade('sqlite:///new/y.db')"
    run(scripts / "python", "-c", code, cwd=tmp_path)
    assert (tmp_path / "new" / "y.db").stat().st_size > 0
