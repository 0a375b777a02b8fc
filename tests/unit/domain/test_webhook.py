"""Which changes leave, what of them, when again, and where to."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yitong_command.domain.webhook import Changed, Wanted, body_of, is_outside, wait_s, wants

PAYLOAD = {"case_id": "YT-1", "state": "dispatched", "changed_at": "2026-11-23T02:00:00Z",
           "title_zh": "某某", "place": {"lon": 1.0, "lat": 2.0}, "holder": "worker1"}  # fmt: skip


def changed(category: str = "ar_manhole.damaged", **more: Any) -> Changed:
    values = {"kind": "case", "grid_code": "22032300100101", "payload": PAYLOAD} | more
    return Changed(change_id="c", case_id="YT-1", category=category, **values)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (Wanted(), True),
        (Wanted(kinds=("task",)), False),
        (Wanted(categories=("ar_manhole",)), True),
        (Wanted(categories=("ar_manhole.damaged",)), True),
        (Wanted(categories=("ar_manhole.noisy",)), False),
        (Wanted(grid_codes=("220323001",)), True),
        (Wanted(grid_codes=("220323002",)), False),
        (Wanted(states=("closed",)), False),
    ],
)
def test_filters(wanted: Wanted, expected: bool) -> None:
    assert wants(wanted, changed()) is expected


def test_a_case_without_grid_is_in_no_area() -> None:
    assert not wants(Wanted(grid_codes=("22",)), changed(grid_code=None))


def test_an_alert_is_filtered_by_its_change() -> None:
    alert = changed(kind="alert", payload=PAYLOAD | {"change": "opened"})
    assert wants(Wanted(states=("opened",)), alert)
    assert not wants(Wanted(states=("dispatched",)), alert)


@given(
    st.sampled_from(["kp_elder_alone.pendant_call", "kp_mental_health.wandering"]),
    st.lists(st.sampled_from(["key_population", "kp_elder_alone", "ar_manhole"])),
    st.lists(st.sampled_from(["22", "220323001"])),
)
def test_protected_people_only_if_named_as_a_group_and_never_by_place(
    category: str, categories: list[str], grids: list[str]
) -> None:
    told = wants(Wanted(categories=tuple(categories), grid_codes=tuple(grids)), changed(category))
    assert told == ("key_population" in categories and not grids)


def test_of_a_protected_case_neither_words_nor_place_nor_people_leave() -> None:
    data = body_of(changed("kp_elder_alone.pendant_call"))["data"]
    assert data == {
        "case_id": "YT-1", "state": "dispatched", "changed_at": PAYLOAD["changed_at"],
        "category": "key_population",
    }  # fmt: skip


def test_waits_double_up_to_an_hour_and_are_spread() -> None:
    assert [wait_s(n, 0.5) for n in (1, 2, 3)] == [5.0, 10.0, 20.0]
    assert wait_s(500, 0.5) == 3600
    assert (wait_s(3, 0.0), wait_s(3, 1.0)) == (10.0, 30.0)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fc00::1", "ff02::1",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"],
)  # fmt: skip
def test_addresses_that_are_inside(address: str) -> None:
    assert not is_outside(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"])
def test_addresses_that_are_outside(address: str) -> None:
    assert is_outside(address)
