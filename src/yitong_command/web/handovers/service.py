"""The handover sheet, made from the database, the feed and the roster."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from yitong_command.domain.mode import ModeState
from yitong_command.domain.roles import Role, whole_county
from yitong_command.domain.sensor import SensorState
from yitong_command.storage import faults, handover, handover_sheet, labels, modes, questions
from yitong_command.storage.session import transaction
from yitong_command.storage.users import list_users
from yitong_command.web.auth.service import Person
from yitong_command.web.cameras.service import counts
from yitong_command.web.context import Web
from yitong_command.web.handovers.schemas import (
    AcceptIn,
    HandoverOut,
    Handovers,
    OfferIn,
    PersonOut,
    Sheet,
    SheetOut,
)
from yitong_command.web.modes.service import area_words
from yitong_command.web.rosters.now import duty_now
from yitong_command.web.scope import own_cameras
from yitong_command.web.sensors.service import list_sensors


async def sheet_now(web: Web, person: Person) -> SheetOut:
    """The sheet as this person would sign it now."""
    content = await _content(web, person, web.clock())
    async with transaction(web.readers) as session:
        everybody = await list_users(session)
    people = tuple(
        PersonOut(username=user.username, name_zh=user.name_zh, name_en=user.name_en)
        for user in everybody
        if user.role == Role.OPERATOR and user.active and user.username != person.username
    )
    may_sign = person.role is Role.OPERATOR
    return SheetOut(sheet=Sheet.model_validate(content), may_sign=may_sign, people=people)


async def offer(web: Web, person: Person, body: OfferIn) -> HandoverOut:
    """Sign as the one who goes, under the sheet as it is now."""
    now = web.clock()
    content = Sheet.model_validate(await _content(web, person, now)).model_dump(mode="json")
    async with transaction(web.sessions) as session:
        handover_id = await handover.offer(
            session, person.actor, body.incoming, content, body.note, now
        )
        view = await handover.get_handover(session, handover_id)
    return HandoverOut.model_validate(view)


async def accept(web: Web, person: Person, handover_id: str, body: AcceptIn) -> HandoverOut:
    """Sign as the one who comes."""
    async with transaction(web.sessions) as session:
        await handover.accept(
            session, person.actor, handover_id, body.sheet_sha256, body.note, web.clock()
        )
        view = await handover.get_handover(session, handover_id)
    return HandoverOut.model_validate(view)


async def withdraw(web: Web, person: Person, handover_id: str) -> HandoverOut:
    """Take a signature back, or refuse to sign."""
    async with transaction(web.sessions) as session:
        await handover.withdraw(session, person.actor, handover_id, web.clock())
        view = await handover.get_handover(session, handover_id)
    return HandoverOut.model_validate(view)


async def newest(web: Web, person: Person) -> Handovers:
    """The newest handovers; who has a part of the county sees their own."""
    everywhere = whole_county(person.role, person.user.grid_codes)
    async with transaction(web.readers) as session:
        found = await handover.list_handovers(session)
    return Handovers(
        items=tuple(
            HandoverOut.model_validate(view)
            for view in found
            if everywhere or person.username in (view.outgoing, view.incoming)
        )
    )


async def _content(web: Web, person: Person, now: datetime) -> dict[str, Any]:
    own = own_cameras(web, person)
    async with transaction(web.readers) as session:
        lists = await handover_sheet.case_lists(session, person.actor, person.username, now)
        blocked_by = await handover_sheet.unacknowledged(session, person.actor)
        held = await modes.list_modes(session, open_only=True)
        lasting = await faults.list_faults(session, open_only=True)
        quiet = await labels.second_looks(session, now, web.county.taxonomy.precision_bar)
        asked = await questions.list_questions(session, person.actor)
    duty = await duty_now(web, person, now)
    sensors = Counter(item.state for item in list_sensors(web, person, now).items)
    return {
        **lists,
        "made_at": now,
        "blocked_by": blocked_by,
        "modes": [_mode(web, view) for view in held if _holds(view, now)],
        "cameras_total": len(own),
        "cameras_live": counts(web, own, now)["live"],
        "faults": [
            _fault(item, own) for item in lasting if not own.keys().isdisjoint(item.cameras)
        ],
        "sensors": {
            "total": sensors.total(),
            "silent": sensors[SensorState.SILENT] + sensors[SensorState.WAITING],
            "doubtful": sensors[SensorState.DOUBTFUL],
        },
        "quiet": [_quiet(web, *key) for key in sorted(quiet) if key[0] in own],
        "questions": [_question(view) for view in asked],
        "b_roster": [one for one in duty.people if one.post == "B"],
    }


def _holds(view: modes.ModeView, now: datetime) -> bool:
    return view.state == ModeState.ACTIVE and view.ends_at is not None and now < view.ends_at


def _mode(web: Web, view: modes.ModeView) -> dict[str, Any]:
    zh, en = area_words(web, view.areas)
    return {
        "mode_id": view.mode_id, "rehearsal": view.rehearsal, "areas_zh": zh, "areas_en": en,
        "reason": view.reason, "ends_at": view.ends_at,
    }  # fmt: skip


def _fault(item: faults.FaultView, own: Any) -> dict[str, Any]:
    return {
        "kind": item.kind, "reason_zh": item.reason_zh, "reason_en": item.reason_en,
        "began_at": item.began_at, "cameras": sum(name in own for name in item.cameras),
    }  # fmt: skip


def _quiet(web: Web, camera_id: str, kind: str) -> dict[str, Any]:
    camera = web.cameras.get(camera_id)
    return {
        "camera_id": camera_id, "kind": kind,
        "camera_zh": camera.name_zh if camera else camera_id,
        "camera_en": camera.name_en if camera else camera_id,
    }  # fmt: skip


def _question(view: questions.QuestionView) -> dict[str, Any]:
    return {
        "question_id": view.question_id, "severity": view.severity, "one": view.one.case_id,
        "other": view.other.case_id, "reason_zh": view.reason_zh, "reason_en": view.reason_en,
    }  # fmt: skip
