"""From the rows of a table to cameras, with a reason for everything that can't be taken."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import unquote, urlsplit, urlunsplit

from yitong_command.domain.camera import MAIN_VIEW, Camera, CameraKind, View
from yitong_command.domain.geometry import Place
from yitong_command.settings.camera_table import COLUMNS, TableRow
from yitong_command.settings.secrets import Login

NAME = re.compile(r"[a-z0-9-]{1,64}")
KINDS = {
    "": None, "固定": CameraKind.FIXED, "枪机": CameraKind.FIXED, "fixed": CameraKind.FIXED,
    "球机": CameraKind.BALL, "云台": CameraKind.BALL, "ball": CameraKind.BALL,
    "ptz": CameraKind.BALL,
}  # fmt: skip
SYSTEMS = {
    "cgcs2000": "CGCS2000", "国家2000": "CGCS2000", "2000": "CGCS2000", "epsg4490": "CGCS2000",
    "wgs84": "WGS84", "gps": "WGS84", "epsg4326": "WGS84",
}  # fmt: skip
SHIFTED = {"gcj02", "火星", "火星坐标", "高德", "腾讯", "bd09", "百度", "bd09ll"}
_T = TypeVar("_T")
CHINA = (73.0, 136.0, 3.0, 54.0)


class Wrong(Exception):
    """What is wrong with one cell.

    Args:
        column: Name of the column.
        zh: Why, in Chinese.
        en: Why, in English.
    """

    def __init__(self, column: str, zh: str, en: str) -> None:
        self.column = column
        self.zh = zh
        self.en = en
        super().__init__(f"{column}: {zh} / {en}")


@dataclass(frozen=True, slots=True)
class RowCamera:
    """A row that makes sense.

    Attributes:
        camera: The camera; zones are those it had.
        login: User name and password, or None if the row has none.
    """

    camera: Camera
    login: Login | None


def camera_of_row(row: TableRow, before: Camera | None) -> tuple[RowCamera | None, list[Wrong]]:
    """The camera of a row, or all that is wrong with it.

    An empty cell leaves what the camera had; a new camera gets the default.

    Args:
        row: The row.
        before: The camera as it is now, or None if it is new.
    """
    wrong: list[Wrong] = []

    def cell(read: Callable[[], _T]) -> _T | None:
        try:
            return read()
        except Wrong as exc:
            wrong.append(exc)
            return None

    cells = row.cells
    cell(lambda: _id(cells))
    if before is None:
        wrong += [
            Wrong(c.name, f"缺少{c.titles[0]}", f"{c.name} is missing")
            for c in COLUMNS if c.needed and c.name not in {*cells, "id", "lon", "lat", "crs"}
        ]  # fmt: skip
    address = cell(lambda: _address(cells, before))
    place = cell(lambda: _place(cells, before))
    kind = cell(lambda: _kind(cells, before))
    interval = cell(lambda: _number(cells, "look_interval_s", 0.1, 3600))
    heading = cell(lambda: _number(cells, "heading_deg", 0, 359.999))
    views = cell(lambda: _views(cells, before, kind))
    ptz_url = cell(lambda: _ptz_url(cells, before, kind))
    login = cell(lambda: _login(cells, address[1] if address else None))
    if wrong or not address or not place or not kind or not views:
        return None, wrong
    camera = Camera(
        camera_id=cells["id"].lower(),
        kind=kind,
        name_zh=cells.get("name_zh") or (before.name_zh if before else ""),
        name_en=cells.get("name_en") or (before.name_en if before else cells["name_zh"]),
        url=address[0],
        place=place,
        look_interval_s=interval or (before.look_interval_s if before else 2.0),
        views=views,
        ptz_url=ptz_url or None,
        heading_deg=heading if heading is not None else (before.heading_deg if before else None),
        site=_short(cells, "site", before),
        switch=_short(cells, "switch", before),
    )
    kept = {view.view_id for view in views}
    zones = tuple(zone for zone in before.zones if zone.view_id in kept) if before else ()
    return RowCamera(replace(camera, zones=zones), login), wrong


def _id(cells: Mapping[str, str]) -> str:
    camera_id = cells.get("id", "").lower()
    if not NAME.fullmatch(camera_id):
        raise Wrong(
            "id",
            f"编号 {camera_id!r} 只能用小写字母、数字和短横, 最多64个",
            f"{camera_id!r}: small letters, digits and dashes, at most 64",
        )
    return camera_id


def split_login(url: str) -> tuple[str, Login | None]:
    """An address without the login in it, and that login.

    Raises:
        ValueError: If it is no address.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("no host")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if parts.port is None else f"{host}:{parts.port}"
    login = None
    if parts.username is not None:
        login = (unquote(parts.username), unquote(parts.password or ""))
    return urlunsplit((parts.scheme.lower(), netloc, parts.path, parts.query, "")), login


