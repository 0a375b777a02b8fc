"""What everybody outside may know of cases: only of some lists, and only roughly where. Pure.

Never protected people, never public security, never disputes or requests of single persons.
"""

from __future__ import annotations

from yitong_command.domain.states import FINAL, UNFILED, State
from yitong_command.domain.taxonomy import Category, Group, Taxonomy

GROUPS = frozenset({Group.KEY_AREA, Group.COMMUNITY_PROBLEM})
DECIMALS = 4
"""Of a degree: about ten metres, a street and no flat."""

SHOWN = frozenset(State) - UNFILED - {State.NOT_FILED, State.MERGED}
"""What nobody checked yet, or what was found to be nothing, is told to nobody."""

WARNABLE = SHOWN - FINAL
WARNING_SEVERITY = 1


def is_public(category: Category | None) -> bool:
    """Whether cases of this category may be told to everybody."""
    return category is not None and category.group in GROUPS


def public_codes(taxonomy: Taxonomy) -> tuple[str, ...]:
    """The categories whose cases may be told to everybody."""
    return tuple(code for code, category in taxonomy.categories.items() if is_public(category))
