"""What the real worker costs as a county grows: one size after the other, on the same machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from yitong_command.bench.cameras import measure, prepare
from yitong_command.bench.county import check_plan
from yitong_command.bench.figures import significant
from yitong_command.bench.machine import Say, machine, versions
from yitong_command.bench.processes import broker
from yitong_command.bench.site import CameraOptions
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings

COLUMNS = (
    "cameras_live", "looks", "look_p50_s", "look_p99_s", "cpu_pct", "cpu_ms_per_look",
    "cpu_pct_by_thread", "rss_mb", "rss_mb_begin", "rss_mb_mid", "rss_mb_end", "farm_cpu_pct",
    "broker_cpu_pct", "others_cpu_pct", "idle_cpu_pct", "dropped_frames", "facts", "incidents",
    "missed", "pending", "false", "duplicated",
)  # fmt: skip
ALL_LOOKS = 0.98
"""Whoever makes this share of the looks asked for keeps up."""
FULL_PCT = 10.0
"""A machine with less than this share of a core idle per core has no more to give."""


def sizes_of(text: str) -> tuple[int, ...]:
    """The sizes that a person wrote, ``10,50,100``, in rising order.

    Raises:
        ConfigError: If they are not whole numbers above zero.
    """
    words = text.replace(" ", "").split(",")
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise ConfigError(
            "yitong bench", "--grow", f"应为如 10,50,100 / must be like 10,50,100: {text}"
        )
    return tuple(sorted({int(word) for word in words}))


def bench_growth(
    sizes: Sequence[int], options: CameraOptions, settings: Settings, folder: Path, say: Say
) -> dict[str, Any]:
    """Measure every size, without baselines.

    Args:
        sizes: How many cameras, ball cameras included.
        options: What holds for all of them.
        settings: Of this installation: models and rules.
        folder: An empty one, for everything that is written.
        say: Told about progress.

    Returns:
        By size, the figures in `COLUMNS` and what limits; and up to which size it keeps up.

    Raises:
        YitongError: If a part does not come up or stops.
    """
    begun = machine()
    for number in sizes:
        check_plan(_of_size(options, number).plan(folder))
    clips_dir, encoded = prepare(options, folder, say)
    rows: dict[str, dict[str, Any]] = {}
    with broker(options.kafka, folder, say) as bus:
        for number in sizes:
            say(f"== {number} 路 / cameras")
            own = folder / f"size-{number}"
            own.mkdir()
            figures = measure(_of_size(options, number), settings, own, clips_dir, bus, say)
            rows[str(number)] = row(figures, number, options.every_s, begun["cores"])
    return {
        "for_s": options.for_s,
        "every_s": options.every_s,
        "stream": encoded,
        **summary(rows),
        "sizes": rows,
        "machine": begun | {"load_1m_end": machine()["load_1m"]},
        "versions": versions(),
    }


def row(figures: Mapping[str, Any], cameras: int, every_s: float, cores: int) -> dict[str, Any]:
    """What is told of one size.

    Args:
        figures: Of the run.
        cameras: How many.
        every_s: Seconds asked for between two looks.
        cores: Of the machine.
    """
    share = figures["looks"] / figures["wall_s"] / (cameras / every_s)
    told = {name: figures[name] for name in COLUMNS}
    full = figures["idle_cpu_pct"] < FULL_PCT * cores
    threads = figures["cpu_pct_by_thread"]
    most = max(threads, key=lambda name: threads[name], default="")
    limit = "nothing" if share >= ALL_LOOKS else f"CPU: {most}" if full else "not the CPU"
    return {"looks_share": significant(share), "limit": limit, **told}


def summary(rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The largest sizes, of those measured, up to which a promise was kept at every size.

    Args:
        rows: By size, in rising order.
    """

    def up_to(kept: Mapping[str, bool]) -> int | None:
        best = None
        for name, well in kept.items():
            if not well:
                break
            best = int(name)
        return best

    return {
        "all_looks_up_to": up_to({n: r["looks_share"] >= ALL_LOOKS for n, r in rows.items()}),
        "p99_4s_up_to": up_to({n: (r["look_p99_s"] or 99) <= 4.0 for n, r in rows.items()}),
        "none_missed_or_false_up_to": up_to(
            {n: not (r["missed"] or r["false"] or r["duplicated"]) for n, r in rows.items()}
        ),
    }


def _of_size(options: CameraOptions, number: int) -> CameraOptions:
    return replace(options, cameras=number, baseline=False)
