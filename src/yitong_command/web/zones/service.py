"""What the zone endpoints do between the request and the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.ban import DAYS
from yitong_command.domain.ban_hours import written_hours
from yitong_command.domain.camera import Zone
from yitong_command.domain.observation import VEHICLE_LABELS
from yitong_command.rules import RULES
from yitong_command.rules.base import RANGES, SHARE
from yitong_command.settings.rules import RuleBook
from yitong_command.settings.zone_drafts import ZoneDraft, allowed_categories, check_drafts
from yitong_command.storage import audit, users
from yitong_command.storage import camera_records as store
from yitong_command.storage.camera_records import CameraRecord, CameraVersion
from yitong_command.storage.camera_seeds import AUTHOR
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.cameras.schemas import ViewOut
from yitong_command.web.context import Web
from yitong_command.web.zones.schemas import (
    CategoryChoice,
    KindOut,
    PermitOut,
    SettingOut,
    ZoneEdit,
    ZoneIn,
    Zones,
    ZonesIn,
    ZonesVersion,
)
from yitong_command.web.zones.words import SETTINGS, unit_of

Names = Mapping[str, tuple[str, str]]


async def read(web: Web, camera_id: str) -> Zones:
    """The zones of a camera and what they may be.

    Raises:
        NotFound: If there is no such camera.
    """
    async with transaction(web.readers) as session:
        record = await store.get_camera(session, camera_id)
        names = await _names(session)
    return _answer(web, record, names)


async def save(web: Web, person: Person, camera_id: str, body: ZonesIn) -> Zones:
    """Replace the zones of a camera; the workers are told by the same transaction.

    Raises:
        NotFound: If there is no such camera.
        ZoneFault: If a zone may not be so.
        StaleVersion: If somebody else saved first.
    """
    now = web.clock()
    async with transaction(web.sessions) as session:
        before = await store.get_camera(session, camera_id)
        zones = before.camera.zones
        if body.version == before.version:
            drafts = [_draft(zone) for zone in body.zones]
            zones = check_drafts(before.camera, drafts, web.county.taxonomy, web.rules)
        record = await store.put_zones(
            session, camera_id, zones, now, person.username, body.version
        )
        if record.version > before.version:
            added, changed, removed = _difference(before.camera.zones, zones)
            detail = {
                "version": record.version, "added": added, "changed": changed, "removed": removed,
            }  # fmt: skip
            await audit.record(
                session, now, person.username, person.user.role, "zones_changed", camera_id, detail
            )
        names = await _names(session)
    await web.known.refresh(0)
    return _answer(web, record, names)


async def versions(web: Web, camera_id: str, limit: int) -> tuple[ZonesVersion, ...]:
    """The versions of a camera, newest first.

    Raises:
        NotFound: If there is no such camera.
    """
    async with transaction(web.readers) as session:
        await store.get_camera(session, camera_id)
        found = await store.history(session, camera_id, limit + 1)
        names = await _names(session)
    pairs = zip(found, (*found[1:], None), strict=True)
    return tuple(_version(item, before, names) for item, before in pairs)[:limit]


def zone_edit(zone: Zone) -> ZoneEdit:
    """A zone as the editor gets it."""
    ban = zone.terms.ban
    written = written_hours(ban.weekly)
    hours, days = written or ((), DAYS)
    return ZoneEdit(
        zone_id=zone.zone_id,
        view_id=zone.view_id,
        kind=zone.kind.value,
        category=zone.category,
        name_zh=zone.name_zh,
        name_en=zone.name_en,
        polygon=tuple((corner.x, corner.y) for corner in zone.polygon),
        settings=zone.settings,
        vehicles=None if zone.terms.vehicles is None else tuple(sorted(zone.terms.vehicles)),
        hours=hours or None,
        days=None if days == DAYS else days,
        keep_hours=written is None,
        permits=tuple(PermitOut.model_validate(permit) for permit in ban.permits),
    )


def kinds_of(rules: RuleBook) -> tuple[KindOut, ...]:
    """Every kind a zone may watch for, with the numbers it may change."""
    return tuple(
        KindOut(
            kind=kind.value,
            name_zh=rule.name[0],
            name_en=rule.name[1],
            category=rule.category,
            has_terms=rule.has_terms,
            settings=tuple(
                _setting(name, default) for name, default in rules.numbers_of(kind).items()
            ),
        )
        for kind, rule in RULES.items()
    )


def _setting(name: str, default: float) -> SettingOut:
    low, high, _ = RANGES.get(name.rpartition("_")[2], SHARE)
    zh, en = SETTINGS.get(name, (name, name))
    return SettingOut(
        name=name, name_zh=zh, name_en=en, unit=unit_of(name), default=default, low=low, high=high
    )


def _answer(web: Web, record: CameraRecord, names: Names) -> Zones:
    zh, en = names.get(record.author, (record.author, record.author))
    return Zones(
        camera_id=record.camera.camera_id,
        version=record.version,
        author=record.author,
        author_name_zh=zh,
        author_name_en=en,
        at=record.at,
        views=tuple(ViewOut.model_validate(view) for view in record.camera.views),
        zones=tuple(zone_edit(zone) for zone in record.camera.zones),
        kinds=kinds_of(web.rules),
        categories=tuple(
            CategoryChoice(code=code, name_zh=zh, name_en=en)
            for code, zh, en in allowed_categories(web.county.taxonomy)
        ),
        vehicles=tuple(sorted(VEHICLE_LABELS)),
    )


def _version(item: CameraVersion, before: CameraVersion | None, names: Names) -> ZonesVersion:
    zh, en = names.get(item.author, (item.author, item.author))
    added, changed, removed = _difference(before.camera.zones if before else (), item.camera.zones)
    return ZonesVersion(
        version=item.version,
        author=item.author,
        author_name_zh=zh,
        author_name_en=en,
        at=item.at,
        change=item.change.value,
        added=tuple(added),
        changed=tuple(changed),
        removed=tuple(removed),
        zones=tuple(zone_edit(zone) for zone in item.camera.zones),
    )


def _difference(
    before: Sequence[Zone], after: Sequence[Zone]
) -> tuple[list[str], list[str], list[str]]:
    """Names of the zones that came, changed and went."""
    old = {zone.subject: zone for zone in before}
    new = {zone.subject: zone for zone in after}
    return (
        [zone.name_zh for subject, zone in new.items() if subject not in old],
        [zone.name_zh for subject, zone in new.items() if old.get(subject, zone) != zone],
        [zone.name_zh for subject, zone in old.items() if subject not in new],
    )


def _draft(zone: ZoneIn) -> ZoneDraft:
    permits = [
        {"from": item.begins_at, "until": item.ends_at, "note": item.note} for item in zone.permits
    ]
    terms = {"vehicles": zone.vehicles, "hours": zone.hours, "days": zone.days, "permits": permits}
    own = zone.model_dump(include=set(ZoneDraft.__slots__) - {"terms"})
    return ZoneDraft(**own, terms={**terms, "keep": zone.keep_hours})


async def _names(session: AsyncSession) -> dict[str, tuple[str, str]]:
    """What authors are called."""
    people = await users.list_users(session)
    return {user.username: (user.name_zh, user.name_en) for user in people} | {
        AUTHOR: ("配置文件", "configuration file")
    }
