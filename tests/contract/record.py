"""Records messages of a running system as the messages of the current version.

    python tests/contract/record.py HOST:PORT [PREFIX]

Takes a few of every topic that differ in what they say; a sealed login is left out. What is
recorded of a published version stays for ever: it must still decode.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from yitong_command.bus.contract.shapes import file_name
from yitong_command.bus.tail import tail
from yitong_command.bus.topics import TOPICS, Topic
from yitong_command.cli.tail import as_line

RECORDED = Path(__file__).parent / "recorded"
MOST = 6
TELLING = ("change", "state", "kind", "ended_at", "case_state")


async def take(kafka: str, prefix: str, topic: Topic) -> list[dict[str, Any]]:
    """A few messages of a topic, no two of the same kind."""
    kinds: dict[str, dict[str, Any]] = {}
    async for seen in tail(kafka, prefix, topic, from_beginning=True, stop_at_end=True):
        if seen.message is None:
            continue
        line = json.loads(as_line(seen))
        value = line["value"]
        if value.get("login"):
            value["login"] = None
        filled = sorted(name for name, found in value.items() if found)
        kinds.setdefault(json.dumps([filled, [value.get(name) for name in TELLING]]), line)
    return [*kinds.values()][:MOST]


async def main(kafka: str, prefix: str = "yitong") -> None:
    """Write one file for every topic that has messages."""
    RECORDED.mkdir(exist_ok=True)
    for topic in TOPICS.values():
        lines = await take(kafka, prefix, topic)
        print(topic.name, len(lines))
        if lines:
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            (RECORDED / f"{file_name(topic)}l").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
