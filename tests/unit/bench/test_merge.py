"""The merge benchmark: honest towns, figures that are kept, and an operator who is counted."""

from __future__ import annotations

from collections import Counter

from tests.kit import county
from yitong_command.bench.merge import bench_merge, run_town
from yitong_command.bench.merge_town import HELD_OUT, TUNING, Town, town

MERGING = county().taxonomy.merging


def test_a_town_is_decided_by_its_seed_and_tells_facts_more_than_once() -> None:
    facts, told = town(3)
    assert (facts, told) == town(3)
    assert town(4) != town(3)
    assert [one.at for one in told] == sorted(one.at for one in told)
    times = Counter(one.fact_id for one in told)
    assert sum(count > 1 for count in times.values()) > len(facts) / 2
    assert {one.source for one in told} == {
        "camera_ai", "sensor", "resident_wechat", "worker", "hotline_12345", "partner",
    }  # fmt: skip


def test_the_towns_of_the_figures_are_not_those_of_the_choice() -> None:
    assert not set(TUNING) & set(HELD_OUT)


def test_the_required_figures_are_kept_on_towns_nobody_tuned_on() -> None:
    figures = bench_merge(MERGING, range(2001, 2007))
    assert figures["precision"] >= 0.98
    assert figures["recall"] >= 0.85
    assert figures["met"] is True
    assert figures["asked_share"] < 0.35
    assert figures["automatic_only"]["precision"] >= 0.97
    assert figures["pairs_of_one_fact"] > 3000
    assert set(figures["by_category"]) >= {"ar_manhole.missing_shifted", "ar_road.pothole"}


def test_the_figures_can_be_bad() -> None:
    """Otherwise they would say little: who always says yes joins what is not one fact."""
    gullible = run_town(5, MERGING, lambda _same: True)["all"].figures()
    deaf = run_town(5, MERGING, lambda _same: False)["all"].figures()
    knowing = run_town(5, MERGING, lambda same: same)["all"].figures()
    assert gullible["precision"] < 0.9 < knowing["precision"]
    assert deaf["recall"] < 0.6 < knowing["recall"]


def test_without_near_misses_nearly_everything_is_right() -> None:
    easy = Town(neighbour=0, later=0, beside=0, wrong_matter=0)
    assert run_town(5, MERGING, lambda same: same, easy)["all"].figures()["precision"] > 0.99
