"""Data files: what is read, and what a wrong one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from yitong_command.errors import ConfigError
from yitong_command.training.data_file import label_file, read_data_file

GOOD = "path: .\ntrain: images/train\nval: images/val\nnames: {0: car, 1: bus}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split in ("train", "val"):
        (tmp_path / "images" / split).mkdir(parents=True)
        (tmp_path / "labels" / split).mkdir(parents=True)
    for name in ("b.jpg", "a.PNG", "notes.txt"):
        (tmp_path / "images" / "val" / name).write_bytes(b"")
    (tmp_path / "data.yaml").write_text(GOOD)
    return tmp_path


def test_pictures_are_listed_with_their_label_files(folder: Path) -> None:
    data = read_data_file(folder / "data.yaml")
    assert data.classes == ("car", "bus")
    assert [s.picture.name for s in data.samples] == ["a.PNG", "b.jpg"]
    assert data.samples[1].labels == folder / "labels" / "val" / "b.txt"


def test_the_data_file_is_found_from_anywhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    assert len(read_data_file(Path("data.yaml")).samples) == 2
    monkeypatch.chdir(folder / "images")
    assert len(read_data_file(Path("../data.yaml")).samples) == 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(GOOD.replace("path: .\n", ""), id="no path"),
        pytest.param(GOOD.replace("{0: car, 1: bus}", "[car, bus]"), id="names as a list"),
        pytest.param(GOOD.replace("images/val", "[images/val, images/train]"), id="two folders"),
        pytest.param(GOOD.replace("images/val", "list.txt"), id="a list of pictures"),
        pytest.param(GOOD + "nc: 2\ndownload: nothing\n", id="other keys"),
    ],
)
def test_every_form_that_ultralytics_reads(folder: Path, text: str) -> None:
    (folder / "list.txt").write_text("./images/val/a.PNG\n\nimages/val/b.jpg\n")
    (folder / "data.yaml").write_text(text)
    data = read_data_file(folder / "data.yaml")
    assert data.classes == ("car", "bus")
    assert len(data.samples) == 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("just words", "path, train, val, names", id="no table"),
        pytest.param("a: [", "not valid YAML", id="no YAML"),
        pytest.param(GOOD.replace("path: .", "path: elsewhere"), ": path: ", id="path"),
        pytest.param(GOOD.replace("path: .", "path: 7"), ": path: ", id="path is a number"),
        pytest.param(GOOD.replace("val: images/val\n", ""), r": val: .*train", id="split missing"),
        pytest.param(GOOD.replace("val: images/val", "val: 5"), ": val: ", id="split a number"),
        pytest.param(GOOD.replace("images/val", "photos"), r": val: .*photos", id="split's folder"),
        pytest.param(GOOD.replace("images/val", "labels/val"), ": val: .*no pictures", id="empty"),
        pytest.param(GOOD.replace("1: bus", "3: bus"), ": names: ", id="gap in the numbers"),
        pytest.param(GOOD.replace("1: bus", "1: car"), ": names: .*twice", id="name twice"),
        pytest.param(GOOD.replace("names: {0: car, 1: bus}", ""), ": names: ", id="no names"),
    ],
)
def test_a_wrong_data_file_is_refused_by_file_and_key(folder: Path, text: str, named: str) -> None:
    (folder / "data.yaml").write_text(text)
    with pytest.raises(ConfigError, match=rf"data\.yaml.*{named}"):
        read_data_file(folder / "data.yaml")


def test_a_missing_labels_folder_is_not_a_set_without_objects(folder: Path) -> None:
    (folder / "labels" / "val").rmdir()
    with pytest.raises(ConfigError, match=r"data\.yaml: val: .*labels"):
        read_data_file(folder / "data.yaml")


def test_an_absent_data_file_and_an_unknown_split_are_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        read_data_file(folder / "none.yaml")
    with pytest.raises(ConfigError, match="--split"):
        read_data_file(folder / "data.yaml", "dev")
    (folder / "list.txt").write_text("gone.jpg\n")
    (folder / "data.yaml").write_text(GOOD.replace("images/val", "list.txt"))
    with pytest.raises(ConfigError, match=r"list\.txt: .*gone\.jpg"):
        read_data_file(folder / "data.yaml")


def test_only_the_last_images_folder_is_replaced() -> None:
    place = Path("images/set/images/val/a.b.jpg")
    assert label_file(place) == Path("images/set/labels/val/a.b.txt")
    assert label_file(Path("photos/a.jpg")) == Path("photos/a.txt")
