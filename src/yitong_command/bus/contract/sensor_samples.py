"""Sample messages of sensors, see :mod:`yitong_command.bus.contract.samples`."""

from __future__ import annotations

from typing import Any

SENSOR_SAMPLES: dict[str, dict[str, Any]] = {
    "sensor-states": {
        "sensor_id": "water-001",
        "kind": "water_level",
        "state": "alarm",
        "since": "2026-11-23T01:00:00Z",
        "at": "2026-11-23T01:10:00Z",
        "reason_zh": "积水 16 cm, 达到 15 cm 已 60 秒",
        "reason_en": "water 16 cm, at or above 15 cm for 60 s",
        "name_zh": "示例下穿桥",
        "name_en": "Sample underpass",
        "place": {"lon": 125.3012, "lat": 43.3461, "crs": "CGCS2000"},
        "value": 16.0,
        "unit": "cm",
        "reading_at": "2026-11-23T01:10:00Z",
        "battery": 81.0,
        "worker": "sensors-1",
    },
    "sensor-faults": {
        "change_id": "7c1f0a52-8f0e-4a6e-9f43-1c0d5f1e2b03",
        "fault_id": "sample-sensor-fault-1",
        "kind": "silent",
        "sensors": ["manhole-002"],
        "began_at": "2026-11-23T01:00:00Z",
        "ended_at": None,
        "reason_zh": "120 秒没有消息, 情况不明",
        "reason_en": "no message for 120 s; nothing is known",
        "changed_at": "2026-11-23T01:10:00Z",
        "worker": "sensors-1",
    },
}
