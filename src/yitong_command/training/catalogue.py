"""`yitong models`: what the registry holds, whether it is whole, and getting genuine weights."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yitong_command.errors import ConfigError, ModelMismatch
from yitong_command.training.recipes import INSTALL
from yitong_command.vision import DETECTORS
from yitong_command.vision.registry import read_registry, verify

GENUINE = re.compile(r"yolo(v8|v9|v10|11|12|26)[nsmlxtceb](\.pt)?")

Fetch = Callable[[Path], object]


def list_models(models_dir: Path, load: bool = False) -> list[dict[str, Any]]:
    """Every model of the registry.

    Args:
        models_dir: Folder of the registry.
        load: Load each model too, which checks its shape.

    Returns:
        Per model ``name``, ``version``, ``engine``, ``classes``, ``shape`` (height, width),
        ``score_threshold``, ``licence``, ``files``, ``ok`` and, where that is False, ``problem``.

    Raises:
        ConfigError: If the registry is missing or an entry is wrong.
    """
    models = []
    for name, entry in sorted(read_registry(models_dir).items()):
        spec, problem = entry.spec, None
        try:
            verify(models_dir, entry)
            if load:
                DETECTORS[spec.engine](spec, 1)
        except ModelMismatch as exc:
            problem = str(exc)
        models.append(
            {
                "name": name,
                "version": spec.version,
                "engine": spec.engine,
                "classes": list(spec.classes),
                "shape": [spec.height_px, spec.width_px],
                "score_threshold": spec.score_threshold,
                "licence": spec.licence,
                "files": dict(entry.sha256),
                "ok": problem is None,
                "problem": problem,
            }
        )
    return models


def fetch_weights(name: str, out: Path, fetch: Fetch | None = None) -> Path:
    """Get genuine Ultralytics weights, to start a training from.

    Args:
        name: For example ``yolo11n``.
        out: Folder for the file.
        fetch: Downloads a file to the path it is given; by default Ultralytics' own function.

    Returns:
        The file.

    Raises:
        ConfigError: If there is no such name, ultralytics is not installed, or the network does
            not give it.
    """
    if not GENUINE.fullmatch(name):
        raise ConfigError(
            "yitong models fetch",
            name,
            "没有此名称 / no such weights; for example yolo11n, yolo11s",
        )
    file = out / f"{name.removesuffix('.pt')}.pt"
    if file.is_file():
        return file
    fetch = fetch or _ultralytics_fetch()
    out.mkdir(parents=True, exist_ok=True)
    why = ""
    try:
        fetch(file)
    except (OSError, RuntimeError, ValueError) as exc:  # requests' errors are OSError too
        why = f": {exc}"
    if not file.is_file():
        raise ConfigError(
            "yitong models fetch",
            name,
            f"无法下载 / the network does not give it{why}; "
            f"可另行下载后放到 / get it elsewhere and put it at: {file}",
        )
    return file


def _ultralytics_fetch() -> Fetch:
    try:
        downloads = importlib.import_module("ultralytics.utils.downloads")
    except (ImportError, OSError, RuntimeError) as exc:
        raise ConfigError(
            "yitong models fetch",
            "",
            f"缺少训练组件 / not installed: {exc}; 请运行 / run: {INSTALL}",
        ) from exc
    fetch: Fetch = downloads.attempt_download_asset
    return fetch
