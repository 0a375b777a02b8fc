"""A storm is one group on the desk and many cases in the database, on both databases."""

from __future__ import annotations

from datetime import timedelta

from streams.grouping import Grouping
from tests.integration.test_storage_reports import HERE, all_cases, report, take
from tests.kit import AT, DESK, county
from yitong_command.domain.geometry import Place
from yitong_command.storage.groups import list_groups
from yitong_command.storage.session import Sessions, transaction

NOW = AT + timedelta(minutes=30)


async def storm(sessions: Sessions, first: int, count: int, category: str) -> None:
    for number in range(first, first + count):
        place = Place(HERE.lon + number * 0.01, HERE.lat)
        await take(sessions, report(f"GD-{number}", place=place, address="", category=category))


async def test_a_storm_is_grouped_and_ends_by_itself(sessions: Sessions) -> None:
    grouping = Grouping(sessions, county().taxonomy.group_kinds, "worker-1")
    other = Grouping(sessions, county().taxonomy.group_kinds, "worker-2")
    await storm(sessions, 0, 4, "ar_flood_point.pond_yellow")
    assert await grouping.fold_once(NOW) == 0
    await storm(sessions, 4, 1, "ar_sewer.blocked_overflow")
    await storm(sessions, 5, 1, "ar_manhole.missing_shifted")
    assert await other.fold_once(NOW) == 0  # the lease is taken
    assert await grouping.fold_once(NOW) == 6
    async with transaction(sessions) as session:
        (group,) = await list_groups(session, DESK)
    assert (group.kind, group.size, len(group.members)) == ("rainstorm", 6, 6)
    assert "6 件" in group.reason_zh
    severe = {case.case_id for case in await all_cases(sessions) if case.severity == 1}
    loud = [one for one in group.members if not one.inhibited]
    assert {one.case_id for one in loud} == severe
    assert "照常" in loud[0].reason_zh
    assert len(await all_cases(sessions)) == 6
    assert await grouping.fold_once(NOW) == 0
    await grouping.fold_once(NOW + timedelta(hours=2))
    async with transaction(sessions) as session:
        assert await list_groups(session, DESK) == ()
