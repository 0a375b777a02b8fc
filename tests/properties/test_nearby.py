"""Looking only nearby decides what looking at everything would."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.kit import AT, county
from yitong_command.domain.geometry import Place
from yitong_command.routing.likeness import Sighting
from yitong_command.routing.merge import Band, Decision, decide
from yitong_command.routing.open_case import Book, OpenCase

CATEGORIES = (
    "cp_parking.no_parking_zone", "cp_parking.block_gate", "ar_fire_lane.lane_blocked",
    "ar_manhole.missing_shifted", "ar_manhole.damaged",
)  # fmt: skip
SOURCES = ("camera_ai", "sensor", "resident_wechat", "hotline_12345", "weather")
WORDS = ("", "", "人民路 12 号", "人民路 14 号", "东兴小区 3 号楼")


@st.composite
def sightings(draw: st.DrawFn) -> Sighting:
    """Within about two kilometres, often a few metres from each other."""
    step = draw(st.sampled_from((0.00002, 0.0003, 0.002)))
    place = Place(125.3 + draw(st.integers(-5, 5)) * step, 43.34 + draw(st.integers(-5, 5)) * step)
    return Sighting(
        draw(st.sampled_from(CATEGORIES)),
        draw(st.sampled_from(("", "", "cam-1/main/lane", "cover:17"))),
        draw(st.sampled_from(SOURCES)),
        place,
        AT + timedelta(minutes=draw(st.integers(0, 90))),
        draw(st.sampled_from(WORDS)),
    )


cases = st.lists(st.lists(sightings(), min_size=1, max_size=3), max_size=12)


def _decided(told: list[list[Sighting]], one: Sighting) -> tuple[Decision, Decision]:
    """What is decided by looking nearby, and by looking at everything."""
    merging = county().taxonomy.merging
    known = [
        OpenCase(f"case-{number}", tuple(own), max(item.at for item in own))
        for number, own in enumerate(told)
    ]
    book = Book(known, merging)
    same = next((c for c in known if c.has_subject(one.category, one.subject)), None)
    everything = [same] if one.subject and same else known
    return decide(one, book.near(one), merging), decide(one, everything, merging)


@given(cases, sightings())
def test_nothing_is_missed_by_looking_nearby(told: list[list[Sighting]], one: Sighting) -> None:
    near, everywhere = _decided(told, one)
    assert near == everywhere


def test_all_bands_are_among_them() -> None:
    """Otherwise the property would say little."""
    seen: list[Band] = []

    @given(cases, sightings())
    def gather(told: list[list[Sighting]], one: Sighting) -> None:
        seen.append(_decided(told, one)[0].band)

    gather()
    assert set(seen) == set(Band)
