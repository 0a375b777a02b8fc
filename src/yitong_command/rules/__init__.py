"""Rules: pure steps from what was seen to incidents opened and cleared; `RULES` lists them all.

Those of kinds that an installation adds are put there when its `rules.yaml` is read, before any
zone is.
"""

from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.observation import VEHICLE_LABELS
from yitong_command.rules.base import AnyRule
from yitong_command.rules.illegal_parking import ILLEGAL_PARKING, standing_rule
from yitong_command.rules.manhole_cover import MANHOLE_COVER

RULES: dict[IncidentKind, AnyRule] = {
    rule.kind: rule
    for rule in (
        ILLEGAL_PARKING,
        MANHOLE_COVER,
        standing_rule(
            IncidentKind.FIRE_LANE_BLOCKED,
            name=("占用消防车通道", "fire lane blocked"),
            category="ar_fire_lane.lane_blocked",
            place=("消防车通道", "the fire lane"),
            dwell_s=300,
            recheck_s=60,
        ),
        standing_rule(
            IncidentKind.STATIONARY_OBSTACLE,
            name=("行车道静止障碍", "stationary obstacle"),
            category="ar_road.obstacle",
            place=("行车道", "the carriageway"),
            labels=VEHICLE_LABELS,
            dwell_s=180,
            recheck_s=60,
            miss_s=10,
            presence=0.85,
        ),
    )
}
