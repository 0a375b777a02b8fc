"""What everybody is told of a case about a protected person: that there is one, and roughly where.

Which service it is, who it is about, why and at which door are details. They are sealed or kept
back, and told one at a time to the category's own detail roles, for a stated purpose. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PREFIX = "kp_"
"""Codes of key-population categories begin with it, and no others do; the loader checks that."""

GROUP = "key_population"
SEALED_NOTE = "说明已密封 / the note is sealed"
SHORTEST_PURPOSE = 6
_COARSE = 2
"""Decimals of a degree that are told: about a kilometre."""


def is_protected(category: str) -> bool:
    """Whether a category, with or without its subtype, is about protected people."""
    return category.startswith(PREFIX)


def told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A case's fields as everybody may see them; those of other categories as they are.

    Args:
        row: Fields of a case, as far as they are there; ``category`` must be.
    """
    values = dict(row)
    if not is_protected(values["category"]):
        return values
    grid = values.get("grid_code") or ""
    masked: dict[str, Any] = {
        "category": GROUP,
        "subtype": "protected",
        "subject": "",
        "title_zh": "重点人群服务(详情受保护)",
        "title_en": "Care for a protected person (details withheld)",
        "place_zh": f"网格 {grid}" if grid else "地点受保护",
        "place_en": f"grid {grid}" if grid else "place withheld",
        "reason_zh": "详情受保护",
        "reason_en": "details withheld",
        "merge_reason_zh": "",
        "merge_reason_en": "",
        "zone_id": None,
        "view_id": None,
    }
    for name in ("lon", "lat"):
        if values.get(name) is not None:
            masked[name] = round(values[name], _COARSE)
    return values | {name: value for name, value in masked.items() if name in values}


def may_see(detail_roles: frozenset[str], asker: tuple[str, ...]) -> bool:
    """Whether somebody with these detail roles may ask for a category's details."""
    return bool(detail_roles & set(asker))
