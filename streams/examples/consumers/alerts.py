"""Alerts as they come, in Python: pip install aiokafka; python alerts.py [HOST:PORT] [PREFIX].

Shows the three things every reader of this system does: it keeps its place in a group, leaves
out what it has seen (the same ce_id), and takes only versions of the schema that it knows.
"""

import asyncio
import json
import sys

from aiokafka import AIOKafkaConsumer

KNOWN = {"yitong.alert.v1"}


async def main(kafka: str = "127.0.0.1:9092", prefix: str = "yitong") -> None:
    """Print one line of JSON for every alert until Ctrl-C."""
    consumer = AIOKafkaConsumer(
        f"{prefix}.alerts",
        bootstrap_servers=kafka,
        group_id="sample-alerts-py",  # one group per purpose; its members share the partitions
        auto_offset_reset="earliest",  # a new group begins with what is still kept
        enable_auto_commit=False,
    )
    await consumer.start()
    seen: set[str] = set()  # in earnest: a unique column in your database
    try:
        async for record in consumer:
            headers = {name: value.decode() for name, value in record.headers}
            if headers.get("ce_type") in KNOWN and headers["ce_id"] not in seen:
                seen.add(headers["ce_id"])
                alert = json.loads(record.value)  # fields you do not know: ignore them
                line = {name: alert[name] for name in ("case_id", "change", "severity", "title_zh")}
                print(json.dumps(line, ensure_ascii=False), flush=True)
            await consumer.commit()  # after the work is done: at least once, never lost
    finally:
        await consumer.stop()


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:3]))
    except KeyboardInterrupt:
        sys.exit(0)
