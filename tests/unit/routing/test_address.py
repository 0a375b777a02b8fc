"""Addresses in words."""

from __future__ import annotations

import pytest

from yitong_command.routing.address import Address, Doors, compare, read_address


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("示例街道 1 号门前", Address("示例街", 1)),
        ("示例甲纬路128号旁边", Address("示例甲纬路", 128)),
        ("示例大街附近", Address("示例大街", None)),
        ("示例花园小区3号楼2单元", Address("示例花园", 3)),
        ("井盖丢了", None),
        ("", None),
    ],
)
def test_street_and_number_are_found(words: str, address: Address | None) -> None:
    assert read_address(words) == address


@pytest.mark.parametrize(
    ("one", "other", "doors"),
    [
        ("示例甲路12号", "伊通镇示例甲路12号门前", Doors.SAME),
        ("示例甲路12号", "示例甲路16号", Doors.NEXT),
        ("示例甲路12号", "示例甲路18号", Doors.OTHER_NUMBER),
        ("示例甲路12号", "示例甲路附近", Doors.STREET),
        ("示例甲路12号", "示例乙路12号", Doors.OTHER_STREET),
        ("示例甲路12号", "桥下面", None),
    ],
)
def test_doors_are_compared_both_ways(one: str, other: str, doors: Doors | None) -> None:
    assert compare(one, other) is doors
    assert compare(other, one) is doors
