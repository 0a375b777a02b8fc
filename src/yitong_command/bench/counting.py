"""A Faust agent that only counts: what Faust itself costs."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

import faust
import uvloop

from yitong_command.bench.results import hand_over
from yitong_command.bus.topics import INCIDENTS, topic_name


def main(job: dict[str, Any]) -> None:
    """Count the incidents on the topic and write down how long that took.

    Args:
        job: ``kafka``, ``prefix``, ``events`` (how many there are), ``folder`` and ``out``.
    """
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = faust.Worker(
        _app(job),
        loop=loop,
        override_logging=False,
        redirect_stdouts=False,
        quiet=True,
        stdout=sys.stderr,
        loglevel="WARNING",
        workdir=job["folder"],
    )
    worker.spinner = None
    worker.execute_from_commandline()


def _app(job: dict[str, Any]) -> faust.App:
    app = faust.App(
        f"{job['prefix']}.counting",
        broker=f"kafka://{job['kafka']}",
        store="memory://",
        datadir=f"{job['folder']}/faust-counting",
        web_enabled=False,
        topic_disable_leader=True,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=1.0,
        broker_max_poll_records=500,
        stream_wait_empty=False,
        stream_buffer_maxsize=2048,
        worker_redirect_stdouts=False,
    )
    topic = app.topic(
        topic_name(INCIDENTS, job["prefix"]),
        value_serializer="raw",
        key_serializer="raw",
        internal=False,
    )
    count, begun_s, cpu_s = 0, 0.0, 0.0

    @app.agent(topic, name="counting")
    async def count_incidents(stream: Any) -> None:
        nonlocal count, begun_s, cpu_s
        async for _ in stream:
            count += 1
            if count == 1:
                begun_s, cpu_s = time.perf_counter(), time.process_time()
            if count == job["events"]:
                wall_s = time.perf_counter() - begun_s
                spent_s = time.process_time() - cpu_s
                hand_over(job["out"], {"wall_s": wall_s, "cpu_s": spent_s})

    return app


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
