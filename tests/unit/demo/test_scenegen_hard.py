"""Scenes in hard conditions: decided by the seed, of the kind they promise, for one use only."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from yitong_command.cli.scenes import scenes
from yitong_command.demo.scenegen import hard
from yitong_command.demo.scenegen.batch import Batch, make_scenes
from yitong_command.demo.scenegen.effects import Effects, affected
from yitong_command.demo.scenegen.hard import KINDS, draw_scene
from yitong_command.demo.scenegen.patches import background_jobs
from yitong_command.demo.scenegen.plan import present
from yitong_command.demo.scenegen.seeds import (
    FIRST_TEST_SEED,
    SceneForTests,
    must_be_for_training,
    seed_for,
    use_of,
)
from yitong_command.demo.scenegen.truth import brief_stops, events, zones
from yitong_command.errors import ConfigError

PURE = settings(deadline=None, derandomize=True, max_examples=25)
seeds = st.integers(0, 5_000) | st.integers(FIRST_TEST_SEED, FIRST_TEST_SEED + 5_000)
STANDING = {"parks", "parks_bus", "parks_people", "steep_parks"}
CHANGING = {"cover_missing", "cover_broken", "cover_displaced", "cover_far"}


@PURE
@given(st.integers(0, FIRST_TEST_SEED - 1), st.integers(0, FIRST_TEST_SEED - 1))
def test_training_and_test_seeds_never_meet(one: int, other: int) -> None:
    train, test = seed_for("train", one), seed_for("test", other)
    assert train != test
    assert (use_of(train), use_of(test)) == ("train", "test")


@pytest.mark.parametrize("number", [-1, FIRST_TEST_SEED])
def test_a_number_that_would_reach_the_other_range_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="lies in 0 to"):
        seed_for("train", number)


def test_a_scene_for_tests_is_refused_for_training() -> None:
    must_be_for_training({"seed": seed_for("train", 4)}, "fine")
    with pytest.raises(SceneForTests, match="no model may be trained"):
        must_be_for_training({"seed": seed_for("test", 4)}, "refused")


@PURE
@given(seeds)
def test_one_seed_gives_one_scene(seed: int) -> None:
    assert draw_scene(seed) == draw_scene(seed)
    assert use_of(draw_scene(seed)[0].seed) == use_of(seed)


def test_conditions_vary() -> None:
    drawn = [draw_scene(seed) for seed in range(150)]
    assert {told.light for _, told in drawn} == {"noon", "low", "dusk", "night"}
    assert {plan.weather for plan, _ in drawn} == {"dry", "rain", "snow"}
    assert any(told.effects.infrared_at_s for _, told in drawn)
    assert any(told.effects.clouds for _, told in drawn)
    assert {bool(told.effects.shake_px) for _, told in drawn} == {True, False}
    heights = [plan.camera.position[2] for plan, _ in drawn]
    assert min(heights) < 6
    assert max(heights) > 12


@PURE
@given(seeds)
def test_a_scene_holds_what_its_kind_promises(seed: int) -> None:
    plan, _ = draw_scene(seed)
    kind = plan.name.split("-")[-1]
    watched = {zone["kind"] for zone in zones(plan)}
    stops = {e["object"] for e in events(plan) if e["type"] == "vehicle_stopped"}
    states = [e["state"] for e in events(plan) if e["type"] == "manhole_state"]
    assert ("offender" in stops) == (kind in STANDING)
    assert (len(states) == 2) == (kind in CHANGING)
    assert ("no_parking" in watched) == (not kind.startswith("cover"))
    assert present(plan, 10.0) or kind.startswith("cover")
    if kind == "short_stop":
        assert {b["object"] for b in brief_stops(plan)} >= {"short_1"}
    if kind in CHANGING:
        assert [job.crop is None for job in background_jobs(plan, "p")] == [True, False]


def test_the_seed_names_every_kind() -> None:
    assert {draw_scene(seed)[0].name.split("-")[-1] for seed in range(len(KINDS))} == set(KINDS)
    assert draw_scene(0)[0].frame_count == hard.LENGTH_S * hard.FPS


def test_effects_are_decided_by_the_seed_and_keep_the_form() -> None:
    rng = np.random.default_rng(1)
    clip = [rng.integers(0, 255, (60, 80, 3), dtype=np.uint8) for _ in range(8)]
    effects = Effects(shake_px=2.0, infrared_at_s=2.0, clouds=True)
    one, same, other = (list(affected(clip, effects, 2, seed)) for seed in (3, 3, 4))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert [bool((f[..., 0] == f[..., 2]).all()) for f in one] == [False] * 4 + [True] * 4
    assert {f.shape for f in one} == {(60, 80, 3)}
    plain = list(affected(clip, Effects(), 2, 3))
    assert all(np.array_equal(a, b) for a, b in zip(clip, plain, strict=True))


def test_a_wrong_option_or_an_absent_renderer_is_named(tmp_path: Path) -> None:
    absent = tmp_path / "no-python"
    with pytest.raises(ConfigError, match="--kind"):
        list(make_scenes(Batch(0, 1, "test", tmp_path, absent, ("flood",))))
    with pytest.raises(ConfigError, match="renderer"):
        list(make_scenes(Batch(0, 1, "test", tmp_path, absent)))
    for words in (["--use", "both"], ["--blender-python", str(absent)]):
        told = CliRunner().invoke(scenes, ["--out", str(tmp_path), *words])
        assert told.exit_code == 2


def test_a_scene_that_is_there_is_kept(tmp_path: Path) -> None:
    name = draw_scene(seed_for("test", 3))[0].name
    (tmp_path / f"{name}.gt.json").write_text(json.dumps({}))
    made = list(make_scenes(Batch(3, 1, "test", tmp_path, tmp_path / "no-python")))
    assert [(one.name, one.core_s) for one in made] == [(name, 0.0)]
