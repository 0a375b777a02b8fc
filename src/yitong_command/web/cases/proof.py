"""Taking a proof: the view that saw a case looks again, and the detector says what it thinks."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import NamedTuple

from yitong_command.domain.camera import Camera, CameraKind, Zone
from yitong_command.domain.case import OPEN, State
from yitong_command.domain.geometry import Box
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.observation import Detection
from yitong_command.domain.taxonomy import CAMERA_SOURCES
from yitong_command.errors import IllegalTransition, NotFound
from yitong_command.rules.opinion import Opined, cover_opinion, not_judged, vehicles_opinion
from yitong_command.storage import cases as store
from yitong_command.storage import views
from yitong_command.storage.proofs import Proof, add_proof
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.cameras import head
from yitong_command.web.cameras import service as cameras
from yitong_command.web.cameras.schemas import Look
from yitong_command.web.context import Web
from yitong_command.web.errors import CameraBlind

WIDTH = 1280
SAME_LOOK = timedelta(seconds=20)
"""How far apart a picture and the look that judges it may be."""


class _Taken(NamedTuple):
    sha256: str
    captured_at: datetime


async def take(web: Web, person: Person, case_id: str) -> views.CaseDetail:
    """Have the view that saw a case take a masked picture, keep it with the detector's opinion.

    Raises:
        NotFound: If there is no such case for this person, or no camera saw it.
        IllegalTransition: If the case is over, or no camera may judge it.
        CameraBlind: If the camera has no picture of that view now.
    """
    async with transaction(web.readers) as session:
        case = await store.get_case(session, case_id, person.actor)
    camera, zone = _seen_by(web, case)
    view_id = zone.view_id
    if camera.kind is CameraKind.BALL:
        stood = await head.take_proof(web, person, camera.camera_id, view_id)
        taken = _Taken(stood.sha256, stood.captured_at)
    else:
        taken = await _fixed(web, camera.camera_id, view_id)
    opined = await _opinion(web, case, zone, taken.captured_at)
    proof = Proof(
        sha256=taken.sha256, camera_id=camera.camera_id, view_id=view_id,
        captured_at=taken.captured_at, opinion=opined.opinion, score=opined.score,
        words_zh=opined.zh, words_en=opined.en, model=zone.kind.value,
    )  # fmt: skip
    async with transaction(web.sessions) as session:
        await add_proof(session, case_id, proof, person.actor, web.county, web.clock())
        return await store.get_case(session, case_id, person.actor)


def _seen_by(web: Web, case: views.CaseDetail) -> tuple[Camera, Zone]:
    if State(case.state) not in OPEN:
        raise IllegalTransition("案件已结束,不再取证", "the case is over, no proof is taken")
    category = web.county.taxonomy.categories.get(case.category)
    if category is None or not category.sources & CAMERA_SOURCES:
        raise IllegalTransition("此类案件不得由摄像头取证", "no camera may look at such a case")
    for incident in case.incidents:
        camera = web.cameras.get(incident.camera_id)
        for zone in camera.zones_of(incident.view_id) if camera else ():
            if camera is not None and zone.zone_id == incident.zone_id:
                return camera, zone
    raise NotFound("没有拍到本案的摄像头区域", "no camera zone saw this case")


async def _fixed(web: Web, camera_id: str, view_id: str) -> _Taken:
    picture = await cameras.picture(web, camera_id, WIDTH)
    if picture.headers.get("x-view", view_id) != view_id:
        raise CameraBlind("摄像头不在该画面", "the camera does not show that view now")
    try:
        captured_at = datetime.fromisoformat(picture.headers["x-captured-at"])
    except (KeyError, ValueError) as exc:
        raise CameraBlind("画面没有时间", "the picture does not say when it was taken") from exc
    sha256 = await asyncio.to_thread(web.evidence.put, picture.jpeg)
    return _Taken(sha256, captured_at)


async def _opinion(web: Web, case: views.CaseDetail, zone: Zone, captured_at: datetime) -> Opined:
    """The worker's own look at that moment, as an opinion; a silent worker has none."""
    try:
        look = await cameras.look(web, case.incidents[0].camera_id)
    except CameraBlind as exc:
        return not_judged(exc.zh, exc.en)
    if look.view_id != zone.view_id or look.at is None or abs(look.at - captured_at) > SAME_LOOK:
        return not_judged("没有同一时刻的分析结果", "no look at the same moment")
    if not look.judged:
        zh, _, en = (look.reason or "画面不可用 / not usable").partition(" / ")
        return not_judged(zh, en or zh)
    seen = _detections(look)
    if zone.kind == IncidentKind.MANHOLE_COVER:
        covers = {cover.zone_id: (cover.state, cover.reason) for cover in look.covers}
        return cover_opinion(zone.zone_id, covers, seen)
    return vehicles_opinion(zone.polygon, seen)


def _detections(look: Look) -> list[Detection]:
    return [
        Detection(item.label, item.score, Box(item.box.x0, item.box.y0, item.box.x1, item.box.y1))
        for item in look.boxes
    ]
