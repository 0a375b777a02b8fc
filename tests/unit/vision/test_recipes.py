"""The parts of the training recipes that need no training library."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


def load(models_dir: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, models_dir / "recipes" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(5).integers(0, 256, (240, 320, 3), dtype=np.uint8)


def test_degrading_keeps_the_shape_and_is_decided_by_the_seed(
    models_dir: Path, picture: np.ndarray
) -> None:
    degrade = load(models_dir, "degrade").degrade
    changed = 0
    for seed in range(40):
        first = degrade(picture, np.random.default_rng(seed))
        second = degrade(picture, np.random.default_rng(seed))
        assert first.shape == picture.shape and first.dtype == np.uint8
        assert (first == second).all()
        changed += bool((first != picture).any())
    assert 10 < changed < 40


def test_composites_are_made_as_counted_the_same_by_the_same_seed(
    models_dir: Path, picture: np.ndarray
) -> None:
    made = load(models_dir, "composites")
    box = (80, 70, 240, 190)
    dark = picture // 8
    photos = [made.Photo(picture, made.OK, box), made.Photo(dark, made.MISSING, box)]
    counts = {made.BROKEN: 3, made.MISSING: 2, made.DISPLACED: 4}
    first, second = (made.composites(photos, counts, 11) for _ in range(2))
    assert [photo.label for photo in first] == [1] * 3 + [2] * 2 + [3] * 4
    for a, b in zip(first, second, strict=True):
        assert a.box == box
        assert (a.image == b.image).all()
        assert (a.image != (picture if a.label != made.MISSING else dark)).any()
