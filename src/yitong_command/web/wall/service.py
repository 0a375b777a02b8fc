"""The wall's numbers, from the queries that the desk and the reports use too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from yitong_command.domain.area import Level
from yitong_command.domain.kpi import FIGURES, Period, Share
from yitong_command.domain.sensor import SensorState
from yitong_command.domain.states import State
from yitong_command.storage import faults as fault_store
from yitong_command.storage import kpis as kpi_store
from yitong_command.storage import stats as stat_store
from yitong_command.storage import wall as store
from yitong_command.storage.session import transaction
from yitong_command.web.auth.service import Person
from yitong_command.web.cameras.service import counts
from yitong_command.web.context import Web
from yitong_command.web.scope import own_cameras
from yitong_command.web.sensors.service import list_sensors
from yitong_command.web.stats.router import midnight
from yitong_command.web.stats.schemas import CameraCounts
from yitong_command.web.wall.schemas import (
    Load,
    Severities,
    WallFault,
    WallFigure,
    WallGrid,
    WallItem,
    WallOut,
    WallSensors,
    WallTownship,
)

ROWS = 12
"""Rows of a list: what is read from six metres away is short."""

SHOWN = ("filed", "dispatched_in_time", "handled_in_time", "closed")
_CLOSED = (State.CLOSED.value, State.HANDED_OVER.value, State.CLOSED_FORCED.value)


async def wall_now(web: Web, person: Person) -> WallOut:
    """What hangs on the wall now, for this person's area."""
    now = web.clock()
    since, actor, own = midnight(now), person.actor, own_cameras(web, person)
    async with transaction(web.readers) as session:
        today = await stat_store.counts(session, since, actor)
        period = await kpi_store.kpis(session, Period(since, now), actor) if now > since else None
        loads = await store.loads(session, actor, now)
        fresh = await store.fresh(session, actor, ROWS)
        overdue = await store.overdue(session, actor, now, ROWS)
        lasting = await fault_store.list_faults(session, open_only=True)
    sensors = Counter(item.state for item in list_sensors(web, person, now).items)
    return WallOut(
        at=now,
        since=since,
        alerts_today=today["alerts"],
        cases_today=today["cases"],
        closed_today=sum(today["by_state"].get(state, 0) for state in _CLOSED),
        total=_load(loads),
        figures=_figures(period) if period else (),
        townships=_townships(web, loads),
        grids=_grids(web, loads),
        fresh=tuple(_item(web, case) for case in fresh),
        overdue=tuple(_item(web, case) for case in overdue),
        cameras=CameraCounts(total=len(own), **counts(web, own, now)),
        sensors=_sensors(sensors),
        faults=tuple(_fault(item, own) for item in lasting if set(own) & set(item.cameras)),
    )


def _figures(found: kpi_store.Kpis) -> tuple[WallFigure, ...]:
    shares = [
        (item.code, item.zh, item.en, found.shares[item.code])
        for item in FIGURES
        if item.code in SHOWN
    ]
    shares.append(("camera_adopted", "机器采信率", "camera alerts confirmed", found.adopted))
    return tuple(_figure(*item) for item in shares)


def _figure(code: str, zh: str, en: str, share: Share) -> WallFigure:
    return WallFigure(code=code, zh=zh, en=en, count=share.count, of=share.of, rate=share.rate)


def _load(loads: Iterable[store.GridLoad]) -> Load:
    sums: Counter[str] = Counter()
    for load in loads:
        sums.update(open=load.open, fresh=load.fresh, overdue=load.overdue)
        sums[f"s{load.severity}"] += load.open
    severities = Severities(s1=sums["s1"], s2=sums["s2"], s3=sums["s3"], s4=sums["s4"])
    return Load(
        open=sums["open"], fresh=sums["fresh"], overdue=sums["overdue"], by_severity=severities
    )


def _townships(web: Web, loads: tuple[store.GridLoad, ...]) -> tuple[WallTownship, ...]:
    names = {
        grid.code[: Level.TOWNSHIP]: (grid.township_zh, grid.township_en)
        for grid in web.county.grids
    }
    return tuple(
        WallTownship(
            code=code, name_zh=zh, name_en=en,
            **_load(load for load in loads if (load.grid_code or "").startswith(code)).model_dump(),
        )
        for code, (zh, en) in sorted(names.items())
    )  # fmt: skip


def _grids(web: Web, loads: tuple[store.GridLoad, ...]) -> tuple[WallGrid, ...]:
    by_grid: dict[str | None, list[store.GridLoad]] = {}
    for load in loads:
        by_grid.setdefault(load.grid_code, []).append(load)
    return tuple(
        WallGrid(code=grid.code, **_load(by_grid.get(grid.code, ())).model_dump())
        for grid in web.county.grids
    )


def _item(web: Web, case: store.WallCase) -> WallItem:
    """The kind's name stands for the title: a title may hold what somebody wrote."""
    category = web.county.taxonomy.categories.get(case.category)
    grid = next((one for one in web.county.grids if one.code == case.grid_code), None)
    return WallItem(
        severity=case.severity,
        kind_zh=category.name_zh if category else "其他",
        kind_en=category.name_en if category else "other",
        township_zh=grid.township_zh if grid else "网格之外",
        township_en=grid.township_en if grid else "outside the grids",
        source=case.source,
        reported_at=case.reported_at,
        due_at=case.due_at,
    )


def _fault(item: fault_store.FaultView, own: Any) -> WallFault:
    return WallFault(
        kind=item.kind, reason_zh=item.reason_zh, reason_en=item.reason_en,
        began_at=item.began_at, cameras=sum(name in own for name in item.cameras),
    )  # fmt: skip


def _sensors(found: Counter[SensorState]) -> WallSensors:
    silent = found[SensorState.SILENT] + found[SensorState.WAITING]
    return WallSensors(
        total=found.total(), normal=found[SensorState.NORMAL], alarm=found[SensorState.ALARM],
        doubtful=found[SensorState.DOUBTFUL], silent=silent,
    )  # fmt: skip
