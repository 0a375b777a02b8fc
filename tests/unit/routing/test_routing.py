"""Who is sent, and what is refused at run time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kit import AT, MANHOLE, PARKING, county, incident
from yitong_command.domain.roster import Duty
from yitong_command.domain.taxonomy import Category
from yitong_command.routing.assign import on_duty, route
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


def test_two_people_for_one_role_or_nobody_is_for_the_operator() -> None:
    two = replace(county(), roster=(*county().roster, Duty("x", "A", "property_mgr")))
    assert route(two, category("cp_parking"), EAST, AT) is None
    nobody = replace(county(), roster=())
    assert route(nobody, category("cp_parking"), EAST, AT) is None
    assert route(county(), category("cp_parking"), None, AT) is None


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
    found = refusal(replace(item, source="care_device"), county().taxonomy)
    assert "refuses pictures" in str(found)
