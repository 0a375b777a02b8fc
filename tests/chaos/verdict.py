"""What is in the system in the end, held against what must be."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.facts import Expected
from tests.chaos.stage import Stage
from yitong_command.bus.tail import tail
from yitong_command.bus.topics import TOPICS


@dataclass(frozen=True)
class Verdict:
    """What was found; everything in ``wrong`` is a broken promise.

    Attributes:
        facts: Facts that happened.
        cases: Cases that there are.
        messages: Messages that were to arrive.
        ledger: What the ledger says of them.
        poison: Bad records that were sent.
        wrong: What is lost, doubled, or told otherwise by the ledger.
    """

    facts: int
    cases: int
    messages: int
    ledger: dict[str, int]
    poison: int
    wrong: list[str] = field(default_factory=list)


LEDGER = """
SELECT count(captured_at), count(delivered_at), count(cased_at), count(dead_at),
       count(*) FILTER (WHERE delivered_at IS NULL AND captured_at IS NOT NULL),
       count(*) FILTER (WHERE delivered_at IS NOT NULL AND cased_at IS NULL AND dead_at IS NULL),
       count(*) FILTER (WHERE delivered_at IS NOT NULL AND captured_at IS NULL AND dead_at IS NULL)
FROM ledger_entries
"""
NAMES = (
    "captured", "delivered", "cased", "dead", "not_delivered", "not_cased", "not_captured",
)  # fmt: skip


def ledger_of(stage: Stage) -> dict[str, int]:
    """The ledger's counts, all sources and hours together."""
    return dict(zip(NAMES, stage.rows(LEDGER)[0], strict=True))


def settled(stage: Stage, messages: int, poison: int) -> bool:
    """Whether nothing is on its way any more."""
    waiting = stage.rows("SELECT count(*) FROM outbox WHERE relayed_at IS NULL")[0][0]
    now = ledger_of(stage)
    return (
        waiting == 0
        and (now["captured"], now["cased"]) == (messages, messages)
        and now["dead"] >= poison
        and now["delivered"] >= messages + poison
    )


def judge(stage: Stage, expected: Expected, poison: int) -> Verdict:
    """Compare the database, the topics and the ledger with the world."""
    wrong: list[str] = []
    subjects = stage.rows("SELECT subject, count(*) FROM cases GROUP BY subject")
    incidents = {row[0] for row in stage.rows("SELECT incident_id FROM incidents")}
    cases = sum(row[1] for row in subjects)
    wrong += _differences("facts without a case", expected.facts - {row[0] for row in subjects})
    wrong += _differences("facts with two cases", {row[0] for row in subjects if row[1] > 1})
    wrong += _differences("incidents lost", expected.incidents - incidents)
    wrong += _differences("incidents from nowhere", incidents - expected.incidents)
    strays = stage.rows(
        "SELECT i.incident_id FROM incidents i LEFT JOIN cases c ON c.case_id = i.case_id "
        "WHERE c.subject IS DISTINCT FROM i.subject"
    )
    wrong += _differences("incidents in another fact's case", {row[0] for row in strays})
    uncleared = "SELECT count(*) FROM incidents WHERE cleared_at IS NULL"
    cleared = sum(name.split("/")[1] == "cleared" for name in expected.messages)
    if stage.rows(uncleared)[0][0] != len(expected.incidents) - cleared:
        wrong.append("clearings were lost")
    ledger = ledger_of(stage)
    count = len(expected.messages)
    told = (ledger["captured"], ledger["delivered"], ledger["cased"], ledger["dead"])
    if told != (count, count + poison, count, poison):
        wrong.append(f"the ledger says {ledger}, true is {count} and {poison} poison")
    if any(ledger[name] for name in ("not_delivered", "not_cased", "not_captured")):
        wrong.append(f"the ledger has differences: {ledger}")
    wrong += asyncio.run(_topics(stage, cases, poison))
    return Verdict(len(expected.facts), cases, count, ledger, poison, wrong)


async def _topics(stage: Stage, cases: int, poison: int) -> list[str]:
    """Each case was told once as an alert, apart from repetitions of one and the same message."""
    wrong = []
    opened: dict[str, set[str]] = {}
    for body in await _bodies(stage, "alerts"):
        if body["change"] == "opened":
            opened.setdefault(body["case_id"], set()).add(body["change_id"])
    if len(opened) != cases:
        wrong.append(f"{len(opened)} cases were told as alerts, there are {cases}")
    wrong += _differences("alerts told twice", {k for k, ids in opened.items() if len(ids) > 1})
    letters = {(b["partition"], b["offset"]) for b in await _bodies(stage, "dead-letters")}
    if len(letters) != poison:
        wrong.append(f"{len(letters)} dead letters of {poison} bad records")
    return wrong


async def _bodies(stage: Stage, name: str) -> list[dict[str, Any]]:
    found = []
    topic = TOPICS[name]
    async for seen in tail(
        stage.cluster.bootstrap, stage.prefix, topic, from_beginning=True, stop_at_end=True
    ):
        found.append(json.loads(seen.value or b"{}"))
    return found


def _differences(what: str, names: set[str] | frozenset[str]) -> list[str]:
    return [f"{len(names)} {what}, for example {sorted(names)[:3]}"] if names else []
