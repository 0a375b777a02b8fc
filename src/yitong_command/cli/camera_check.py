"""`yitong cameras check`: what was found of each camera, in words a person can act on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from yitong_command.domain.camera import Camera
from yitong_command.domain.frame import Pixels
from yitong_command.errors import ConfigError
from yitong_command.sources.probe_stream import StreamCheck
from yitong_command.vision.blur import blur_private
from yitong_command.vision.detector import Detector

SMALL_HEIGHT = 480
SLOW_KEYFRAMES_S = 4.0
FAR_CLOCK_S = 5.0
CELL = (480, 270)
COLUMNS = 4

Advice = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A camera with what was found and what to do about it.

    Attributes:
        camera: The camera.
        check: What its stream turned out to be.
        advice: What a person should do or know, Chinese and English; none if all is well.
    """

    camera: Camera
    check: StreamCheck
    advice: tuple[Advice, ...]

    @property
    def level(self) -> str:
        """good, warn or bad."""
        if not self.check.reachable:
            return "bad"
        return "warn" if self.advice else "good"


def judge(camera: Camera, check: StreamCheck) -> Verdict:
    """What a check means for watching this camera."""
    if not check.reachable:
        return Verdict(camera, check, (check.reason,))
    advice: list[Advice] = []
    gop = check.keyframe_interval_s
    if gop is None:
        advice.append(
            ("关键帧太少, 未测出间隔: 请把 I 帧间隔设为 2 秒",
             "too few keyframes to tell their interval: set the I-frame interval to 2 s")
        )  # fmt: skip
    elif gop > max(SLOW_KEYFRAMES_S, camera.look_interval_s * 1.5):
        advice.append(
            (f"I 帧间隔 {gop:.0f} 秒, 只能每 {gop:.0f} 秒看一次: 请设为 2 秒, 关闭智能编码",
             f"GOP {gop:.0f} s: can be looked at only every {gop:.0f} s; set 2 s, no smart codec")
        )  # fmt: skip
    if check.height < SMALL_HEIGHT:
        advice.append(
            (f"画面仅 {check.width}×{check.height}, 远处看不清: 请换分辨率更高的码流",
             f"only {check.width}x{check.height}, too small for what is far: take a larger stream")
        )  # fmt: skip
    offset = check.clock_offset_s
    if offset is not None and abs(offset) > FAR_CLOCK_S:
        side = ("快", "ahead") if offset > 0 else ("慢", "behind")
        advice.append(
            (f"摄像头时钟{side[0]} {abs(offset):.0f} 秒, 水印时间会与证据不符: 请配置 NTP",
             f"clock {abs(offset):.0f} s {side[1]}; its own caption will not match: set up NTP")
        )  # fmt: skip
    return Verdict(camera, check, tuple(advice))


def show(console: Console, verdicts: Sequence[Verdict]) -> None:
    """A table of all cameras, the troubled ones first."""
    table = Table(title="摄像头检查 / camera check", title_justify="left")
    for title in (
        "摄像头 / camera",
        "画面 / picture",
        "I帧 / GOP",
        "时钟 / clock",
        "说明 / advice",
    ):
        table.add_column(title, overflow="fold")
    order = {"bad": 0, "warn": 1, "good": 2}
    marks = {"bad": "[red]✗[/]", "warn": "[yellow]![/]", "good": "[green]✓[/]"}
    for verdict in sorted(verdicts, key=lambda v: (order[v.level], v.camera.camera_id)):
        check = verdict.check
        fps = f" {check.fps:g} fps" if check.fps else ""
        picture = f"{check.codec} {check.width}×{check.height}{fps}" if check.reachable else "-"
        gop = "-" if check.keyframe_interval_s is None else f"{check.keyframe_interval_s:.1f} s"
        clock = "-" if check.clock_offset_s is None else f"{check.clock_offset_s:+.1f} s"
        words = "\n".join(f"{zh} / {en}" for zh, en in verdict.advice) or "正常 / good"
        head = f"{marks[verdict.level]} {verdict.camera.camera_id} {verdict.camera.name_zh}"
        table.add_row(head, picture, gop, clock, words.replace("[", r"\["))
    console.print(table)
    counts = {level: sum(v.level == level for v in verdicts) for level in order}
    console.print(
        f"正常 good {counts['good']}, 可看但须调整 watchable {counts['warn']}, "
        f"看不到 unreachable {counts['bad']}",
        highlight=False,
    )


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict for programs; no address, no login."""
    check = verdict.check
    return {
        "camera_id": verdict.camera.camera_id,
        "level": verdict.level,
        "reachable": check.reachable,
        "codec": check.codec,
        "width": check.width,
        "height": check.height,
        "fps": check.fps,
        "keyframe_interval_s": check.keyframe_interval_s,
        "clock_offset_s": check.clock_offset_s,
        "first_picture_s": check.first_picture_s,
        "advice": [{"zh": zh, "en": en} for zh, en in verdict.advice],
    }


def contact_sheet(verdicts: Sequence[Verdict], detector: Detector) -> Pixels:
    """All pictures on one sheet under their cameras' ids, persons and plates masked.

    Args:
        verdicts: Cameras without a picture get an empty cell.
        detector: Finds persons and vehicles.

    Raises:
        DetectorFailed: If it can't; then nothing may be shown.
    """
    rows = max(1, math.ceil(len(verdicts) / COLUMNS))
    width, height = CELL
    caption = 26
    sheet = np.full((rows * (height + caption), COLUMNS * width, 3), 24, np.uint8)
    for index, verdict in enumerate(verdicts):
        top, left = index // COLUMNS * (height + caption), index % COLUMNS * width
        pixels = verdict.check.pixels
        if pixels is not None:
            [found] = detector.detect([pixels])
            masked = blur_private(pixels, found)
            cell = cv2.resize(masked, CELL, interpolation=cv2.INTER_AREA)
            sheet[top + caption : top + caption + height, left : left + width] = cell
        text = verdict.camera.camera_id + ("" if pixels is not None else "  -")
        place = (left + 6, top + 18)
        cv2.putText(sheet, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55, (230, 230, 230), 1)
    return sheet


def write_sheet(path: Path, sheet: Pixels) -> None:
    """Write the sheet as JPEG.

    Raises:
        ConfigError: If it can't be written.
    """
    _, jpeg = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])
    try:
        path.write_bytes(jpeg.tobytes())
    except OSError as exc:
        raise ConfigError(str(path), "", f"写不了 / can't be written: {exc.strerror}") from exc
