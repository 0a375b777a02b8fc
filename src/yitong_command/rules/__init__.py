"""Rules: pure steps from what was seen to incidents opened and cleared; `RULES` lists them all."""

from yitong_command.domain.incident import IncidentKind
from yitong_command.rules.base import AnyRule
from yitong_command.rules.illegal_parking import ILLEGAL_PARKING
from yitong_command.rules.manhole_cover import MANHOLE_COVER

RULES: dict[IncidentKind, AnyRule] = {rule.kind: rule for rule in (ILLEGAL_PARKING, MANHOLE_COVER)}
