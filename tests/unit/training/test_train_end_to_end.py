"""Training and export through the commands, end to end; needs the extra `train`."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from yitong_command.training.recipes import INSTALL

MODELS = Path(__file__).parents[3] / "models"
ABSENT = [n for n in ("torch", "ultralytics", "nncf") if importlib.util.find_spec(n) is None]
pytestmark = [
    pytest.mark.skipif(bool(ABSENT), reason=f"the extra `train` is not installed: {INSTALL}"),
    pytest.mark.timeout(1800),
]
LAST = Path("run", "weights", "last.pt")


def drawn(seed: int, state: int) -> tuple[np.ndarray, str]:
    """A road with a disc on it (0: cover, 2: hole), and its label line."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(90, 150, (200, 240, 3), dtype=np.uint8)
    x, y, radius = int(rng.integers(80, 160)), int(rng.integers(80, 120)), int(rng.integers(45, 60))
    cv2.circle(picture, (x, y), radius, (70, 75, 80) if state == 0 else (5, 5, 5), -1)
    if state == 0:
        cv2.circle(picture, (x, y), radius - 8, (130, 130, 130), 3)
    side = 2 * radius
    return picture, f"{state} {x / 240:.5f} {y / 200:.5f} {side / 240:.5f} {side / 200:.5f}\n"


@pytest.fixture(scope="module")
def covers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("covers")
    for split, count in (("train", 8), ("val", 4)):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for n in range(count):
            picture, line = drawn(n + 100 * (split == "val"), 2 * (n % 2))
            cv2.imwrite(str(folder / "images" / split / f"p{n}.png"), picture)
            (folder / "labels" / split / f"p{n}.txt").write_text(line)
    names = "names: [manhole_ok, manhole_broken, manhole_missing, manhole_displaced]\n"
    (folder / "data.yaml").write_text(f"path: .\ntrain: images/train\nval: images/val\n{names}")
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that knows nothing, made here: nothing is downloaded."""
    file = tmp_path_factory.mktemp("weights") / "start.pt"
    text = (
        "import torch; from ultralytics import YOLO; torch.manual_seed(1)\n"
        f"YOLO('yolo11n.yaml').save({str(file)!r})"
    )
    subprocess.run([sys.executable, "-c", text], check=True, env=environment(file.parent))
    return file


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"YOLO_CONFIG_DIR": str(folder), "YOLO_OFFLINE": "true"}


def command(covers: Path, weights: Path, out: Path, epochs: int, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "yitong_command", "train", "manhole", "--data", str(covers),
        "--weights", str(weights), "--out", str(out), "--epochs", str(epochs),
        "--composites", "6", "--device", "cpu", "--threads", "1", *more,
    ]  # fmt: skip


def fingerprint(checkpoint: Path, folder: Path) -> str:
    """Digest of the weights alone: a checkpoint also holds the time of day."""
    text = (
        "import hashlib, torch; from ultralytics import YOLO\n"
        f"state = YOLO({str(checkpoint)!r}).model.float().state_dict()\n"
        "digest = hashlib.sha256()\n"
        "[digest.update(state[k].numpy().tobytes()) for k in sorted(state)]\n"
        "print(digest.hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", text], check=True, capture_output=True, env=environment(folder)
    )
    return done.stdout.decode().split()[-1]


@pytest.fixture(scope="module")
def trained(covers: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("run")
    subprocess.run(command(covers, weights, out, 2), check=True, env=environment(out), cwd=out)
    return out


def test_one_seed_gives_one_set_of_weights_another_gives_another(
    covers: Path, weights: Path, trained: Path, tmp_path: Path
) -> None:
    prints = []
    for seed in ("7", "8"):
        out = tmp_path / seed
        out.mkdir()
        line = command(covers, weights, out, 2, "--seed", seed)
        subprocess.run(line, check=True, env=environment(out), cwd=out)
        prints.append(fingerprint(out / LAST, out))
    assert fingerprint(trained / LAST, tmp_path) == prints[0] != prints[1]


def test_a_killed_run_goes_on_where_it_stopped(covers: Path, weights: Path, tmp_path: Path) -> None:
    line, env = command(covers, weights, tmp_path, 5), environment(tmp_path)
    with subprocess.Popen(line, env=env, cwd=tmp_path, start_new_session=True) as run:
        while not (tmp_path / LAST).is_file() and run.poll() is None:
            time.sleep(0.1)
        assert run.poll() is None, "it ended before it could be killed"
        os.killpg(run.pid, signal.SIGKILL)
    before = fingerprint(tmp_path / LAST, tmp_path)
    refused = subprocess.run(line, env=env, cwd=tmp_path, capture_output=True, check=False)
    assert refused.returncode == 2
    assert b"--resume" in refused.stderr
    subprocess.run([*line, "--resume"], env=env, cwd=tmp_path, check=True)
    rows = (tmp_path / "run" / "results.csv").read_text().splitlines()
    assert [row.split(",")[0].strip() for row in rows[1:]] == [str(n) for n in range(1, 6)]
    assert fingerprint(tmp_path / LAST, tmp_path) != before


def test_what_was_trained_is_exported_registered_verified_and_finds_things(
    covers: Path, trained: Path, tmp_path: Path
) -> None:
    models = tmp_path / "models"
    shutil.copytree(MODELS, models)
    env = environment(tmp_path) | {"YITONG_MODELS": str(models)}
    yitong = [sys.executable, "-m", "yitong_command"]
    export = [
        *yitong, "export", "--weights", str(trained / LAST), "--model", "manhole-cover",
        "--calibration", str(covers / "images" / "train"), "--out", str(models / "manhole-cover"),
    ]  # fmt: skip
    subprocess.run(export, check=True, env=env)
    refused = subprocess.run([*yitong, "models", "verify"], env=env, check=False)
    assert refused.returncode == 2
    register = [sys.executable, str(models / "recipes" / "register.py")]
    subprocess.run(register, check=True, env=env)
    subprocess.run([*yitong, "models", "verify"], check=True, env=env)
    shipped = (MODELS / "manhole-cover" / "manhole-cover.bin").read_bytes()
    made = (models / "manhole-cover" / "manhole-cover.bin").read_bytes()
    assert hashlib.sha256(made).digest() != hashlib.sha256(shipped).digest()
    line = [*yitong, "evaluate", str(covers / "data.yaml"), "--model", "manhole-cover", "--json"]
    done = subprocess.run(line, check=True, env=env, capture_output=True)
    assert b'"mAP50"' in done.stdout
