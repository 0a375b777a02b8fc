"""Event groups: what one storm brings stays together on the screens, each fact in its own case.

Pure: the cases of the last hours and the groups so far in, the groups and memberships that are new
or have changed out. A group begins when enough cases of its kinds began within its window, takes
in what follows, and ends by itself when nothing has followed for as long. Its members are shown
within it and without a sound; severity 1 never is: it is in the group and rings as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from yitong_command.domain.merging import GroupKind


@dataclass(frozen=True, slots=True)
class Grouped:
    """A case as grouping sees it.

    Attributes:
        case_id: The case.
        category: Category and subtype.
        severity: 1 to 4.
        at: When it was reported.
    """

    case_id: str
    category: str
    severity: int
    at: datetime


@dataclass(frozen=True, slots=True)
class EventGroup:
    """A group.

    Attributes:
        group_id: Unique; the same for the same group.
        kind: Its kind's word.
        began_at: When its first case was reported.
        last_at: When its newest was.
        ended_at: When it ended, or None while it lasts.
        size: How many cases it has.
        reason: Why it is one, Chinese and English.
    """

    group_id: str
    kind: str
    began_at: datetime
    last_at: datetime
    ended_at: datetime | None
    size: int
    reason: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Membership:
    """A case in a group.

    Attributes:
        case_id: The case.
        group_id: The group.
        inhibited: Shown within the group and without a sound.
        reason: Why or why not, Chinese and English.
    """

    case_id: str
    group_id: str
    inhibited: bool
    reason: tuple[str, str]


def fold_groups(
    kinds: Sequence[GroupKind],
    cases: Iterable[Grouped],
    groups: Iterable[EventGroup],
    at: datetime,
) -> tuple[tuple[EventGroup, ...], tuple[Membership, ...]]:
    """The groups that are new or have changed, and the cases that have joined one.

    Args:
        kinds: What can come in numbers; a case belongs to the first that holds it.
        cases: Those that are in no group yet, of the last hours at least.
        groups: Those that last.
        at: Now.
    """
    waiting = sorted(cases, key=lambda case: (case.at, case.case_id))
    lasting = {group.kind: group for group in groups if group.ended_at is None}
    changed: list[EventGroup] = []
    members: list[Membership] = []
    for kind in kinds:
        own = [case for case in waiting if kind.holds(case.category)]
        waiting = [case for case in waiting if not kind.holds(case.category)]
        before = lasting.get(kind.code)
        after, joined = _fold_one(kind, own, before, at)
        members += joined
        if after is not None and after != before:
            changed.append(after)
    return tuple(changed), tuple(members)


def _fold_one(
    kind: GroupKind, cases: list[Grouped], group: EventGroup | None, at: datetime
) -> tuple[EventGroup | None, list[Membership]]:
    joined: list[Grouped] = []
    if group is None:
        joined = _enough(kind, cases)
        if not joined:
            return None, []
        group = _begun(kind, joined)
    for case in cases:
        if case in joined or not _follows(case, group, kind):
            continue
        joined.append(case)
        group = replace(
            group, last_at=max(group.last_at, case.at), began_at=min(group.began_at, case.at),
            size=group.size + 1,
        )  # fmt: skip
    if at - group.last_at > kind.window:
        group = replace(group, ended_at=group.last_at + kind.window)
    return group, [_member(kind, case, group) for case in joined]


def _enough(kind: GroupKind, cases: list[Grouped]) -> list[Grouped]:
    """The first run of cases that began within the window of its first, if there are enough."""
    for first in range(len(cases)):
        run = [case for case in cases[first:] if case.at - cases[first].at <= kind.window]
        if len(run) >= kind.least:
            return run
    return []


def _follows(case: Grouped, group: EventGroup, kind: GroupKind) -> bool:
    return group.began_at - kind.window <= case.at <= group.last_at + kind.window


def _begun(kind: GroupKind, cases: list[Grouped]) -> EventGroup:
    minutes = kind.window.total_seconds() / 60
    name = f"urn:yitong:group:{kind.code}:{cases[0].at.isoformat()}:{cases[0].case_id}"
    return EventGroup(
        group_id=str(uuid5(NAMESPACE_URL, name)),
        kind=kind.code,
        began_at=cases[0].at,
        last_at=cases[-1].at,
        ended_at=None,
        size=len(cases),
        reason=(
            f"{kind.zh}: {minutes:.0f} 分钟内 {len(cases)} 件(满 {kind.least} 件成组)",
            f"{kind.en}: {len(cases)} cases within {minutes:.0f} min (a group from {kind.least})",
        ),
    )


def _member(kind: GroupKind, case: Grouped, group: EventGroup) -> Membership:
    if case.severity == 1:
        reason = (
            f"{kind.zh}: 特急事项照常提醒", f"{kind.en}: severity 1 rings as ever",
        )  # fmt: skip
        return Membership(case.case_id, group.group_id, False, reason)
    reason = (f"{kind.zh}: 归入事件组,静默", f"{kind.en}: in its event group, without a sound")
    return Membership(case.case_id, group.group_id, True, reason)
