"""Saying that the machine is too slow for the looks it was asked for."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from yitong_command.ingest import metrics
from yitong_command.ingest.health import Health
from yitong_command.ingest.looks import Sight
from yitong_command.rules.camera_steady import Reason

_log = structlog.get_logger()

TOLD_FROM = 1.15
"""Intervals longer by less than this are not worth a word."""
TOLD_AGAIN = 0.25
"""A change of the factor by this share is told again."""


@dataclass(slots=True)
class Pace:
    """What was last said of it.

    Attributes:
        told: The factor last told; 1 if all was well.
    """

    told: float = 1.0

    def tell(self, stretch: float, health: Health) -> None:
        """Say by what factor intervals are lengthened: metric, health, and log when it changes.

        Args:
            stretch: The factor; 1 while the machine keeps up.
            health: Of this worker; a slow worker is slow, not broken.
        """
        metrics.STRETCH.set(stretch)
        lengthened = stretch >= TOLD_FROM
        detail = ""
        if lengthened:
            detail = (
                f"负载过高，查看间隔延长到{stretch:.1f}倍 / "
                f"too much load: look intervals lengthened {stretch:.1f} times"
            )
        health.say("pace", True, detail)
        if lengthened and abs(stretch / self.told - 1) >= TOLD_AGAIN * (self.told > 1):
            self.told = stretch
            _log.warning("looks_lengthened", factor=round(stretch, 2))
        elif not lengthened and self.told > 1:
            self.told = 1.0
            _log.info("looks_in_time")


def remark(sight: Sight, interval_s: float, stretch: float) -> Reason:
    """What is to be said of a live camera, Chinese and English, or empty.

    Args:
        sight: What was seen.
        interval_s: How often it should be looked at.
        stretch: By what factor that is lengthened.
    """
    zh, en = sight.small_covers
    if stretch < TOLD_FROM:
        return zh, en
    longer_s = interval_s * stretch
    more_zh, more_en = f"间隔延长到 {longer_s:.1f} 秒", f"interval lengthened to {longer_s:.1f} s"
    return "；".join(filter(None, (zh, more_zh))), "; ".join(filter(None, (en, more_en)))
