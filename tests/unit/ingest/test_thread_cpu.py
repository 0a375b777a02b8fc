"""CPU time is told by kind of thread."""

from __future__ import annotations

import threading
import time

from yitong_command.ingest.thread_cpu import ThreadCpu


def read() -> dict[str, float]:
    [family] = ThreadCpu().collect()
    return {sample.labels["thread"]: sample.value for sample in family.samples}


def test_threads_of_one_kind_are_counted_together() -> None:
    go, done = threading.Event(), threading.Event()

    def burn() -> None:
        end = time.thread_time() + 0.1
        while time.thread_time() < end:
            pass
        go.set()
        done.wait(10)

    threads = [threading.Thread(target=burn, name=f"burner-{n}", daemon=True) for n in range(2)]
    for thread in threads:
        thread.start()
    while not go.is_set():
        time.sleep(0.01)
    try:
        found = read()
        assert found["burner"] > 0.05
        assert "MainThread" in found
    finally:
        done.set()
        for thread in threads:
            thread.join()
