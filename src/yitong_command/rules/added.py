"""Rules for kinds that an installation adds: a standing-vehicle rule under another name."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from yitong_command.domain.geometry import Polygon
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.terms import Terms
from yitong_command.rules.base import AnyRule
from yitong_command.rules.parking_values import ParkingSettings, ParkingState


def rule_like(
    base: AnyRule,
    kind: IncidentKind,
    name: tuple[str, str],
    category: str,
    place: tuple[str, str],
    labels: frozenset[str] | None = None,
) -> AnyRule:
    """The rule of a new kind, which does what another rule does.

    Args:
        base: A rule for vehicles that stand too long; its built-in defaults hold.
        kind: What the new rule opens and clears.
        name: What that is called, Chinese and English.
        category: Taxonomy code where no zone says another.
        place: What the zone is called in a report, Chinese and English.
        labels: Vehicles that count where the zone does not say; None for those of ``base``.

    Raises:
        ValueError: If ``base`` is another sort of rule.
    """
    if base.state is not ParkingState:
        raise ValueError(f"{base.kind}: 不能仿照 / can't be taken as a model")
    configure = partial(_configure, base, place, labels)
    return replace(base, kind=kind, name=name, category=category, configure=configure)


def _configure(
    base: AnyRule,
    place: tuple[str, str],
    labels: frozenset[str] | None,
    polygon: Polygon,
    numbers: dict[str, float],
    terms: Terms | None = None,
) -> ParkingSettings:
    made: ParkingSettings = base.configure(polygon, numbers, terms)
    said = terms is not None and terms.vehicles is not None
    return replace(made, place=place, labels=made.labels if labels is None or said else labels)
