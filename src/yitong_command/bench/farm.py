"""A camera farm as a process of a benchmark."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from yitong_command.demo.farm.main import FarmOptions, run_farm
from yitong_command.log import configure_logging


def main(job: dict[str, object]) -> None:
    """Serve the cameras until stopped.

    Args:
        job: Options of the farm: ports, ``programme``, ``clips_dir`` and ``copies``.
    """
    configure_logging(json=False, part="farm")
    paths = {name: Path(str(job[name])) for name in ("programme", "clips_dir")}
    options = {**job, **paths}
    asyncio.run(run_farm(FarmOptions(**options)))  # type: ignore[arg-type]


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
