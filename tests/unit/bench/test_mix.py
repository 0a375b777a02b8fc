"""The usual day of the routing benchmark makes the cases it says, and is what it says."""

from __future__ import annotations

from collections import Counter

from tests.kit import AT, county
from yitong_command.bench.mix import Mix, usual
from yitong_command.routing.plan import StepKind, plan


def test_it_makes_as_many_cases_as_it_says_and_always_the_same() -> None:
    messages, facts = usual(1500, AT)
    assert usual(1500, AT) == (messages, facts)
    steps = plan([item.to_domain() for item in messages], {}, (), county().taxonomy)
    kinds = Counter(step.kind for step in steps)
    assert kinds[StepKind.NEW_CASE] == facts > 5
    assert kinds[StepKind.ATTACHED] > 100 < kinds[StepKind.CLEARED]
    assert kinds[StepKind.DUPLICATE] + kinds[StepKind.UPDATED] > 1000


def test_a_mix_of_new_facts_alone_makes_a_case_of_each() -> None:
    _, facts = usual(300, AT, Mix(new=1.0, again=0.0, cleared=0.0, updated=0.0))
    assert facts == 300
