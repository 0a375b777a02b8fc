"""Three real brokers, a real database, kills of every part: facts in are cases out, each once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.facts import expected
from tests.chaos.rounds import Plan, play
from tests.chaos.stage import may_mount, new_port
from tests.kit import PostgresServer, find_postgres
from yitong_command.bus.cluster import KafkaCluster

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]
SEED = 20261123


def test_the_world_is_decided_by_its_seed_and_has_everything_in_it() -> None:
    found = expected(SEED, {"a": 300, "b": 300})
    assert found == expected(SEED, {"a": 300, "b": 300})
    assert len(found.messages) < 600, "nothing is seen by both"
    assert len(found.facts) < len(found.incidents), "nothing is reported again"
    assert any("/cleared/" in name for name in found.messages)
    assert found.messages != expected(SEED + 1, {"a": 300, "b": 300}).messages


def test_what_happened_is_there_once_whatever_is_killed(tmp_path: Path) -> None:
    programs = find_postgres()
    if programs is None:
        pytest.skip("no PostgreSQL programs (initdb, postgres) on this machine")
    cluster = KafkaCluster.under(tmp_path / "kafka", new_port)
    database = PostgresServer(programs)
    try:
        cluster.start()
        database.start()
        plan = Plan(SEED, kills=12, pace_s=0.5, database_down_s=3.0, disk_full_s=1.0)
        outcome = play(cluster, database, tmp_path / "round", plan, print)
    finally:
        database.remove()
        cluster.stop()
    verdict = outcome.verdict
    assert verdict.wrong == []
    assert verdict.cases == verdict.facts > 50
    assert sum(outcome.kills.values()) >= 12
    assert min(outcome.kills[kind] for kind in ("source", "route", "broker")) >= 1
    if may_mount(tmp_path / "probe"):
        assert "No space left" in outcome.disk
    else:
        print("the disk was not filled: no right to mount one here")
