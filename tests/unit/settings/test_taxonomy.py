"""The taxonomy file: complete, and refused when it says what it may not say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kit import county
from yitong_command.domain.taxonomy import CAMERA_SOURCES, Group
from yitong_command.errors import ConfigError
from yitong_command.settings.ethics import FORBIDDEN_BASES, forbidden_basis
from yitong_command.settings.taxonomy import check_taxonomy, load_taxonomy

FILE = Path(__file__).parents[3] / "config" / "taxonomy.yaml"
CONTENT = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def refused(change: Callable[[dict[str, Any]], object]) -> ConfigError:
    data = deepcopy(CONTENT)
    change(data)
    with pytest.raises(ConfigError) as caught:
        check_taxonomy(FILE, data)
    assert caught.value.file == str(FILE)
    return caught.value


def category(data: dict[str, Any], code: str) -> dict[str, Any]:
    return next(item for item in data["categories"] if item["code"] == code)


def test_the_lists_have_their_numbers_and_both_languages() -> None:
    taxonomy = county().taxonomy
    groups = Counter(item.group for item in taxonomy.categories.values())
    assert groups == {
        Group.KEY_POPULATION: 7, Group.KEY_AREA: 12, Group.COMMUNITY_PROBLEM: 5,
        Group.PUBLIC_SECURITY: 4, Group.EXTENSION: 2,
    }  # fmt: skip
    subtypes = [sub for item in taxonomy.categories.values() for sub in item.subtypes.values()]
    assert len(subtypes) == 125
    for item in (*taxonomy.categories.values(), *subtypes):
        assert not item.name_zh.isascii()
        assert item.name_en.isascii()
    assert sorted(taxonomy.reasons) == list(range(1, 10))
    assert [code for code, reason in taxonomy.reasons.items() if reason.counts_as_false] == [1]
    assert taxonomy.precision_bar == 0.7
    assert sorted(taxonomy.severities) == [1, 2, 3, 4]


def test_no_category_about_people_takes_a_camera_or_is_merged_by_rule() -> None:
    taxonomy = county().taxonomy
    for code, item in taxonomy.categories.items():
        if item.group is Group.KEY_POPULATION:
            assert not item.sources & CAMERA_SOURCES
        people = item.group in {Group.KEY_POPULATION, Group.PUBLIC_SECURITY}
        if people or code in {"ex_dispute", "ex_request"}:
            assert taxonomy.merging.only_asked(code)
            assert not taxonomy.merging.rule_of(code).automatic
        else:
            assert not taxonomy.merging.only_asked(code)


def test_the_demo_matters_are_found_by_their_code() -> None:
    taxonomy = county().taxonomy
    found = taxonomy.find("cp_parking.no_parking_zone")
    assert found is not None
    assert (found[1].name_zh, found[1].name_en) == ("禁停区违停", "Parked in a no-parking zone")
    assert taxonomy.find("cp_parking") is None
    assert taxonomy.find("cp_parking.nothing") is None
    assert taxonomy.find("nothing.no_parking_zone") is None


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], object], str, str]] = {
    "unknown key": (lambda d: d.update(extra=1), "extra", "Extra inputs"),
    "unknown key in a subtype": (
        lambda d: d["categories"][0]["subtypes"][0].update(colour="red"),
        "categories.0.subtypes.0.colour", "Extra inputs",
    ),
    "a category too few": (
        lambda d: d["categories"].pop(0), "categories", "must have 7 categories, not 6",
    ),
    "a code twice": (
        lambda d: category(d, "ar_road").update(code="ar_river"), "categories.11.code", "twice",
    ),
    "a subtype twice": (
        lambda d: d["categories"][0]["subtypes"].append(d["categories"][0]["subtypes"][0]),
        "categories.0.subtypes.4.code", "twice",
    ),
    "no limit": (
        lambda d: d["categories"][0]["subtypes"][0].update(resolve="24h"),
        "categories.0.subtypes.0.resolve", "not a limit",
    ),
    "a severity of 5": (
        lambda d: d["categories"][0].update(severity=5), "categories.0.severity", "less than",
    ),
    "a role that is none": (
        lambda d: d["categories"][0].update(first="nobody"), "categories.0.first", "no role",
    ),
    "a ladder that is none": (
        lambda d: d["categories"][0].update(ladder="none"), "categories.0.ladder", "no ladder",
    ),
    "a ladder to nobody": (
        lambda d: d["ladders"]["care"].append(["nobody", "overdue"]), "ladders.care.4.0", "no role",
    ),
    "a ladder without a time": (
        lambda d: d["ladders"]["care"].append(["grid_leader", "soon"]), "ladders.care.4.1", "match",
    ),
    "a source that is none": (
        lambda d: d["categories"][0]["sources"].append("rumour"), "categories.0.sources", "rumour",
    ),
    "a reason missing": (lambda d: d["reject_reasons"].pop(9), "reject_reasons", "1 to 9"),
    "a reason that does not say whether it counts": (
        lambda d: d["reject_reasons"][3].pop("counts_as_false"),
        "reject_reasons.3.counts_as_false", "required",
    ),
    "no reason that counts": (
        lambda d: d["reject_reasons"][1].update(counts_as_false=False), "reject_reasons", "count",
    ),
    "a bar that every alert is below": (
        lambda d: d["second_look"].update(precision_bar=1.0),
        "second_look.precision_bar", "less than 1",
    ),
    "no bar": (lambda d: d.pop("second_look"), "second_look", "required"),
    "a severity missing": (lambda d: d["severity"].pop(4), "severity", "1 to 4"),
    "a merge rule for people": (
        lambda d: d["merge"]["rules"].update(
            kp_elder_alone={"distance_m": 10, "window": "1uh", "spacing_m": 90}
        ),
        "merge.rules.kp_elder_alone", "never merged",
    ),
    "people taken off the never-merge list": (
        lambda d: d["merge"]["never_auto"].update(groups=["public_security"]),
        "merge.never_auto.groups", "key_population",
    ),
    "a group of people": (
        lambda d: d["groups"][0].update(categories=["kp_elder_alone"]),
        "groups.0.categories", "never inhibited",
    ),
    "a question above the automatic joining": (
        lambda d: d["merge"].update(ask=0.99), "merge.ask", "below merge.automatic",
    ),
    "an error of no source": (
        lambda d: d["merge"]["accuracy_m"].update(crystal_ball=1),
        "merge.accuracy_m", "no source 'crystal_ball'",
    ),
    "a subtype that nothing can be taken for": (
        lambda d: d["merge"].update(taken_for=[["ar_manhole.damaged", "ar_manhole.dull"]]),
        "merge.taken_for.0", "no subtype 'ar_manhole.dull'",
    ),
    "a merge window in working hours": (
        lambda d: d["merge"]["rules"]["cp_parking"].update(window="2wh"),
        "merge.rules.cp_parking.window", "minutes, hours or days",
    ),
    "a camera on people": (
        lambda d: category(d, "kp_elder_alone")["sources"].append("camera_ai"),
        "categories.4.sources", "kp_elder_alone refuses camera_ai",
    ),
    "video patrol on people": (
        lambda d: category(d, "kp_mental_health")["sources"].append("video_patrol"),
        "categories.3.sources", "refuses video_patrol",
    ),
    "people without privacy": (
        lambda d: category(d, "kp_elder_alone").pop("privacy"), "categories.4.privacy", "needs it",
    ),
    "privacy for nobody": (
        lambda d: category(d, "kp_elder_alone")["privacy"].update(detail_roles=[]),
        "categories.4.privacy.detail_roles", "at least 1",
    ),
    "face recognition": (
        lambda d: d["ethics"].update(no_face_recognition=False), "ethics.no_face_recognition",
        "True",
    ),
    "biometrics": (
        lambda d: d["ethics"].update(no_biometric_id=False), "ethics.no_biometric_id", "True",
    ),
    "tracking": (
        lambda d: d["ethics"].pop("no_tracking_of_individuals_by_camera"),
        "ethics.no_tracking_of_individuals_by_camera", "required",
    ),
    "a shorter deny list": (
        lambda d: d["ethics"]["forbidden_category_basis"].remove("petitioning"),
        "ethics.forbidden_category_basis", "petitioning",
    ),
    "cameras taken off the list": (
        lambda d: d["ethics"].update(key_population_forbidden_sources=["camera_ai"]),
        "ethics.key_population_forbidden_sources", "video_patrol",
    ),
    "identities from cameras": (
        lambda d: d["ethics"].update(public_security_camera_output="identity"),
        "ethics.public_security_camera_output", "scene_event_only",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_with_file_and_key(what: str) -> None:
    change, key, words = REFUSED[what]
    error = refused(change)
    assert error.key == key
    assert words in error.message


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name_zh", "信访人员服务"), ("name_en", "Religious people"), ("name_zh", "少数民族"),
        ("definition", "退役军人"), ("filing", "流动人口登记"), ("closing", "风险评分下降"),
        ("name_en", "People with HIV"), ("code", "ex_petition"), ("definition", "涉稳"),
    ],
)  # fmt: skip
def test_a_category_on_a_forbidden_basis_is_refused(field: str, text: str) -> None:
    error = refused(lambda d: category(d, "ex_request").update({field: text}))
    assert "no category rests on" in error.message
    assert error.key == f"categories.29.{field}"


def test_a_subtype_on_a_forbidden_basis_is_refused() -> None:
    error = refused(lambda d: category(d, "ex_dispute")["subtypes"][0].update(name_zh="上访劝返"))
    assert "petitioning" in error.message


def test_every_forbidden_basis_is_known_by_a_word_and_innocent_words_are_not() -> None:
    for basis, words in FORBIDDEN_BASES.items():
        for word in words:
            assert forbidden_basis(f"x {word} y") == (basis, word)
    assert forbidden_basis("Traces of a brace on the surface") is None


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_taxonomy(tmp_path / "none.yaml")
