"""Words of the sensor rules."""

from __future__ import annotations

from datetime import timedelta

from yitong_command.domain.sensor import Sensor


def span(duration: timedelta) -> tuple[str, str]:
    """A duration in Chinese and English: seconds, from two minutes on minutes, then hours."""
    seconds = duration.total_seconds()
    if seconds < 120:
        return f"{seconds:.0f} 秒", f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} 分钟", f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} 小时", f"{seconds / 3600:.1f} h"


def told(sensor: Sensor, value: float) -> str:
    """A value with its unit; "" where it is a switch, or nobody's business.

    What a person's meter or door shows is not told, only that something is amiss.
    """
    if sensor.care or not sensor.unit:
        return ""
    return f"{value:.4g} {sensor.unit}"
