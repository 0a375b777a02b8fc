"""From records to what is to be done: the last good word on a camera counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from yitong_command.bus.camera_messages import CameraMessage
from yitong_command.bus.compacted import Entry
from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraKind, View
from yitong_command.domain.geometry import Place
from yitong_command.errors import BadMessage
from yitong_command.ingest.assignment import Definition, Plan, make_plan

AT = datetime(2026, 11, 23, tzinfo=UTC)


def definition(name: str, url: str = "rtsp://h/a", version: int = 1, login: str = "") -> Definition:
    camera = Camera(
        name, CameraKind.FIXED, "", "", url, Place(125.3, 43.3), views=(View(MAIN_VIEW),)
    )
    message = CameraMessage.of(camera, login or None, version, "file", AT)
    return Definition(message, camera, (login, login) if login else None)


class Story:
    """Records of one partition, in order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.meaning: dict[int, Definition] = {}

    def says(self, name: str, what: Definition | str | None) -> Story:
        offset = len(self.entries)
        self.entries.append(Entry(name, None if what is None else b"x", 0, offset))
        if isinstance(what, Definition):
            self.meaning[offset] = what
        return self

    def read(self, entry: Entry) -> Definition:
        if entry.offset not in self.meaning:
            raise BadMessage("garbage")
        return self.meaning[entry.offset]

    def plan(self, *watched: Definition, spare: tuple[Definition, ...] = ()) -> Plan:
        known, rest = ({d.camera.camera_id: d for d in some} for some in (watched, spare))
        return make_plan(known, self.entries, self.read, rest)


def test_new_changed_and_removed_cameras() -> None:
    a, b, c = definition("a"), definition("b"), definition("c")
    moved = definition("b", "rtsp://h/b", 2)
    plan = Story().says("a", a).says("b", moved).says("c", None).plan(b, c)
    assert (plan.add, plan.change, plan.remove) == ((a,), (moved,), {"c"})
    assert (plan.refused, plan.heard) == ({}, {"a", "b", "c"})


def test_another_version_of_the_same_is_no_change_but_another_login_is() -> None:
    a = definition("a")
    assert Story().says("a", definition("a", version=9)).plan(a).change == ()
    locked = definition("a", login="x")
    assert Story().says("a", locked).plan(a).change == (locked,)
    assert Story().says("a", replace(locked, login=("x", "y"))).plan(locked).change != ()


def test_the_last_good_record_counts() -> None:
    first, second = definition("a"), definition("a", "rtsp://h/2", 2)
    assert Story().says("a", first).says("a", second).plan().add == (second,)
    assert Story().says("a", first).says("a", None).plan().add == ()
    assert Story().says("a", first).says("a", None).says("a", second).plan(first).change == (
        second,
    )


def test_a_bad_record_leaves_what_was_before_and_is_told_until_a_good_one_comes() -> None:
    a = definition("a")
    plan = Story().says("a", a).says("a", "garbage").plan()
    assert (plan.add, plan.refused) == ((a,), {"a": "garbage"})
    plan = Story().says("a", "garbage").plan(a)
    assert (plan.add, plan.change, plan.remove) == ((), (), frozenset())
    assert plan.refused == {"a": "garbage"}
    plan = Story().says("a", "garbage").plan()
    assert (plan.add, plan.remove, plan.refused) == ((), frozenset(), {"a": "garbage"})
    plan = Story().says("a", "garbage").says("a", a).plan()
    assert (plan.add, plan.refused) == ((a,), {})
    plan = Story().says("a", "garbage").says("a", None).plan(a)
    assert (plan.remove, plan.refused) == ({"a"}, {})


def test_where_only_a_bad_record_is_left_the_cache_helps() -> None:
    a = definition("a")
    assert Story().says("a", "garbage").plan(spare=(a,)).add == (a,)
    assert Story().says("b", "garbage").plan(spare=(a,)).add == ()


def test_one_bad_record_stops_no_other_camera() -> None:
    a, c = definition("a"), definition("c")
    plan = Story().says("a", a).says("b", "garbage").says("c", c).plan()
    assert (plan.add, set(plan.refused)) == ((a, c), {"b"})


def test_a_login_is_never_shown() -> None:
    assert "hunter2" not in repr(replace(definition("a"), login=("u", "hunter2")))
