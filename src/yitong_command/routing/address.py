"""What two addresses in words say of each other: the same door, another one, another street."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

NEXT_DOORS = 4
"""House numbers this far apart are neighbours; people are wrong by that much."""

_STREET = re.compile(r"([\u4e00-\u9fffA-Za-z0-9]{1,12}?(?:大街|大道|路|街|巷|胡同|公路))")
_NUMBER = re.compile(r"(\d{1,5})\s*号(?!楼)")
_BUILDING = re.compile(r"(\d{1,4})\s*(?:号楼|栋|幢)")
_ESTATE = re.compile(r"([\u4e00-\u9fffA-Za-z0-9]{2,10}?(?:小区|花园|家园|新村|公寓|村|屯))")


class Doors(StrEnum):
    """How two addresses stand to each other."""

    SAME = "same"
    NEXT = "next"
    STREET = "street"
    OTHER_NUMBER = "other_number"
    OTHER_STREET = "other_street"


@dataclass(frozen=True, slots=True)
class Address:
    """What was found in the words.

    Attributes:
        street: Street or estate, or "".
        number: House or building number, or None.
    """

    street: str
    number: int | None


def read_address(words: str) -> Address | None:
    """Street and number, or None if the words name no street or estate."""
    estate, street = _ESTATE.search(words), _STREET.search(words)
    if estate is not None and (building := _BUILDING.search(words)):
        return Address(estate[1], int(building[1]))
    found = street or estate
    if found is None:
        return None
    number = _NUMBER.search(words, found.end())
    return Address(found[1], int(number[1]) if number else None)


def compare(one: str, other: str) -> Doors | None:
    """How two addresses stand to each other; None if one of them names no street."""
    a, b = read_address(one), read_address(other)
    if a is None or b is None:
        return None
    if not (a.street.endswith(b.street) or b.street.endswith(a.street)):
        return Doors.OTHER_STREET
    if a.number is None or b.number is None:
        return Doors.STREET
    if a.number == b.number:
        return Doors.SAME
    return Doors.NEXT if abs(a.number - b.number) <= NEXT_DOORS else Doors.OTHER_NUMBER
