"""One sample message for every topic: complete, real in form, plainly fictional in content."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from yitong_command.bus.contract.sensor_samples import SENSOR_SAMPLES
from yitong_command.bus.messages import Message
from yitong_command.bus.topics import Topic

SAMPLE_AT = datetime(2026, 11, 23, 1, 10, tzinfo=UTC)
SAMPLE_SOURCE = "/yitong/sample/worker-1"
_BEGAN, _CHANGED, _DUE = "2026-11-23T01:00:00Z", "2026-11-23T01:10:00Z", "2026-11-23T05:10:00Z"
_PLACE = {"lon": 125.3012, "lat": 43.3461, "crs": "CGCS2000"}
_BOX = {"x0": 0.41, "y0": 0.52, "x1": 0.63, "y1": 0.81}
_CAMERA = "cam-001"
_WHERE = {"camera_id": _CAMERA, "view_id": "main", "zone_id": "no-parking"}
_CASE = "YT20261123-000012"
_INCIDENT = "0d9c3c1e-3c55-5d0f-9a55-6a3f0a9a7c01"
_CHANGE = "7c1f0a52-8f0e-4a6e-9f43-1c0d5f1e2b03"
_PARKING = "cp_parking.no_parking_zone"
_WORDS = {"reason_zh": "车辆停留 10 分钟", "reason_en": "a car stood for 10 min"}
_TITLE = {"title_zh": "示例街道违停", "title_en": "Illegal parking, Sample Street"}
_WORKER = "worker-1"
_STAY = {"came_at": _BEGAN, "seen_at": _CHANGED, "looks": 300, "seen": 296, "overlap": 0.87}

_SAMPLES: dict[str, dict[str, Any]] = {
    "incidents": {
        "incident_id": _INCIDENT,
        "change": "opened",
        "kind": "illegal_parking",
        "category": _PARKING,
        "source": "camera_ai",
        "subject": "cam-001/main/no-parking",
        **_WHERE,
        "place": _PLACE,
        "began_at": _BEGAN,
        "changed_at": _CHANGED,
        "score": 0.93,
        "box": _BOX,
        **_WORDS,
        "evidence": [
            {
                "sha256": "a1" * 32,
                "source_sha256": "b2" * 32,
                "captured_at": _CHANGED,
                "width": 1280,
                "height": 720,
            }
        ],
        "worker": _WORKER,
    },
    "camera-states": {
        "camera_id": _CAMERA,
        "state": "live",
        "since": _BEGAN,
        "at": _CHANGED,
        "reason_zh": "画面正常",
        "reason_en": "the picture is fine",
        "worker": _WORKER,
        "worker_url": "http://127.0.0.1:8010",
        "looks": 300,
        "dropped_frames": 2,
    },
    "cameras": {
        "camera_id": _CAMERA,
        "version": 3,
        "author": "admin",
        "at": _CHANGED,
        "camera": {
            "camera_id": _CAMERA,
            "kind": "fixed",
            "name_zh": "示例街口",
            "name_en": "Sample Crossing",
            "url": "rtsp://camera.example:554/stream2",
            "place": _PLACE,
            "views": [{"view_id": "main"}],
            "zones": [
                {
                    "zone_id": "no-parking",
                    "view_id": "main",
                    "kind": "illegal_parking",
                    "category": _PARKING,
                    "polygon": [[0.3, 0.4], [0.8, 0.4], [0.8, 0.9], [0.3, 0.9]],
                    "name_zh": "禁停区",
                    "name_en": "No parking",
                    "settings": {"dwell_s": 600.0},
                }
            ],
            "heading_deg": 90.0,
            "site": "示例街口",
            "switch": "sample-switch-1",
        },
    },
    "ingest-states": {
        "camera_id": _CAMERA,
        "at": _CHANGED,
        "worker": _WORKER,
        "place": _PLACE,
    },
    "camera-faults": {
        "change_id": _CHANGE,
        "fault_id": "sample-fault-1",
        "kind": "switch",
        "name": "sample-switch-1",
        "state": "off",
        "began_at": _BEGAN,
        "ended_at": None,
        "cameras": [_CAMERA, "cam-002"],
        "reason_zh": "同一交换机的摄像头一起失联",
        "reason_en": "cameras of one switch were lost together",
        "changed_at": _CHANGED,
    },
    "cases": {
        "change_id": _CHANGE,
        "case_id": _CASE,
        "version": 2,
        "state": "filed",
        "previous_state": "reported",
        "category": _PARKING,
        "severity": 3,
        **_TITLE,
        "grid_code": "2203231000010001",
        "place": _PLACE,
        "holder": "desk",
        "due_at": _DUE,
        "changed_at": _CHANGED,
        "changed_by": "desk",
        "incident_ids": [_INCIDENT],
    },
    "tasks": {
        "change_id": _CHANGE,
        "task_id": f"{_CASE}/1",
        "case_id": _CASE,
        "state": "dispatched",
        "assignee": "worker1",
        "post": "A",
        "severity": 3,
        **_TITLE,
        "due_at": _DUE,
        "changed_at": _CHANGED,
    },
    "alerts": {
        "change_id": _CHANGE,
        "alert_id": _CASE,
        "case_id": _CASE,
        "change": "opened",
        "severity": 3,
        "category": _PARKING,
        "kind": "illegal_parking",
        "source": "camera_ai",
        **_TITLE,
        **_WORDS,
        "place": _PLACE,
        "place_zh": "示例街道 1 号附近",
        "place_en": "near 1 Sample Street",
        "grid_code": "2203231000010001",
        **_WHERE,
        "box": _BOX,
        "evidence": "a1" * 32,
        "began_at": _BEGAN,
        "opened_at": _CHANGED,
        "changed_at": _CHANGED,
        "case_state": "reported",
        "case_version": 1,
    },
    "reports": {
        "report_id": "88f11b0e-f4f2-50be-a2da-421d29993d1e",
        "kind": "new",
        "platform": "city-management",
        "external_id": "CG20261123-0042",
        "sequence": 0,
        "source": "partner",
        "category": "ar_manhole.missing_shifted",
        "title": "示例街道井盖缺失",
        "text": "雨水井盖缺失, 已摆放警示桩",
        "place": _PLACE,
        "address": "示例街道 1 号门前",
        "grid_code": "22032300100101",
        "subject": "component:2203230101000123",
        "severity": 1,
        "reporter": "office",
        "has_contact": True,
        "evidence": [],
        "reported_at": _BEGAN,
        "received_at": _CHANGED,
    },
    "observations": {
        "stay_id": _INCIDENT,
        "kind": "illegal_parking",
        "category": _PARKING,
        "subject": "cam-001/main/no-parking",
        **_WHERE,
        "place": _PLACE,
        "began_at": _BEGAN,
        **_STAY,
        "score": 0.93,
        "box": _BOX,
        "reported": True,
        "worker": _WORKER,
    },
    "ledger": {
        "worker": _WORKER,
        "at": _CHANGED,
        "captured": [{"message_id": f"{_INCIDENT}/opened/", "source": "camera_ai", "hour": _BEGAN}],
    },
    "ledger-alarms": {
        "change_id": _CHANGE,
        "alarm_id": "camera_ai/2026-11-23T01/not_delivered",
        "state": "open",
        "kind": "not_delivered",
        "source": "camera_ai",
        "hour": _BEGAN,
        "count": 2,
        "began_at": _CHANGED,
        "ended_at": None,
        "reason_zh": "采集了 2 条, 未送达",
        "reason_en": "2 captured messages were not delivered",
        "changed_at": _CHANGED,
    },
    **SENSOR_SAMPLES,
    "escalations": {
        "change_id": _CHANGE,
        "escalation_id": _CHANGE,
        "case_id": _CASE,
        "kind": "ladder",
        "role": "township_duty",
        "people": ["duty1"],
        "reason_zh": "已用时限的 100%,通知乡镇街道值班指挥长",
        "reason_en": "100 % of the limit used: Township duty commander is told",
        "severity": 3,
        "category": _PARKING,
        **_TITLE,
        "grid_code": "22032390100101",
        "holder": "worker1",
        "case_state": "dispatched",
        "case_version": 3,
        "due_at": _CHANGED,
        "at": _CHANGED,
    },
    "modes": {
        "change_id": _CHANGE,
        "mode_id": "M20261123-0a1b2c3d",
        "state": "active",
        "areas": ["220323901"],
        "categories": ["ar_flood_point"],
        "reason": "暴雨红色预警(演示)",
        "begins_at": _BEGAN,
        "ends_at": "2026-11-23T13:00:00Z",
        "ended_at": None,
        "look_percent": 50,
        "cameras": [_CAMERA],
        "changed_at": _CHANGED,
    },
    "dead-letters": {
        "source_topic": "yitong.incidents",
        "partition": 2,
        "offset": 4711,
        "key_b64": "c2FtcGxl",
        "value_b64": "bm90IEpTT04=",
        "reason": "IncidentMessage: (whole message): Invalid JSON",
        "at": _CHANGED,
    },
}


def sample(topic: Topic) -> Message:
    """The sample of a topic.

    Raises:
        KeyError: If nobody has written one yet.
    """
    return topic.payload.model_validate(_SAMPLES[topic.name])