def _address(cells: Mapping[str, str], before: Camera | None) -> tuple[str, Login | None] | None:
    url = cells.get("url")
    if url is None:
        return (before.url, None) if before else None
    try:
        plain, login = split_login(url)
    except ValueError:
        plain, login = "", None
    # The cell itself is not repeated: it may hold a password.
    if not plain.startswith(("rtsp://", "rtsps://")) or any(c.isspace() for c in plain):
        raise Wrong("url", "不是 rtsp:// 或 rtsps:// 地址", "not an rtsp:// or rtsps:// address")
    return plain, login


def _place(cells: Mapping[str, str], before: Camera | None) -> Place | None:
    if before is not None and not cells.keys() & {"lon", "lat", "crs"}:
        return before.place
    system = re.sub(r"[\s_\-:]", "", cells.get("crs", "")).casefold()
    if system in SHIFTED:
        raise Wrong(
            "crs",
            "加偏坐标(GCJ-02、BD-09)不收: 请从测绘底图取 CGCS2000 或 WGS84 坐标",
            "shifted coordinates (GCJ-02, BD-09) are not taken: give CGCS2000 or WGS84",
        )
    if system not in SYSTEMS:
        raise Wrong(
            "crs",
            "请写明坐标系 CGCS2000 或 WGS84 (不写会差出几百米)",
            "say CGCS2000 or WGS84: the wrong one is off by hundreds of metres",
        )
    lon = _number(cells, "lon", -180, 180)
    lat = _number(cells, "lat", -90, 90)
    for name, value in (("lon", lon), ("lat", lat)):
        if value is None:
            raise Wrong(name, "缺少坐标", "the coordinate is missing")
    west, east, south, north = CHINA
    if lon is None or lat is None or not (west <= lon <= east and south <= lat <= north):
        raise Wrong("lon", "坐标不在中国境内, 经纬度可能写反", "not in China; swapped?")
    return Place(lon, lat, SYSTEMS[system])


def _kind(cells: Mapping[str, str], before: Camera | None) -> CameraKind:
    word = cells.get("kind", "").casefold()
    if word not in KINDS:
        raise Wrong("kind", "类型须为 固定 或 球机", "kind is fixed or ball")
    found = KINDS[word]
    return found or (before.kind if before else CameraKind.FIXED)


def _views(
    cells: Mapping[str, str], before: Camera | None, kind: CameraKind | None
) -> tuple[View, ...]:
    if kind is not CameraKind.BALL:
        if "presets" in cells:
            raise Wrong("presets", "固定摄像头没有预置位", "a fixed camera has no presets")
        if before is not None and before.kind is CameraKind.FIXED:
            return before.views
        return (View(MAIN_VIEW, cells.get("name_zh", ""), cells.get("name_en", "")),)
    if "presets" not in cells:
        if before is not None and before.kind is CameraKind.BALL:
            return before.views
        raise Wrong("presets", "球机须有预置位", "a ball camera needs presets")
    views: dict[str, View] = {}
    for part in re.split(r"[;；]", cells["presets"]):
        token, _, name = (text.strip() for text in part.partition("="))
        if token:
            view_id = re.sub(r"[^a-z0-9]+", "-", token.lower()).strip("-") or f"p-{len(views) + 1}"
            views.setdefault(view_id, View(view_id, name or token, name or token, token))
    return tuple(views.values())


def _ptz_url(cells: Mapping[str, str], before: Camera | None, kind: CameraKind | None) -> str:
    if kind is not CameraKind.BALL:
        return ""
    try:
        url, _ = split_login(cells.get("onvif_url") or (before.ptz_url if before else "") or "")
    except ValueError:
        url = ""
    if not url.startswith(("http://", "https://")):
        raise Wrong("onvif_url", "球机须有 http:// ONVIF 地址", "a ball camera needs http://…")
    return url


def _login(cells: Mapping[str, str], in_url: Login | None) -> Login | None:
    user, password = cells.get("username"), cells.get("password")
    if user is None and password is None:
        return in_url
    if user is None or password is None:
        raise Wrong(
            "username" if user is None else "password",
            "用户名和密码须同时填写", "user name and password stand together",
        )  # fmt: skip
    return user, password


def _number(cells: Mapping[str, str], name: str, low: float, high: float) -> float | None:
    text = cells.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise Wrong(
            name, f"须为 {low:g} 到 {high:g} 的数", f"must be a number in {low:g}..{high:g}"
        )
    return value


def _short(cells: Mapping[str, str], name: str, before: Camera | None) -> str:
    return cells.get(name, getattr(before, name) if before else "")[:60]
