"""Who is sent, and what is refused at run time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kit import AT, MANHOLE, PARKING, county, incident
from yitong_command.domain.incident import Incident
from yitong_command.domain.roster import BOTH, Duty, Roster
from yitong_command.domain.taxonomy import Category
from yitong_command.routing.assign import Staff, on_duty, route
from yitong_command.routing.refuse import refusal

EAST, WEST = "22032390100201", "22032390100102"


def category(code: str) -> Category:
    return county().taxonomy.categories[code]


def test_the_first_role_is_sent_where_it_is_on_duty() -> None:
    found = route(county(), category("cp_parking"), EAST, AT)
    assert found is not None
    assert (found.username, found.role, found.post) == ("worker4", "property_mgr", "A")


def test_the_grid_worker_is_sent_where_it_is_not() -> None:
    found = route(county(), category("cp_parking"), WEST, AT)
    assert found is not None
    assert (found.username, found.role) == ("worker1", "grid_worker")


def test_nobody_on_duty_is_for_the_operator() -> None:
    nobody = replace(county(), roster=())
    assert route(nobody, category("cp_parking"), EAST, AT) is None
    assert route(county(), category("cp_parking"), None, AT) is None


def test_of_several_the_nearest_then_the_least_busy_is_sent_and_the_reason_is_said() -> None:
    wide, near = Duty("wide", "A", "property_mgr"), frozenset({EAST[:12]})
    one, two = Duty("b", "A", "property_mgr", near), Duty("a", "A", "property_mgr", near)
    staff = Staff(Roster((wide, one, two)), open_tasks={"a": 2, "b": 1})
    found = route(county(), category("cp_parking"), EAST, AT, staff)
    assert found is not None
    assert found.username == "b"
    assert "3 人在班" in found.reason_zh
    assert "fewest open tasks (1)" in found.reason_en
    level = replace(staff, open_tasks={})
    found = route(county(), category("cp_parking"), EAST, AT, level)
    assert found is not None
    assert found.username == "a"


def test_who_missed_is_passed_over_until_the_township_has_it() -> None:
    people = ("a", "b", "c")
    duties = [Duty(name, "A", "grid_worker") for name in people]
    staff = Staff(Roster((*duties, Duty("town", "A", "township_duty"))))
    sent = []
    for _ in range(4):
        found = route(county(), category("cp_parking"), EAST, AT, staff)
        assert found is not None
        sent.append(found.username)
        staff = replace(staff, missed=staff.missed | {found.username})
    assert sent == ["a", "b", "c", "town"]
    assert route(county(), category("cp_parking"), EAST, AT, staff) is None


def test_a_grid_worker_is_never_sent_to_what_is_the_polices() -> None:
    staff = Staff(Roster((Duty("a", "A", "grid_worker"),)))
    assert route(county(), category("ps_theft"), EAST, AT, staff) is None
    assert route(county(), category("cp_parking"), EAST, AT, staff) is not None


def test_b_posts_join_when_they_are_filled_and_do_not_replace() -> None:
    duties = (Duty("b", "B", "grid_worker"), Duty("z", "A", "grid_worker"))
    staff = Staff(Roster(duties[:1]))
    assert route(county(), category("cp_parking"), EAST, AT, staff) is None
    found = route(county(), category("cp_parking"), EAST, AT, replace(staff, posts=BOTH))
    assert found is not None
    assert (found.username, found.post) == ("b", "B")
    both = Staff(Roster(duties), BOTH)
    found = route(county(), category("cp_parking"), EAST, AT, both)
    assert found is not None
    assert found.username == "z"


def test_one_person_on_two_lines_is_one_person_and_b_posts_wait() -> None:
    roster = (
        Duty("a", "A", "grid_worker"),
        Duty("a", "A", "grid_worker", frozenset({EAST})),
        Duty("b", "B", "grid_worker"),
    )
    assert [duty.username for duty in on_duty(roster, "grid_worker", EAST, AT)] == ["a"]


@pytest.mark.parametrize(
    ("code", "source", "words"),
    [
        (PARKING, "camera_ai", None),
        (MANHOLE, "camera_ai", None),
        ("kp_elder_alone.water_low", "camera_ai", "重点人群"),
        ("kp_elder_alone.water_low", "video_patrol", "key-population category"),
        ("kp_elder_alone.water_low", "care_device", None),
        ("cp_illegal_building.existing", "camera_ai", "does not take the source"),
        ("cp_parking.nothing", "camera_ai", "no category"),
        (PARKING, "face_library", "no source"),
    ],
)
def test_what_may_not_become_a_case_is_refused(code: str, source: str, words: str | None) -> None:
    item = replace(incident(), category=code, source=source)
    if source == "care_device":
        item = _of_pendant(item)
    found = refusal(item, county().taxonomy)
    assert found is None if words is None else words in str(found)


def test_a_camera_on_people_is_refused_whatever_the_list_of_sources_says() -> None:
    taxonomy = county().taxonomy
    loose = replace(category("kp_elder_alone"), sources=frozenset({"camera_ai"}))
    broken = replace(taxonomy, categories=taxonomy.categories | {loose.code: loose})
    item = replace(incident(), category="kp_elder_alone.water_low")
    assert "refuses the camera source" in str(refusal(item, broken))


def test_a_picture_on_people_is_refused_whoever_sends_it() -> None:
    item = replace(incident(pictures="1"), category="kp_elder_alone.water_low")
    found = refusal(_of_pendant(replace(item, source="care_device")), county().taxonomy)
    assert "refuses pictures" in str(found)


def test_people_are_reported_by_a_care_device_and_by_nothing_else() -> None:
    taxonomy = county().taxonomy
    call = _of_pendant(
        replace(incident(), category="kp_elder_alone.pendant_call", source="care_device")
    )
    assert refusal(call, taxonomy) is None
    camera = replace(call, camera_id="cam-001", view_id="main")
    assert "refuses the camera source" in str(refusal(camera, taxonomy))
    for source in sorted(set(taxonomy.sources) - {"care_device"}):
        assert refusal(replace(call, source=source), taxonomy) is not None, source
    assert "without a sensor_id" in str(refusal(replace(call, sensor_id=""), taxonomy))


def _of_pendant(item: Incident) -> Incident:
    return replace(
        item, camera_id="", view_id="", zone_id="", sensor_id="pendant-001",
        subject="sensor/pendant-001/call",
    )  # fmt: skip
