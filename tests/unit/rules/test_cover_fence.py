"""Stories of a manhole with cones around it: a fence protects, it does not repair."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from yitong_command.domain.geometry import Point
from yitong_command.domain.incident import Change, RuleChange
from yitong_command.domain.observation import CoverLook
from yitong_command.rules.manhole_cover import MANHOLE_COVER, configure
from yitong_command.rules.replay import Folded, advance, replay

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
COVER = (Point(0.4, 0.4), Point(0.6, 0.4), Point(0.6, 0.6), Point(0.4, 0.6))
CONF = configure(COVER, {"agree_looks": 3, "agree_s": 4, "fence_looks": 3, "fence_s": 8,
                         "works_s": 300})  # fmt: skip
SEEN: dict[str, tuple[str | None, bool | None]] = {
    "o": ("ok", None), "m": ("missing", False), "M": ("missing", True), "d": ("displaced", False),
    "F": (None, True), "-": (None, None),
}  # fmt: skip


def at(look: int) -> datetime:
    return START + timedelta(seconds=2 * look)


def run(story: str) -> list[RuleChange]:
    """One letter a look, two seconds apart: M is a hole with a fence, F a fence alone."""
    looks = [CoverLook(at(n), SEEN[s][0], 0.8, SEEN[s][1]) for n, s in enumerate(story)]
    return list(replay(MANHOLE_COVER, CONF, looks))


def told(story: str) -> list[tuple[str, str, int]]:
    return [
        (c.change.value, c.state, round((c.at - START).total_seconds() / 2)) for c in run(story)
    ]


def test_a_reported_hole_that_is_fenced_stays_open_and_is_told_to_be_protected() -> None:
    assert told("mmmmmmMMMMMM") == [("opened", "missing", 2), ("updated", "protected", 10)]
    opened, updated = run("mmmmmmMMMMMM")
    assert updated.began_at == opened.began_at
    assert updated.reason == (
        "井盖缺失，已设围护，尚未修复", "manhole cover missing: fenced off, not repaired yet"
    )  # fmt: skip


def test_works_with_a_fence_from_the_first_look_raise_no_alert() -> None:
    assert told("ooooMMMMMMMMMMMMoooo") == []
    assert told("ooooFFFFMMMMMMMMoooo") == []


def test_a_fence_that_goes_while_the_hole_stays_is_told() -> None:
    assert told("mmmMMMMMMmmmmmm") == [
        ("opened", "missing", 2), ("updated", "protected", 7), ("updated", "missing", 13)
    ]  # fmt: skip


def test_works_that_are_left_open_and_unfenced_are_an_incident() -> None:
    assert told("MMMMMMMMMMmmmmmm") == [("opened", "missing", 14)]


def test_a_fenced_hole_is_reported_when_works_last_too_long() -> None:
    [change] = run("M" * 200)
    assert (change.state, change.began_at, change.at) == ("protected", at(0), at(150))
    assert "围护已久" in change.reason[0]
    assert "fenced off for long" in change.reason[1]


def test_one_look_at_something_red_delays_but_never_hides_a_hole() -> None:
    assert told("Mmmmm") == [("opened", "missing", 2)]
    assert told("mmMmm") == [("opened", "missing", 3)]
    assert told("mmmmMmmMmmMm") == [("opened", "missing", 2)]


def test_the_workers_over_the_hole_do_not_take_the_fence_away() -> None:
    assert told("mmmMMMMMFFFF----FFFMMM") == [
        ("opened", "missing", 2), ("updated", "protected", 7)
    ]  # fmt: skip
    assert told("mmmFFFFF") == [("opened", "missing", 2), ("updated", "protected", 7)]


def test_only_the_cover_back_in_place_clears_and_forgets_the_fence() -> None:
    assert [t[:2] for t in told("mmmMMMMMMooommm")] == [
        ("opened", "missing"), ("updated", "protected"), ("cleared", "missing"),
        ("opened", "missing"),
    ]  # fmt: skip


stories = st.lists(
    st.tuples(st.sampled_from("omMdF-"), st.integers(1, 9)), min_size=1, max_size=9
).map(lambda parts: "".join(letter * count for letter, count in parts))


@settings(deadline=None, derandomize=True, max_examples=200)
@given(stories)
def test_updates_lie_between_opening_and_clearing_and_alternate(story: str) -> None:
    open_at: datetime | None = None
    protected = False
    for change in run(story):
        if change.change is Change.OPENED:
            assert open_at is None
            open_at, protected = change.began_at, change.state == "protected"
            continue
        assert change.began_at == open_at
        if change.change is Change.UPDATED:
            assert (change.state == "protected") is not protected
            protected = not protected
        else:
            open_at = None


@settings(deadline=None, derandomize=True, max_examples=200)
@given(stories)
def test_without_its_fences_a_story_opens_and_clears_the_same_or_earlier(story: str) -> None:
    """A fence only ever holds back: it never makes an incident, nor clears one."""
    bare = run(story.replace("M", "m").replace("F", "-"))
    for change in run(story):
        if change.change is Change.OPENED:
            assert any(b.began_at == change.began_at and b.at <= change.at for b in bare)
        if change.change is Change.CLEARED:
            assert any(b.began_at == change.began_at and b.at == change.at for b in bare)


def test_the_stories_do_protect_unprotect_and_clear() -> None:
    assert find(
        stories,
        lambda story: {"opened", "updated", "cleared"} <= {t[0] for t in told(story)},
        settings=settings(deadline=None, max_examples=2000, phases=[Phase.generate]),
    )


def test_a_fence_survives_being_written_down() -> None:
    adapter, folded = TypeAdapter(MANHOLE_COVER.state), Folded()
    changes: list[RuleChange] = []
    story = "mmmmmmMMMMMMmmmmmmmooo"
    for number, letter in enumerate(story):
        look = CoverLook(at(number), SEEN[letter][0], 0.8, SEEN[letter][1])
        folded, more = advance(MANHOLE_COVER, CONF, folded, look)
        changes += more
        folded = Folded(adapter.validate_json(adapter.dump_json(folded.state)), folded.at)
    assert changes == run(story)
    assert len(changes) == 4
