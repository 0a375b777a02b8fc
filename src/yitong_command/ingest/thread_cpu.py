"""CPU time by thread: what a worker's work is made of, without a profiler."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psutil
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class ThreadCpu(Collector):
    """CPU seconds of this process by name of the thread, read when somebody asks.

    Threads of one kind, which differ in a number, are counted together; those that Python did not
    start are ``other``.
    """

    def collect(self) -> Iterator[CounterMetricFamily]:
        """The one metric of this collector."""
        names = {thread.native_id: _kind(thread.name) for thread in threading.enumerate()}
        total: dict[str, float] = {}
        for item in psutil.Process().threads():
            name = names.get(item.id, "other")
            total[name] = total.get(name, 0.0) + item.user_time + item.system_time
        family = CounterMetricFamily(
            "yitong_ingest_thread_cpu_seconds", "CPU time by kind of thread", labels=["thread"]
        )
        for name, seconds in sorted(total.items()):
            family.add_metric([name], seconds)
        yield family


def _kind(name: str) -> str:
    return name.rstrip("0123456789").rstrip("-_") or name
