"""Zones as a person drew them, checked against all that a zone may be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from yitong_command.domain.camera import Camera, Zone
from yitong_command.domain.geometry import Point, Polygon
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.polygon import FAULTS, polygon_fault
from yitong_command.domain.taxonomy import Group, Taxonomy
from yitong_command.domain.terms import Terms
from yitong_command.errors import ConfigError, Refusal
from yitong_command.rules import RULES
from yitong_command.settings.county import ZONE_SOURCE
from yitong_command.settings.rules import RuleBook
from yitong_command.settings.terms import TermsFile

MAX_ZONES = 40

WORDS: dict[str, tuple[str, str]] = {
    **FAULTS,
    "name": ("请写区域的中文名称", "the zone needs a Chinese name"),
    "kind": ("没有这种事件类型", "there is no such kind of incident"),
    "view": ("这个摄像头没有这个画面", "the camera has no such view"),
    "category": ("没有这个类别", "there is no such category"),
    "people": (
        "关于人的类别不得用摄像头",
        "a category about people may not be watched by a camera",
    ),
    "source": ("这个类别不接受摄像头上报", "this category takes no reports of cameras"),
    "terms": ("这种事件类型没有车种和时段", "this kind has neither vehicles nor hours"),
    "twice": ("两个区域用了同一编号", "two zones have one id"),
    "too_many": ("一个摄像头最多 40 个区域", "a camera has at most 40 zones"),
}
"""What may be wrong; the console says the same in the same words."""


class ZoneFault(Refusal):
    """A zone that can't be taken.

    Args:
        field: What is wrong, for example ``zones.1.polygon``.
        zh: Why, in Chinese.
        en: Why, in English.
    """

    code = "zone_invalid"

    def __init__(self, field: str, zh: str, en: str) -> None:
        self.field = field
        super().__init__(zh, en)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneDraft:
    """A zone as it was drawn; nothing in it is checked yet.

    Attributes:
        zone_id: Letters, digits and dashes.
        view_id: The view.
        kind: Incident kind.
        category: Taxonomy code of category and subtype.
        name_zh: Chinese name.
        name_en: English name; the Chinese one if empty.
        polygon: Corners.
        settings: Numbers that differ from those of the rule.
        terms: ``vehicles``, ``hours``, ``days`` and ``permits`` as ``zones.yaml`` has them.
    """

    zone_id: str
    view_id: str
    kind: str
    category: str
    name_zh: str
    name_en: str
    polygon: Sequence[tuple[float, float]]
    settings: dict[str, float] = field(default_factory=dict)
    terms: dict[str, Any] = field(default_factory=dict)


def check_drafts(
    camera: Camera, drafts: Sequence[ZoneDraft], taxonomy: Taxonomy, rules: RuleBook
) -> tuple[Zone, ...]:
    """The zones of a camera, if they may be so.

    Hours that can't be written as such (see :mod:`yitong_command.domain.ban_hours`) stay as they
    are when the draft's terms have no ``hours`` and no ``days`` and name ``keep``.

    Raises:
        ZoneFault: Naming the first zone and field that may not, and why.
    """
    if len(drafts) > MAX_ZONES:
        raise _fault("zones", "too_many")
    before = {zone.subject: zone for zone in camera.zones}
    zones: list[Zone] = []
    for index, draft in enumerate(drafts):
        zone = _zone(camera, draft, f"zones.{index}", taxonomy, rules, before)
        if any(zone.subject == other.subject for other in zones):
            raise _fault(f"zones.{index}.zone_id", "twice")
        zones.append(zone)
    return tuple(zones)


def allowed_categories(taxonomy: Taxonomy) -> Iterable[tuple[str, str, str]]:
    """Code and names of every category and subtype that a camera may report."""
    for category in taxonomy.categories.values():
        if category.group is Group.KEY_POPULATION or ZONE_SOURCE not in category.sources:
            continue
        for subtype in category.subtypes.values():
            yield (
                f"{category.code}.{subtype.code}",
                f"{category.name_zh} · {subtype.name_zh}",
                f"{category.name_en} · {subtype.name_en}",
            )


def _zone(
    camera: Camera,
    draft: ZoneDraft,
    key: str,
    taxonomy: Taxonomy,
    rules: RuleBook,
    before: dict[str, Zone],
) -> Zone:
    kind = _kind(draft, key)
    if draft.view_id not in {view.view_id for view in camera.views}:
        raise _fault(f"{key}.view_id", "view")
    if not draft.name_zh.strip():
        raise _fault(f"{key}.name_zh", "name")
    _check_category(draft.category, f"{key}.category", taxonomy)
    zone = Zone(
        draft.zone_id, camera.camera_id, draft.view_id, kind, draft.category,
        _polygon(draft, key), draft.name_zh.strip(), draft.name_en.strip() or draft.name_zh.strip(),
        dict(draft.settings),
    )  # fmt: skip
    zone = replace(zone, terms=_terms(draft, key, kind, before.get(zone.subject)))
    try:
        rules.settings_of(zone)
    except ConfigError as exc:
        name, _, reason = exc.message.partition(": ")
        raise ZoneFault(
            f"{key}.settings.{name}", f"设置 {name} 不在允许的范围内 ({reason})", exc.message
        ) from exc
    return zone


def _kind(draft: ZoneDraft, key: str) -> IncidentKind:
    try:
        kind = IncidentKind(draft.kind)
    except ValueError:
        raise _fault(f"{key}.kind", "kind") from None
    if kind not in RULES:
        raise _fault(f"{key}.kind", "kind")
    return kind


def _check_category(code: str, key: str, taxonomy: Taxonomy) -> None:
    found = taxonomy.find(code)
    if found is None:
        raise _fault(key, "category")
    if found[0].group is Group.KEY_POPULATION:
        raise _fault(key, "people")
    if ZONE_SOURCE not in found[0].sources:
        raise _fault(key, "source")


def _polygon(draft: ZoneDraft, key: str) -> Polygon:
    polygon = tuple(Point(x, y) for x, y in draft.polygon)
    fault = polygon_fault(polygon)
    if fault:
        raise _fault(f"{key}.polygon", fault)
    return polygon


def _terms(draft: ZoneDraft, key: str, kind: IncidentKind, before: Zone | None) -> Terms:
    given = {name: value for name, value in draft.terms.items() if value}
    keep = given.pop("keep", False)
    if given and not RULES[kind].has_terms:
        raise _fault(f"{key}.{next(iter(given))}", "terms")
    try:
        terms = TermsFile.model_validate(given).terms
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "hours"
        zh, _, en = str(first["msg"]).removeprefix("Value error, ").partition(" / ")
        raise ZoneFault(f"{key}.{where}", zh, en or zh) from exc
    if keep and before is not None and not given.keys() & {"hours", "days"}:
        return replace(terms, ban=replace(terms.ban, weekly=before.terms.ban.weekly))
    return terms


def _fault(field: str, word: str) -> ZoneFault:
    return ZoneFault(field, *WORDS[word])
