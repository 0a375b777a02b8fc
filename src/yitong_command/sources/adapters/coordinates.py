"""Places from whatever coordinate system a partner uses to CGCS2000, by PROJ.

WGS-84 and CGCS2000, in degrees or projected (Gauss-Krueger of CGCS2000), are converted. GCJ-02 and
BD-09 are not: PROJ has no such system and no well-kept library inverts them, so a report in them is
refused with that reason. Taken as they are they would lie 300 to 600 metres off.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from yitong_command.domain.geometry import Place
from yitong_command.sources.adapters.base import Wrong

OURS = "EPSG:4490"
CHINA = (73.0, 136.0, 3.0, 54.0)
"""West, east, south, north, degrees."""
_GEOGRAPHIC = {
    "cgcs2000": OURS, "国家2000": OURS, "2000": OURS, "epsg4490": OURS,
    "wgs84": "EPSG:4326", "epsg4326": "EPSG:4326",
}  # fmt: skip
_SHIFTED = re.compile(r"gcj|火星|国测局|高德|腾讯|amap|bd-?09|百度|baidu")
_GAUSS_KRUEGER = range(4491, 4555)


def to_place(x: float, y: float, crs: str, name: str, crs_name: str = "crs") -> Place:
    """A place in CGCS2000.

    Args:
        x: Longitude in degrees, or easting in metres.
        y: Latitude in degrees, or northing in metres.
        crs: System of the numbers, as the partner calls it.
        name: The partner's name of the field, for the refusal.
        crs_name: The partner's name of the field with the system.

    Raises:
        Wrong: If the system is unknown or shifted, or the place is not in China.
    """
    try:
        lon, lat = _transformer(_system(crs, crs_name)).transform(x, y, errcheck=True)
    except ProjError as exc:
        raise Wrong(name, "坐标无法换算", f"can't be converted from {crs}") from exc
    west, east, south, north = CHINA
    if not (west <= lon <= east and south <= lat <= north):
        raise Wrong(
            name,
            "坐标不在中国境内, 经纬度可能写反",
            "not in China; longitude and latitude swapped?",
        )
    return Place(round(lon, 7), round(lat, 7))


def _system(crs: str, name: str) -> str:
    word = re.sub(r"[\s_\-:]", "", crs).casefold()
    if _SHIFTED.search(word):
        raise Wrong(
            name,
            "不接收 GCJ-02、BD-09 偏移坐标(没有可靠的换算库), 请给 CGCS2000 或 WGS-84",
            "shifted coordinates (GCJ-02, BD-09) are not taken: give CGCS2000 or WGS-84",
            "crs_refused",
        )
    if word in _GEOGRAPHIC:
        return _GEOGRAPHIC[word]
    code = word.removeprefix("epsg")
    if code.isascii() and code.isdecimal() and len(code) == 4 and int(code) in _GAUSS_KRUEGER:
        return f"EPSG:{code}"
    raise Wrong(
        name,
        "请写明坐标系: CGCS2000、WGS84 或 EPSG:4491..4554",
        "name the coordinate system: CGCS2000, WGS84 or EPSG:4491..4554",
        "crs_missing" if not word else "crs_refused",
    )


@lru_cache(maxsize=80)
def _transformer(system: str) -> Transformer:
    return Transformer.from_crs(CRS(system), CRS(OURS), always_xy=True)
