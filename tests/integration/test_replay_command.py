"""`yitong replay` on a real broker: recorded messages through changed files; nothing is written."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml
from typer.testing import CliRunner, Result

from tests.kit import AT, DESK, county, incident
from yitong_command.bus.admin import ensure_topics
from yitong_command.bus.messages import IncidentMessage
from yitong_command.bus.producer import Producer
from yitong_command.bus.stay_messages import ObservationMessage
from yitong_command.bus.topic_state import read_states
from yitong_command.bus.topics import INCIDENTS, OBSERVATIONS
from yitong_command.cli.app import app
from yitong_command.domain.case import State
from yitong_command.domain.incident import IncidentKind, incident_id
from yitong_command.domain.stay import Stay
from yitong_command.storage.asks import TransitionRequest
from yitong_command.storage.cases import transition
from yitong_command.storage.intake import take_incidents
from yitong_command.storage.migrate import upgrade
from yitong_command.storage.session import make_engine, make_sessions, transaction

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]
ZONE = next(z for z in county().cameras["cam-001"].zones if z.kind is IncidentKind.ILLEGAL_PARKING)
CONFIG = Path(__file__).parents[2] / "config"


def stay(minutes: float, seconds: float, reported: bool) -> Stay:
    """A car that stood in the zone of cam-001 for so long."""
    began = AT + timedelta(minutes=minutes)
    xs, ys = zip(*((p.x, p.y) for p in ZONE.polygon), strict=True)
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    box = incident().box
    assert box is not None
    box = box._replace(x0=x - 0.02, x1=x + 0.02, y0=y - 0.03, y1=y + 0.004)
    count = int(seconds / 2)
    return Stay(
        stay_id=incident_id(ZONE.kind, ZONE.subject, began), kind=ZONE.kind,
        category=ZONE.category, subject=ZONE.subject, camera_id=ZONE.camera_id,
        view_id=ZONE.view_id, zone_id=ZONE.zone_id, place=county().cameras["cam-001"].place,
        began_at=began, came_at=began, seen_at=began + timedelta(seconds=seconds), looks=count,
        seen=count, score=0.9, box=box, reported=reported,
    )  # fmt: skip


@pytest.fixture
async def site(kafka: str, tmp_path: Path) -> dict[str, str]:
    """Four stays in one zone, an hour apart: two long ones and a short one reported, one missed."""
    prefix, url = f"r{uuid4().hex[:8]}", f"sqlite+aiosqlite:///{tmp_path}/yitong.db"
    await ensure_topics(kafka, prefix)
    await asyncio.to_thread(upgrade, url)
    limit = ZONE.settings["dwell_s"] + ZONE.settings.get("recheck_s", 0)
    stays = [
        stay(0, limit + 600, True), stay(60, limit + 20, True), stay(120, limit + 20, True),
        stay(180, limit - 2, False),
    ]  # fmt: skip
    told = [
        replace(
            incident(ZONE.subject, kind=ZONE.kind, category=ZONE.category, place=one.place),
            incident_id=one.stay_id, began_at=one.began_at, box=one.box,
            changed_at=one.began_at + timedelta(seconds=limit),
        )
        for one in stays[:3]
    ]  # fmt: skip
    producer = Producer(kafka, prefix, "/test")
    batch: list[Any] = [(INCIDENTS, IncidentMessage.of(one, "w1"), AT) for one in told]
    batch += [(OBSERVATIONS, ObservationMessage.of(one, "w1"), AT) for one in stays]
    await producer.send_all(batch)
    await producer.close()
    await _decide(url, told)
    return {
        "YITONG_KAFKA": kafka, "YITONG_TOPIC_PREFIX": prefix, "YITONG_DATA": str(tmp_path),
        "COLUMNS": "200",
    }  # fmt: skip


async def _decide(url: str, told: list[Any]) -> None:
    """The first two were called false, the third was confirmed."""
    engine = make_engine(url)
    sessions = make_sessions(engine)
    for number, one in enumerate(told):
        at = one.changed_at
        async with transaction(sessions) as session:
            await take_incidents(session, [one], county(), at)
            case_id = f"YT20261123-{number + 1:06d}"
            to = State.FILED if number == 2 else State.NOT_FILED
            code = None if number == 2 else 1
            await transition(
                session,
                TransitionRequest(case_id=case_id, to=to, actor=DESK, at=at, reason_code=code),
                county(),
            )
    await engine.dispose()


async def replay(site: dict[str, str], *files: Path, **more: str) -> Result:
    arguments = [part for path in files for part in ("--with", str(path))]
    arguments += [part for name, value in more.items() for part in (f"--{name}", value)]
    span = ["--from", "2026-11-23T00:00:00", "--to", "2026-11-24T00:00:00"]
    return await asyncio.to_thread(CliRunner().invoke, app, ["replay", *span, *arguments], env=site)


def zones_with(tmp_path: Path, **numbers: float) -> Path:
    """`zones.yaml` in which every zone of cam-001 has other numbers."""
    text = yaml.safe_load((CONFIG / "zones.yaml").read_text("utf-8"))
    for zone in text["zones"]:
        if zone["camera"] == ZONE.camera_id:
            zone["settings"] = {**zone.get("settings", {}), **numbers}
    path = tmp_path / "changed-zones.yaml"
    path.write_text(yaml.safe_dump(text, allow_unicode=True), "utf-8")
    return path


async def test_a_longer_dwell_tells_what_is_spared_and_what_is_missed(
    site: dict[str, str], tmp_path: Path
) -> None:
    longer = zones_with(tmp_path, dwell_s=ZONE.settings["dwell_s"] + 60)
    before = _digest(tmp_path / "yitong.db"), await _ends(site)
    result = await replay(site, longer, report="-")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["recorded"]["incidents"] == 3
    assert (found["before"]["incidents"], found["after"]["incidents"]) == (3, 1)
    assert (found["missed_real"], found["spared_false"], found["unknown"]) == (1, 1, 0)
    assert {row["what"] for row in found["rows"] if row["label"]} >= {"gone"}
    assert (_digest(tmp_path / "yitong.db"), await _ends(site)) == before


async def test_a_shorter_dwell_tells_what_would_be_added_and_the_page_says_so(
    site: dict[str, str], tmp_path: Path
) -> None:
    shorter = zones_with(tmp_path, dwell_s=max(1.0, ZONE.settings["dwell_s"] - 8))
    page = tmp_path / "report.html"
    result = await replay(site, shorter, report=str(page))
    assert result.exit_code == 0, result.output
    assert "新增 / added" in result.output
    text = page.read_text("utf-8")
    assert "新增 / added" in text
    assert ZONE.subject in text


async def test_another_limit_is_held_against_when_it_really_was_handled(
    site: dict[str, str], tmp_path: Path
) -> None:
    text = (CONFIG / "taxonomy.yaml").read_text("utf-8")
    line = next(line for line in text.splitlines() if "code: no_parking_zone" in line)
    path = tmp_path / "lax-taxonomy.yaml"
    path.write_text(text.replace(line, line.replace("resolve: 2wh", "resolve: 5wd")), "utf-8")
    result = await replay(site, path, report="-")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["before"]["cases"] == found["after"]["cases"]
    assert found["before"]["overdue"] > found["after"]["overdue"] == 0
    assert {row["what"] for row in found["rows"]} == {"in_time"}


async def test_a_file_that_is_wrong_or_nobodys_is_named(
    site: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "new-rules.yaml").write_text("illegal_parking: {dwel_s: 3}\n", "utf-8")
    wrong = await replay(site, tmp_path / "new-rules.yaml")
    assert wrong.exit_code == 2
    assert "rules.yaml" in wrong.output
    (tmp_path / "other.txt").write_text("", "utf-8")
    nobodys = await replay(site, tmp_path / "other.txt")
    assert nobodys.exit_code == 2
    assert "--with" in nobodys.output


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def _ends(site: dict[str, str]) -> dict[str, int]:
    states = await read_states(site["YITONG_KAFKA"], site["YITONG_TOPIC_PREFIX"])
    return {name: state.records for name, state in states.items()}
