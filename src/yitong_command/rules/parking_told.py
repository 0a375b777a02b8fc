"""What the rule for standing vehicles tells, in words that a person reads."""

from __future__ import annotations

from datetime import datetime

from yitong_command.domain.incident import Change, RuleChange
from yitong_command.rules.parking_values import ParkedCar, ParkingSettings


def opened(car: ParkedCar, settings: ParkingSettings) -> RuleChange:
    """A vehicle has stood too long and was still there at the re-check."""
    stood_s = (car.seen_at - car.came_at).total_seconds()
    zh, en = settings.place
    return _change(
        Change.OPENED,
        car,
        car.seen_at,
        (
            f"车辆在{zh}停放{stood_s:.0f}秒（上限{settings.dwell_s:.0f}秒），"
            f"{settings.recheck_s:.0f}秒后复检仍在",
            f"a vehicle has stood in {en} for {stood_s:.0f} s (limit "
            f"{settings.dwell_s:.0f} s) and was still there at the re-check after "
            f"{settings.recheck_s:.0f} s",
        ),
    )


def left(car: ParkedCar, at: datetime) -> RuleChange:
    """A reported vehicle was seen to be gone for long enough."""
    return _change(
        Change.CLEARED,
        car,
        at,
        (
            f"车辆已驶离，连续{car.absent_s:.0f}秒未再出现",
            f"the vehicle has left: not seen for {car.absent_s:.0f} s of judged looks",
        ),
    )


def replaced(car: ParkedCar, at: datetime) -> RuleChange:
    """Another vehicle stands where a reported one stood."""
    return _change(
        Change.CLEARED,
        car,
        at,
        (
            "原车辆已驶离，该处现为另一辆车",
            "the vehicle has left: another one stands in its place",
        ),
    )


def allowed(car: ParkedCar, at: datetime, settings: ParkingSettings) -> RuleChange:
    """The ban under which a vehicle was reported is over; the vehicle may still be there."""
    permit = settings.ban.permit_at(at)
    if permit is None:
        reason = ("禁停时段已结束", "the hours of the ban are over")
    else:
        note = permit.note and f": {permit.note}"
        reason = (f"已获准停放{note}", f"standing is allowed by a permit{note}")
    return cleared(car, at, reason)


def cleared(car: ParkedCar, at: datetime, reason: tuple[str, str]) -> RuleChange:
    """What was reported of a vehicle is over, for a reason in words, Chinese and English."""
    return _change(Change.CLEARED, car, at, reason)


def _change(change: Change, car: ParkedCar, at: datetime, reason: tuple[str, str]) -> RuleChange:
    return RuleChange(
        change=change,
        began_at=car.began_at,
        at=at,
        score=car.score,
        box=car.box,
        track_id=car.track_id,
        reason=reason,
    )
