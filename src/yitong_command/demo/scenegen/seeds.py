"""Which seeds are for training and which for tests: two ranges that never meet.

A model must not be tried on a street it was trained on. A scene's number says what it is for, its
ground truth repeats it, and whatever cuts training pictures refuses the scenes made for tests.
"""

from collections.abc import Mapping
from typing import Any, Literal

Use = Literal["train", "test"]
USES: tuple[Use, ...] = ("train", "test")
FIRST_TEST_SEED = 1_000_000


class SceneForTests(ValueError):
    """A scene made for tests was handed to a training."""


def seed_for(use: Use, number: int) -> int:
    """Seed of the scene ``number`` of one use.

    Args:
        use: What the scene is for.
        number: 0 to 999,999.

    Raises:
        ValueError: If the number is out of its range, so that the two uses could meet.

    Example:
        >>> seed_for("train", 7), seed_for("test", 7)
        (7, 1000007)
    """
    if not 0 <= number < FIRST_TEST_SEED:
        raise ValueError(f"a scene's number lies in 0 to {FIRST_TEST_SEED - 1}: {number}")
    return number + (FIRST_TEST_SEED if use == "test" else 0)


def use_of(seed: int) -> Use:
    """What the scene of a seed is for."""
    return "test" if seed >= FIRST_TEST_SEED else "train"


def must_be_for_training(truth: Mapping[str, Any], name: str) -> None:
    """Refuse a scene that is for tests.

    Args:
        truth: Its ground truth.
        name: Its name, for the text.

    Raises:
        SceneForTests: If its seed is a test seed.
    """
    if use_of(int(truth.get("seed", 0))) == "test":
        raise SceneForTests(f"{name}: this scene is for tests, no model may be trained on it")
