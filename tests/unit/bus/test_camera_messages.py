"""Cameras on the wire: nothing is lost, and what makes no sense is refused with its field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.bus.camera_messages import CameraMessage
from yitong_command.bus.messages import Tombstone
from yitong_command.bus.topics import CAMERAS, INGEST_STATES
from yitong_command.bus.wire import decode, encode, headers, value_of
from yitong_command.domain.ban import Ban, Permit, weekly_spans
from yitong_command.domain.camera import Camera, CameraKind, View, Zone
from yitong_command.domain.geometry import Place, Point
from yitong_command.domain.incident import IncidentKind
from yitong_command.domain.terms import Terms

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
names = st.text("abcdefghij0123456789-", min_size=1, max_size=12)
share = st.floats(0, 1).map(lambda x: round(x, 5))
terms = st.builds(
    Terms,
    vehicles=st.none() | st.frozensets(st.sampled_from(["car", "bus", "truck"]), min_size=1),
    ban=st.builds(
        Ban,
        weekly=st.lists(st.integers(0, 6), min_size=1, unique=True).map(
            lambda days: weekly_spans([(420, 570)], days)
        ),
        permits=st.just(()) | st.just((Permit(AT, AT + timedelta(hours=4), "搬家"),)),
    ),
)


@st.composite
def cameras(draw: st.DrawFn) -> Camera:
    camera_id = draw(names)
    ball = draw(st.booleans())
    views = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    zone_ids = draw(st.lists(names, max_size=3, unique=True))
    return Camera(
        camera_id=camera_id,
        kind=CameraKind.BALL if ball else CameraKind.FIXED,
        name_zh=draw(st.text(max_size=10)),
        name_en="x",
        url="rtsp://10.0.0.1:554/a?b=c",
        place=Place(draw(st.floats(-180, 180)), 43.3),
        look_interval_s=draw(st.floats(0.1, 60)),
        views=tuple(View(view, "名", "name", "p1" if ball else None, 7.5) for view in views),
        zones=tuple(
            Zone(
                zone_id, camera_id, draw(st.sampled_from(views)),
                draw(st.sampled_from(list(IncidentKind))), "cp_parking.no_parking_zone",
                (Point(0.1, 0.1), Point(draw(share), 1.0), Point(0.9, 0.0)), "区", "zone",
                {"dwell_s": draw(st.floats(1, 1000))}, draw(terms),
            )
            for zone_id in zone_ids
        ),
        ptz_url="http://10.0.0.1/onvif" if ball else None,
        heading_deg=draw(st.none() | st.floats(0, 359)),
        site=draw(st.text(max_size=5)),
        switch="s1",
    )  # fmt: skip


@given(cameras())
def test_a_camera_comes_back_as_it_was_sent(camera: Camera) -> None:
    message = CameraMessage.of(camera, "token", 3, "file", AT)
    again = decode(CameraMessage, encode(message))
    assert again == message
    assert again.to_camera() == camera
    assert (again.key, again.login, again.version) == (camera.camera_id, "token", 3)


def sample(**changes: Any) -> bytes:
    zone = Zone(
        "z", "c1", "main", IncidentKind.ILLEGAL_PARKING, "cp_parking.no_parking_zone",
        (Point(0, 0), Point(1, 0), Point(1, 1)),
    )  # fmt: skip
    camera = Camera(
        "c1", CameraKind.FIXED, "", "", "rtsp://h/x", Place(1, 2), views=(View("main"),),
        zones=(zone,),
    )  # fmt: skip
    content = CameraMessage.of(camera, None, 1, "file", AT).model_dump(mode="json")
    for path, value in changes.items():
        *way, last = path.split("__")
        item = content
        for step in way:
            item = item[int(step) if step.isdigit() else step]
        item[last] = value
    return orjson.dumps(content)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"camera__zones__0__kind": "face_recognition"}, "camera.zones.0.kind"),
        ({"camera__zones__0__polygon": [[0, 0], [1, 1]]}, "at least 3 corners"),
        ({"camera__zones__0__polygon": [[0, 0], [2, 0], [1, 1]]}, "outside"),
        ({"camera__zones__0__view_id": "left"}, "no view 'left'"),
        ({"camera__url": "file:///etc/passwd"}, "camera.url"),
        ({"camera__views": []}, "camera.views"),
        ({"camera__kind": "ball"}, "ptz_url"),
        ({"camera__camera_id": "c2"}, "c1 holds c2"),
        ({"camera_id": "../c1"}, "camera_id"),
        ({"schema_version": 2}, "schema_version"),
        ({"at": "2026-11-23T01:02:03"}, "at"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(changes: dict[str, Any], said: str) -> None:
    decode(CameraMessage, sample())
    with pytest.raises(Exception, match=said.replace(".", r"\.")) as caught:
        decode(CameraMessage, sample(**changes))
    assert type(caught.value).__name__ == "BadMessage"


def test_a_tombstone_is_a_null_value_and_says_what_it_withdraws() -> None:
    gone = Tombstone("c1", CameraMessage)
    assert value_of(gone) is None
    assert dict(headers(gone, AT, "/x"))["ce_type"].startswith(b"yitong.camera")


def test_a_camera_and_its_memory_lie_in_partitions_of_the_same_number() -> None:
    assert CAMERAS.partitions == INGEST_STATES.partitions == 24
    assert CAMERAS.key == INGEST_STATES.key
    assert CAMERAS.compacted
    assert INGEST_STATES.compacted
