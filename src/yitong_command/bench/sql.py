"""The floor of routing: the same messages decoded and stored; no Kafka, no Faust, no relay."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import uvloop

from yitong_command.bench.machine import now
from yitong_command.bench.mix import usual
from yitong_command.bench.results import hand_over
from yitong_command.bench.storm import storm
from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.wire import decode, encode
from yitong_command.settings.county import load_county
from yitong_command.settings.environment import load_settings
from yitong_command.settings.memory import settle
from yitong_command.storage.intake import MAX_BATCH, take_incidents
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_sessions, transaction


async def run(job: dict[str, Any]) -> None:
    """Store the messages and write down how long that took.

    Args:
        job: ``url`` of an empty database, ``events``, ``new_facts`` and ``out``.
    """
    county = load_county(load_settings())
    await asyncio.to_thread(upgrade, job["url"])
    engine = make_engine(job["url"])
    sessions = make_sessions(engine)
    at = now()
    messages = storm(job["events"], at) if job["new_facts"] else usual(job["events"], at)[0]
    values = [encode(message) for message in messages]
    settle()
    begun_s, cpu_s = time.perf_counter(), time.process_time()
    for start in range(0, len(values), MAX_BATCH):
        batch = [
            decode(IncidentMessage, value).to_domain()
            for value in values[start : start + MAX_BATCH]
        ]
        async with transaction(sessions) as session:
            await take_incidents(session, batch, county, now())
    done = {"wall_s": time.perf_counter() - begun_s, "cpu_s": time.process_time() - cpu_s}
    await engine.dispose()
    hand_over(job["out"], done)


if __name__ == "__main__":
    uvloop.run(run(json.loads(sys.argv[1])))
