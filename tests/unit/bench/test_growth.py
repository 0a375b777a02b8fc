"""What is told of a county that grows: what limits, and up to where promises are kept."""

from __future__ import annotations

from typing import Any

import pytest

from yitong_command.bench.growth import COLUMNS, row, sizes_of, summary
from yitong_command.bench.machine import Meter
from yitong_command.errors import ConfigError


def figures(**given: Any) -> dict[str, Any]:
    usual: dict[str, Any] = dict.fromkeys(COLUMNS, 0)
    return usual | {"wall_s": 10.0, "cpu_pct_by_thread": {"decoder": 90.0, "detect": 20.0}} | given


def test_sizes_are_read_in_rising_order_and_nonsense_is_refused() -> None:
    assert sizes_of("100, 10,10,581") == (10, 100, 581)
    for text in ("", "10,,20", "0", "ten", "-5"):
        with pytest.raises(ConfigError, match="--grow"):
            sizes_of(text)


@pytest.mark.parametrize(
    ("looks", "idle_pct", "limit"),
    [(500, 2.0, "nothing"), (400, 5.0, "CPU: decoder"), (400, 80.0, "not the CPU")],
)
def test_what_limits_is_told(looks: int, idle_pct: float, limit: str) -> None:
    told = row(figures(looks=looks, idle_cpu_pct=idle_pct), 100, 2.0, 2)
    assert told["limit"] == limit
    assert told["looks_share"] == looks / 500
    assert set(told) >= set(COLUMNS)


def test_a_promise_holds_up_to_the_last_size_before_it_is_broken() -> None:
    def size(looks: int, p99_s: float, missed: int) -> dict[str, Any]:
        given = figures(looks=looks, look_p99_s=p99_s, missed=missed, idle_cpu_pct=50.0)
        return row(given, 100, 2.0, 2)

    rows = {
        "10": size(500, 2.1, 0), "50": size(495, 4.0, 0), "100": size(300, 6.0, 0),
        "300": size(500, 2.0, 1), "581": size(500, 2.0, 0),
    }  # fmt: skip
    assert summary(rows) == {
        "all_looks_up_to": 50, "p99_4s_up_to": 50, "none_missed_or_false_up_to": 100
    }  # fmt: skip
    assert summary({"10": size(1, 60.0, 1)})["all_looks_up_to"] is None


def test_memory_is_told_for_begin_middle_and_end() -> None:
    meter = Meter(1)
    meter._seen = [(float(second), 500.0 + second) for second in range(101)]
    assert [meter.rss_mb_at(share) for share in (0.0, 0.5, 1.0)] == [502.5, 550.0, 597.5]
