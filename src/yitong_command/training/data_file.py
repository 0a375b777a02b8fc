"""Ultralytics data files: which pictures, which labels, which classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yitong_command.errors import ConfigError
from yitong_command.settings.files import read_yaml
from yitong_command.vision.evaluate import PICTURE_SUFFIXES

SPLITS = ("train", "val", "test")
IMAGES, LABELS = "images", "labels"


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture and where its label file is, if it has one.

    Attributes:
        picture: JPEG or PNG.
        labels: YOLO text; absent for a picture that shows nothing.
    """

    picture: Path
    labels: Path


@dataclass(frozen=True, slots=True)
class DataSet:
    """One split of a data file.

    Attributes:
        file: The data file.
        classes: Names by the numbers in the label files.
        samples: In the order of their paths.
    """

    file: Path
    classes: tuple[str, ...]
    samples: tuple[Sample, ...]


def read_data_file(file: Path, split: str = "val") -> DataSet:
    """Read a data file and list one split.

    ``path`` is taken relative to the data file's folder. A split is a folder, a text file that
    lists pictures, or a list of these. Labels lie where Ultralytics looks for them: the last
    ``images`` of the picture's path replaced by ``labels``.

    Args:
        file: The YAML file.
        split: ``train``, ``val`` or ``test``.

    Raises:
        ConfigError: Naming the file and the key that is wrong.
    """
    if split not in SPLITS:
        raise ConfigError("yitong evaluate", "--split", f"{split!r}: {', '.join(SPLITS)}")
    if not file.is_file():
        raise ConfigError(str(file), "", "数据文件不存在 / there is no such data file")
    data = read_yaml(file)
    if not isinstance(data, dict):
        raise ConfigError(str(file), "", "应有 / needs the keys path, train, val, names")
    classes = _classes(file, data.get("names"))
    pictures = _pictures(file, split, data)
    samples = tuple(Sample(picture, label_file(picture)) for picture in pictures)
    folders = sorted({str(sample.labels.parent) for sample in samples})
    if not any(Path(folder).is_dir() for folder in folders):
        raise ConfigError(
            str(file), split, f"标注目录不存在 / there is no folder of labels: {folders[0]}"
        )
    return DataSet(file, classes, samples)


def label_file(picture: Path) -> Path:
    """Where the labels of a picture are.

    Example:
        >>> label_file(Path("covers/images/val/a.jpg")).as_posix()
        'covers/labels/val/a.txt'
    """
    parts = list(picture.parts[:-1])
    if IMAGES in parts:
        last = len(parts) - 1 - parts[::-1].index(IMAGES)
        parts[last] = LABELS
    return Path(*parts, f"{picture.stem}.txt")


def _classes(file: Path, names: Any) -> tuple[str, ...]:
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not names:
        raise ConfigError(str(file), "names", "应为类别表 / must list the classes, 0: car")
    if set(names) != set(range(len(names))):
        raise ConfigError(
            str(file), "names", f"编号应为 / must be numbered 0 to {len(names) - 1}: {list(names)}"
        )
    classes = tuple(str(names[number]) for number in range(len(names)))
    if len(set(classes)) != len(classes):
        raise ConfigError(str(file), "names", "类别重复 / a class is listed twice")
    return classes


def _pictures(file: Path, split: str, data: dict[Any, Any]) -> list[Path]:
    root = data.get("path", ".")
    if not isinstance(root, str):
        raise ConfigError(str(file), "path", f"应为目录 / must be a folder: {root!r}")
    folder = file.resolve().parent / Path(root).expanduser()
    if not folder.is_dir():
        raise ConfigError(str(file), "path", f"目录不存在 / there is no such folder: {folder}")
    entry = data.get(split)
    places = [item for item in (entry if isinstance(entry, list) else [entry]) if item]
    if not places or not all(isinstance(item, str) for item in places):
        there = ", ".join(name for name in SPLITS if data.get(name)) or "—"
        raise ConfigError(
            str(file), split, f"缺少或不是路径 / missing or not a path; there are: {there}"
        )
    found = sorted({p for item in places for p in _listed(file, split, folder / item)})
    if not found:
        raise ConfigError(str(file), split, f"没有图像 / there are no pictures: {entry}")
    return found


def _listed(file: Path, split: str, place: Path) -> list[Path]:
    """The pictures of a folder, or those a text file lists."""
    if place.is_dir():
        return [p for p in place.rglob("*") if p.suffix.lower() in PICTURE_SUFFIXES]
    if place.suffix != ".txt" or not place.is_file():
        raise ConfigError(
            str(file), split, f"目录不存在 / there is no such folder or list: {place}"
        )
    lines = [line.strip() for line in place.read_text(encoding="utf-8").splitlines()]
    pictures = [place.parent / line for line in lines if line]
    absent = next((p for p in pictures if not p.is_file()), None)
    if absent:
        raise ConfigError(str(place), "", f"图像不存在 / there is no such picture: {absent}")
    return pictures
