"""Three bands: never a guess about people, never an order that matters, never without a reason."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.kit import AT, county
from yitong_command.domain.geometry import Place
from yitong_command.routing.likeness import Sighting, likeness
from yitong_command.routing.merge import Band, Decision, decide
from yitong_command.routing.open_case import Book, OpenCase

MERGING = county().taxonomy.merging
KINDS = ["cp_parking.no_parking_zone", "cp_parking.block_gate", "ar_manhole.missing_shifted"]
PEOPLE = ["kp_elder_alone.pendant_call", "kp_mental_health.acute_help", "ps_theft.in_progress",
          "ps_personal_rights.fight", "ex_dispute.neighbour", "ex_request.help"]  # fmt: skip
SOURCES = ["camera_ai", "sensor", "hotline_12345", "resident_wechat", "worker", "partner"]
WORDS = ["", "示例甲纬路12号", "示例甲纬路14号门前", "示例甲纬路88号", "示例乙经路12号"]


@st.composite
def sightings(draw: st.DrawFn, kinds: list[str] | None = None) -> Sighting:
    placed = draw(st.integers(0, 9)) > 0
    place = Place(
        125.30 + draw(st.integers(0, 6)) * 0.0001, 43.34 + draw(st.integers(0, 3)) * 0.0003
    )
    return Sighting(
        draw(st.sampled_from(kinds or KINDS)),
        draw(st.sampled_from(["", "", "device:1", "device:2", "cam-1/main/a", "cam-1/main/b"])),
        draw(st.sampled_from(SOURCES)),
        place if placed else None,
        AT + timedelta(minutes=draw(st.integers(0, 6)) * 45),
        draw(st.sampled_from(WORDS)),
    )


def cases(of: st.SearchStrategy[Sighting]) -> st.SearchStrategy[list[OpenCase]]:
    told = st.lists(st.lists(of, min_size=1, max_size=3), max_size=6)
    return told.map(
        lambda some: [
            OpenCase(f"YT-{n}", tuple(one), max(item.at for item in one))
            for n, one in enumerate(some)
        ]
    )


@given(sightings(), cases(sightings()), st.randoms(use_true_random=False))
def test_the_order_of_the_cases_does_not_matter(one: Sighting, known: list[OpenCase],
                                                chance: object) -> None:  # fmt: skip
    shuffled = list(known)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(one, shuffled, MERGING) == decide(one, known, MERGING)


@given(sightings(), sightings())
def test_it_does_not_matter_who_came_first(one: Sighting, other: Sighting) -> None:
    there, back = likeness(one, [other], MERGING), likeness(other, [one], MERGING)
    assert (there is None) == (back is None)
    if there and back:
        assert abs(there.odds - back.odds) <= 1e-9 * there.odds
        assert (there.zh, there.en) == (back.zh, back.en)
    first = decide(one, [OpenCase("YT-1", (other,), other.at)], MERGING)
    second = decide(other, [OpenCase("YT-1", (one,), one.at)], MERGING)
    assert first.band is second.band


@given(sightings(PEOPLE), cases(sightings(PEOPLE)))
def test_people_police_and_disputes_are_never_joined_by_rule(
    one: Sighting, known: list[OpenCase]
) -> None:
    assert decide(one, known, MERGING).band is not Band.AUTOMATIC


@given(sightings(), cases(sightings()))
def test_every_decision_says_why_with_its_numbers(one: Sighting, known: list[OpenCase]) -> None:
    decision = decide(one, known, MERGING)
    assert (decision.band is Band.NEW) == (not decision.matches)
    for match in decision.matches:
        assert match.reason_zh
        assert match.reason_en.isascii()
        assert match.probability >= MERGING.ask
        if match.probability < 1:
            assert f"{min(99, int(match.probability * 100))} %" in match.reason_zh
            assert match.distance_m is None or f"{match.distance_m:.0f} 米" in match.reason_zh
    if decision.band is Band.AUTOMATIC:
        assert len(decision.matches) == 1
        assert decision.matches[0].probability >= MERGING.automatic


@given(sightings(), cases(sightings()))
def test_looking_near_by_misses_nobody(one: Sighting, known: list[OpenCase]) -> None:
    book = Book(known, MERGING)
    assert decide(one, book.near(one), MERGING).band is decide(one, known, MERGING).band
    for case in known:
        book.drop(case.case_id)
    assert book.near(one) == ()


@given(sightings(), sightings())
def test_two_equal_candidates_are_a_question(one: Sighting, other: Sighting) -> None:
    twins = [OpenCase("YT-1", (other,), other.at), OpenCase("YT-2", (other,), other.at)]
    decision = decide(one, twins, MERGING)
    if not decision.same_subject:
        assert decision.band is not Band.AUTOMATIC


def test_one_camera_tells_its_zones_apart_and_numbered_things_are_different() -> None:
    here = Place(125.3, 43.34)
    for a, b, source in (
        ("cam-1/main/a", "cam-1/main/b", "camera_ai"),
        ("device:1", "device:2", "sensor"),
    ):
        one = Sighting(KINDS[2], a, source, here, AT)
        other = Sighting(KINDS[2], b, source, here, AT)
        assert decide(one, [OpenCase("YT-1", (other,), AT)], MERGING).band is not Band.AUTOMATIC


def test_the_cases_hold_every_band_and_every_way() -> None:
    """Otherwise these properties would say little."""
    bands: dict[tuple[Band, bool], int] = {}
    people: dict[Band, int] = {}

    @given(sightings(), cases(sightings()))
    def gather(one: Sighting, known: list[OpenCase]) -> None:
        decision: Decision = decide(one, known, MERGING)
        key = (decision.band, decision.same_subject)
        bands[key] = bands.get(key, 0) + 1

    @given(sightings(PEOPLE), cases(sightings(PEOPLE)))
    def gather_people(one: Sighting, known: list[OpenCase]) -> None:
        band = decide(one, known, MERGING).band
        people[band] = people.get(band, 0) + 1

    gather()
    gather_people()
    assert bands[Band.AUTOMATIC, True] > 3
    assert bands[Band.AUTOMATIC, False] > 3
    assert bands[Band.ASK, False] > 3
    assert bands[Band.NEW, False] > 3
    assert people[Band.ASK] > 3
