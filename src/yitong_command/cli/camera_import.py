"""`yitong cameras import`: what a table would change, and changing it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from rich.console import Console
from rich.table import Table
from shapely.geometry import Point as Spot
from shapely.geometry import Polygon as Shape
from sqlalchemy.ext.asyncio import AsyncSession

from yitong_command.domain.camera import Camera
from yitong_command.domain.grid import Grid
from yitong_command.errors import ConfigError
from yitong_command.settings.camera_rows import Wrong, camera_of_row
from yitong_command.settings.camera_table import COLUMNS, CameraTable
from yitong_command.settings.secrets import Login, Vault
from yitong_command.storage import audit
from yitong_command.storage import camera_records as store
from yitong_command.storage.camera_records import KEEP, CameraRecord

NEW, CHANGED, SAME, REFUSED = "new", "changed", "same", "refused"
STATUS = {
    NEW: ("新增", "new", "green"),
    CHANGED: ("修改", "changed", "yellow"),
    SAME: ("不变", "same", "dim"),
    REFUSED: ("拒收", "refused", "red"),
}
FIELDS = {
    "kind": "类型", "name_zh": "名称", "name_en": "英文名称", "url": "地址", "place": "位置",
    "look_interval_s": "间隔", "views": "画面", "ptz_url": "ONVIF", "heading_deg": "朝向",
    "site": "点位", "switch": "交换机", "zones": "区域",
}  # fmt: skip
SHOWN_SAME = 5


@dataclass(frozen=True, slots=True)
class Planned:
    """What one row of a table would do.

    Attributes:
        line: Its line.
        camera_id: As written.
        status: new, changed, same or refused.
        camera: The camera as it would be, or None if refused.
        login: User name and password that would be stored, or None to leave what is there.
        wrong: Why it is refused, by column.
        notes: What a person should look at; Chinese and English.
        changes: What would change, as Chinese words.
    """

    line: int
    camera_id: str
    status: str
    camera: Camera | None = None
    login: Login | None = field(default=None, repr=False)
    wrong: tuple[Wrong, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    changes: tuple[str, ...] = ()


def plan(
    table: CameraTable,
    known: Mapping[str, CameraRecord],
    grids: Sequence[Grid],
    vault: Vault | None,
    login: Login | None = None,
) -> tuple[Planned, ...]:
    """What a table would change; nothing is written.

    Args:
        table: The table.
        known: All cameras there are, removed ones too.
        grids: The county's, to find places outside it.
        vault: Opens the logins that are stored, to tell whether one changes.
        login: For new cameras whose row has none.
    """
    shapes = [Shape(grid.polygon) for grid in grids]
    taken = {r.camera.url: key for key, r in known.items() if not r.removed}
    seen: dict[str, int] = {}
    planned = []
    for row in table.rows:
        camera_id = row.cells.get("id", "").lower()
        record = known.get(camera_id)
        before = record.camera if record and not record.removed else None
        found, wrong = camera_of_row(row, before)
        if camera_id in seen:
            first = seen[camera_id]
            wrong.append(Wrong("id", f"第 {first} 行已有此编号", f"line {first} has this id"))
        seen.setdefault(camera_id, row.line)
        if found is None or wrong:
            planned.append(Planned(row.line, camera_id, REFUSED, wrong=tuple(wrong)))
            continue
        other = taken.get(found.camera.url)
        notes = [*_place_notes(found.camera, shapes)]
        if other not in (None, camera_id):
            notes.append((f"与 {other} 地址相同", f"has the address of {other}"))
        taken[found.camera.url] = camera_id
        own = found.login or (login if before is None else None)
        item = Planned(row.line, camera_id, NEW, found.camera, own, notes=tuple(notes))
        planned.append(_compared(item, before, record, vault))
    return tuple(planned)


def _place_notes(camera: Camera, shapes: Sequence[Shape]) -> list[tuple[str, str]]:
    spot = Spot(camera.place.lon, camera.place.lat)
    if any(shape.covers(spot) for shape in shapes):
        return []
    return [
        ("位置不在本县任何网格内, 案件不会自动派遣", "outside every grid: no automatic dispatch")
    ]


def _compared(
    item: Planned, before: Camera | None, record: CameraRecord | None, vault: Vault | None
) -> Planned:
    """The plan of a row against what is there."""
    if before is None or record is None or item.camera is None:
        return item
    changes = [
        word for name, word in FIELDS.items() if getattr(before, name) != getattr(item.camera, name)
    ]
    if item.login is not None and item.login != _stored(record, vault):
        changes.append("登录")
    return replace(item, status=CHANGED if changes else SAME, changes=tuple(changes))


def _stored(record: CameraRecord, vault: Vault | None) -> Login | None:
    if record.login is None or vault is None:
        return None
    try:
        return vault.open_login(record.login)
    except ConfigError:
        return None


async def apply(
    session: AsyncSession, planned: Sequence[Planned], vault: Vault, at: datetime, author: str
) -> int:
    """Write what was planned; every camera is a version and a message. How many changed."""
    count = 0
    for item in planned:
        if item.camera is None or item.status in {SAME, REFUSED}:
            continue
        login = vault.seal_login(item.login) if item.login and _new_login(item) else KEEP
        record = await store.put_camera(session, item.camera, at, author, login=login)
        detail = {"version": record.version, "line": item.line, "changes": list(item.changes)}
        await audit.record(session, at, author, "shell", "camera_imported", item.camera_id, detail)
        count += 1
    return count


def _new_login(item: Planned) -> bool:
    return item.status == NEW or "登录" in item.changes


def show(console: Console, planned: Sequence[Planned], ignored: Sequence[str]) -> None:
    """Print what would change, refused rows with their reasons; never a login."""
    table = Table(title="摄像头导入 / cameras to import", title_justify="left")
    for title in ("行 / line", "编号 / id", "结果 / result", "列 / column", "说明 / why"):
        table.add_column(title, overflow="fold")
    same = 0
    for item in planned:
        same += item.status == SAME
        if item.status == SAME and same > SHOWN_SAME:
            continue
        zh, en, style = STATUS[item.status]
        head = (str(item.line), item.camera_id, f"[{style}]{zh} {en}[/]")
        lines = _reasons(item) or [("", "")]
        for index, (column, why) in enumerate(lines):
            table.add_row(*(head if index == 0 else ("", "", "")), column, why)
    console.print(table)
    if same > SHOWN_SAME:
        console.print(f"另有 {same - SHOWN_SAME} 行不变 / {same - SHOWN_SAME} more are the same")
    counts = Counter(item.status for item in planned)
    console.print(
        ", ".join(f"{zh} {en} {counts[key]}" for key, (zh, en, _) in STATUS.items()),
        highlight=False,
    )
    if ignored:
        console.print(f"未使用的列 / columns not used: {', '.join(ignored)}", markup=False)


def _reasons(item: Planned) -> list[tuple[str, str]]:
    titles = {column.name: column.titles[0] for column in COLUMNS}
    reasons = [
        (f"{titles.get(w.column, '')} {w.column}", f"{w.zh} / {w.en}".replace("[", r"\["))
        for w in item.wrong
    ]
    reasons += [("", f"注意: {zh} / note: {en}") for zh, en in item.notes]
    if item.changes:
        reasons.append(("", f"改动 / changes: {', '.join(item.changes)}"))
    return reasons
