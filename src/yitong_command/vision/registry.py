"""The models this installation has: ``registry.toml``, verified before anything is loaded."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from yitong_command.errors import ConfigError, ModelMismatch
from yitong_command.vision import DETECTORS
from yitong_command.vision.detector import Detector, Engine, ModelSpec

REGISTRY_FILE = "registry.toml"
CHECKPOINT = ".pt"
"""Suffix of a graph that has its weights inside."""
SUSPICION = 0.001
"""Score threshold of an evaluation: the whole precision-recall curve is wanted."""
_KEYS = frozenset(
    {
        "version",
        "engine",
        "graph",
        "sha256",
        "classes",
        "input",
        "score_threshold",
        "nms_iou",
        "one_label_iou",
        "licence",
        "card",
    }
)
_OPTIONAL = frozenset({"person_threshold"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One model as the registry describes it, its files not yet looked at.

    Attributes:
        spec: The model.
        sha256: Digest of each of its files, by path relative to the registry.
    """

    spec: ModelSpec
    sha256: Mapping[str, str]


class Registry:
    """Verified models by name; each is compiled once, when first asked for.

    Args:
        specs: The models by name.
        workers: How many detectors of one model will run at the same time.
    """

    def __init__(self, specs: Mapping[str, ModelSpec], workers: int = 1) -> None:
        self.specs: Mapping[str, ModelSpec] = MappingProxyType(dict(specs))
        self._workers = workers
        self._engines: dict[str, Engine] = {}

    def detector(self, name: str) -> Detector:
        """A detector of its own for one worker.

        Raises:
            ConfigError: If the registry has no such model.
            ModelMismatch: If the model can't be loaded or has another shape.
        """
        spec = self._known(name)
        if name not in self._engines:
            self._engines[name] = DETECTORS[spec.engine](spec, self._workers)
        return self._engines[name].detector()

    def suspicious_detector(self, name: str) -> Detector:
        """The same model reporting whatever it suspects, with its score: for evaluation only.

        Raises:
            ConfigError: If the registry has no such model.
            ModelMismatch: If the model can't be loaded or has another shape.
        """
        return suspicious(self._known(name))

    def _known(self, name: str) -> ModelSpec:
        if name not in self.specs:
            raise ConfigError(
                REGISTRY_FILE,
                name,
                f"没有此模型 / no such model; there are: {', '.join(sorted(self.specs))}",
            )
        return self.specs[name]


def suspicious(spec: ModelSpec) -> Detector:
    """A model reporting whatever it suspects, with its score.

    Raises:
        ModelMismatch: If the model can't be loaded or has another shape.
    """
    open_minded = replace(
        spec,
        score_threshold=SUSPICION,
        one_label_iou=1.0,
        person_threshold=None,
        every_label=True,
    )
    return DETECTORS[spec.engine](open_minded, 1).detector()


def load_registry(models_dir: Path, workers: int = 1) -> Registry:
    """Read the registry and check every file it names.

    Args:
        models_dir: Folder of ``registry.toml``.
        workers: How many detectors of one model will run at the same time; one thread each.

    Raises:
        ConfigError: If the registry is missing or an entry is wrong.
        ModelMismatch: If a model file is missing, truncated or altered; the text names it.
    """
    entries = read_registry(models_dir)
    for entry in entries.values():
        verify(models_dir, entry)
    return Registry({name: entry.spec for name, entry in entries.items()}, workers)


def read_registry(models_dir: Path) -> dict[str, Entry]:
    """The models by name, as the registry describes them.

    Raises:
        ConfigError: If the registry is missing or an entry is wrong.
    """
    file = models_dir / REGISTRY_FILE
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise ConfigError(str(file), "", f"无法读取 / can't be read: {exc}") from exc
    return {
        name: Entry(_spec(file, name, entry), _digests(file, name, entry))
        for name, entry in table.items()
    }


def verify(models_dir: Path, entry: Entry) -> None:
    """Compare a model's files with their digests.

    Raises:
        ModelMismatch: If one is missing, truncated or altered; the text names it.
    """
    for relative, wanted in entry.sha256.items():
        path = models_dir / relative
        try:
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as exc:
            raise ModelMismatch(f"{path}: 模型文件缺失 / model file missing: {exc}") from exc
        if found != wanted:
            raise ModelMismatch(
                f"{path}: 模型文件被截断或改动 / model file truncated or altered: "
                f"sha256 {found[:12]}…, registry {wanted[:12]}…"
            )


def _spec(file: Path, name: str, entry: Any) -> ModelSpec:
    """One entry of the registry as a value; refuses unknown, missing and ill-typed keys."""
    if not isinstance(entry, dict):
        raise ConfigError(str(file), name, "应为一节 / must be a table")
    for key in sorted((set(entry) - _OPTIONAL) ^ _KEYS):
        problem = "缺少 / missing" if key in _KEYS else "未知的键 / unknown key"
        raise ConfigError(str(file), f"{name}.{key}", problem)
    if entry["engine"] not in DETECTORS:
        known = ", ".join(sorted(DETECTORS))
        raise ConfigError(str(file), f"{name}.engine", f"未知引擎 / unknown engine; known: {known}")
    try:
        if entry["input"]["format"] != "u8 NHWC BGR":
            raise ConfigError(str(file), f"{name}.input.format", "应为 / must be: u8 NHWC BGR")
        return ModelSpec(
            name=name,
            version=str(entry["version"]),
            engine=str(entry["engine"]),
            graph=file.parent / str(entry["graph"]),
            classes=tuple(str(label) for label in entry["classes"]),
            height_px=int(entry["input"]["height_px"]),
            width_px=int(entry["input"]["width_px"]),
            score_threshold=_share(file, name, entry, "score_threshold"),
            nms_iou=_share(file, name, entry, "nms_iou"),
            one_label_iou=_share(file, name, entry, "one_label_iou"),
            licence=str(entry["licence"]),
            person_threshold=(
                _share(file, name, entry, "person_threshold")
                if "person_threshold" in entry
                else None
            ),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise ConfigError(str(file), name, f"条目有误 / wrong entry: {exc!r}") from exc


def _share(file: Path, name: str, entry: dict[str, Any], key: str) -> float:
    value = float(entry[key])
    if not 0 < value <= 1:
        raise ConfigError(
            str(file), f"{name}.{key}", f"应在 (0, 1] 内 / must lie in (0, 1]: {value}"
        )
    return value


def _digests(file: Path, name: str, entry: dict[str, Any]) -> dict[str, str]:
    """SHA-256 by path relative to the registry; must name the graph and its weights."""
    graph = str(entry["graph"])
    files = {graph}
    if PurePosixPath(graph).suffix != CHECKPOINT:
        files.add(str(PurePosixPath(graph).with_suffix(".bin")))
    table = entry["sha256"]
    if not isinstance(table, dict) or set(table) != files:
        raise ConfigError(
            str(file), f"{name}.sha256", f"应列出 / must list exactly: {', '.join(sorted(files))}"
        )
    return {path: str(digest) for path, digest in table.items()}
