"""What `yitong watch` is asked to do, from words on the command line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from yitong_command.domain.camera import MAIN_VIEW, Zone
from yitong_command.domain.geometry import Point, Polygon, polygon_problem
from yitong_command.domain.incident import IncidentKind
from yitong_command.errors import ConfigError
from yitong_command.rules import RULES

UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
COMMAND = "yitong watch"
LONGEST_RECHECK_S = 5.0


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """Words of the command line.

    Attributes:
        source: File, stream address or number of a local camera.
        zones: Polygons ``"x,y x,y x,y"`` in [0, 1]; none means that only detections are printed.
        kind: Any incident kind, for example ``illegal_parking`` or ``manhole_cover``.
        dwell: How long a vehicle must stand, or a cover must look wrong: ``5s``, ``10m``.
        every: Time between two looks.
        json: JSON lines instead of lines for people.
        detections: Print every look too.
        show_evidence: Folder for evidence pictures, or None.
        models_dir: Folder of the model registry.
    """

    source: str
    models_dir: Path
    zones: tuple[str, ...] = ()
    kind: str = IncidentKind.ILLEGAL_PARKING.value
    dwell: str = "10m"
    every: str = "1s"
    json: bool = False
    detections: bool = False
    show_evidence: Path | None = None


def duration_s(text: str, option: str, command: str = COMMAND) -> float:
    """Seconds of a duration such as ``500ms``, ``5s``, ``10m`` or ``1.5h``.

    Args:
        text: The words.
        option: Where they were written, for the message.
        command: Of which command.

    Raises:
        ConfigError: If it is no duration, or not above zero and under 30 days.
    """
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|h|)", text.strip())
    if found is None:
        raise ConfigError(
            command, option, f"不是时长 / not a duration: {text!r}; for example 5s, 10m"
        )
    value_s = float(found[1]) * UNITS[found[2]]
    if not 0 < value_s <= 30 * 86400:
        raise ConfigError(command, option, f"须大于0且不超过30天 / must be above 0: {text!r}")
    return value_s


def parse_polygon(text: str) -> Polygon:
    """The polygon of ``"0.1,0.5 0.9,0.5 0.5,0.9"``.

    Raises:
        ConfigError: If it is not at least three corners in [0, 1] around some area.
    """
    corners: list[Point] = []
    for word in text.replace(";", " ").split():
        try:
            x, y = (float(number) for number in word.split(","))
        except ValueError as exc:
            raise ConfigError(
                COMMAND, "--zone", f"不是坐标 / not a corner x,y: {word!r} in {text!r}"
            ) from exc
        corners.append(Point(x, y))
    problem = polygon_problem(tuple(corners))
    if problem:
        raise ConfigError(COMMAND, "--zone", f"{text!r}: {problem}")
    return tuple(corners)


def make_zones(options: WatchOptions) -> tuple[Zone, ...]:
    """The zones to watch, with settings from the command line.

    Raises:
        ConfigError: Naming the option that is wrong.
    """
    if options.kind not in RULES:
        raise ConfigError(COMMAND, "--kind", f"{options.kind!r}; {', '.join(RULES)}")
    kind = IncidentKind(options.kind)
    dwell_s = duration_s(options.dwell, "--dwell")
    if kind is IncidentKind.MANHOLE_COVER:
        settings = {"agree_s": dwell_s}
    else:
        recheck_s = min(dwell_s / 2, LONGEST_RECHECK_S)
        forgiven_s = min(RULES[kind].configure((), {}).miss_s, dwell_s / 2)
        settings = {"dwell_s": dwell_s, "recheck_s": recheck_s, "clear_after_s": recheck_s,
                    "miss_s": forgiven_s}  # fmt: skip
    return tuple(
        Zone(
            f"zone-{number}",
            "source",
            MAIN_VIEW,
            kind,
            RULES[kind].category,
            parse_polygon(text),
            settings=settings,
        )  # fmt: skip
        for number, text in enumerate(options.zones, 1)
    )
