"""The long run: rounds of kills until there were enough of them, told line by line.

    python -m tests.chaos --kills 1000 --seed 1 --work DIR

It goes on where it was stopped: rounds that are in DIR/rounds.jsonl count. Exit code 1 if a round
lost or doubled anything, or the ledger said otherwise.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.chaos.kills import WEIGHTS
from tests.chaos.rounds import Plan, play
from tests.chaos.stage import new_port
from tests.kit import PostgresServer, find_postgres
from yitong_command.bus.cluster import KafkaCluster


def main() -> int:
    """Play rounds until there were enough kills."""
    given = _arguments()
    os.nice(10)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit("停止, 可继续 / stopped; it can go on"))
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    programs = find_postgres()
    if programs is None:
        sys.exit("没有 PostgreSQL 程序 / no PostgreSQL programs (initdb, postgres)")
    given.work.mkdir(parents=True, exist_ok=True)
    told = given.work / "rounds.jsonl"
    done = [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []
    scratch = Path(tempfile.mkdtemp(prefix="yitong-chaos-"))
    cluster = KafkaCluster.under(scratch / "kafka", new_port, say=_say)
    database = PostgresServer(programs)
    try:
        cluster.start()
        database.start()
        while _kills(done) < given.kills and all(not one["wrong"] for one in done):
            seed = given.seed + len(done)
            left = given.kills - _kills(done)
            plan = Plan(seed, min(given.each, left), given.pace, 60.0 if not done else 5.0, 5.0)
            outcome = play(cluster, database, scratch / f"round-{seed}", plan, _say)
            line: dict[str, Any] = {"seed": seed, **asdict(outcome.verdict)}
            line |= {"kills": outcome.kills, "disk": outcome.disk, "seconds": outcome.seconds}
            done.append(line)
            with told.open("a") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
            _say(f"  {_kills(done)} kills so far: {'; '.join(line['wrong']) or 'nothing wrong'}")
            if not line["wrong"]:
                shutil.rmtree(scratch / f"round-{seed}", ignore_errors=True)
    finally:
        database.remove()
        cluster.stop()
    return _report(done, scratch)


def _report(done: list[dict[str, Any]], scratch: Path) -> int:
    wrong = [f"seed {one['seed']}: {what}" for one in done for what in one["wrong"]]
    print(json.dumps({
        "rounds": len(done), "kills": _kills(done),
        "by_kind": {k: sum(one["kills"][k] for one in done) for k in WEIGHTS},
        "facts": sum(one["facts"] for one in done), "cases": sum(one["cases"] for one in done),
        "messages": sum(one["messages"] for one in done),
        "seeds": [one["seed"] for one in done], "wrong": wrong,
    }, ensure_ascii=False))  # fmt: skip
    if wrong:
        _say(f"logs: {scratch}")
        return 1
    shutil.rmtree(scratch, ignore_errors=True)
    return 0


def _kills(done: list[dict[str, Any]]) -> int:
    return sum(sum(one["kills"].values()) for one in done)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="混沌测试 / seeded kills; nothing may be lost")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--each", type=int, default=100, help="kills in one round")
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument("--pace", type=float, default=1.0, help="seconds between kills")
    parser.add_argument("--work", type=Path, default=Path("test-results/chaos"))
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
