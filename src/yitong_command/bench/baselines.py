"""The two baselines of the camera benchmark, over the same cameras in the same run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yitong_command.bench.figures import ratio, significant
from yitong_command.bench.machine import Say
from yitong_command.bench.processes import ChildFailed, child, module, result_of
from yitong_command.bench.site import CameraOptions, Site
from yitong_command.demo.farm.clip import load_clip
from yitong_command.ingest.eyes import SUB_MODEL, SUB_STREAM_PX

NAIVE_CAMERAS = 4
NAIVE_S, FLOOR_S = 12.0, 20.0
STARTING_S = 120.0
NOT_DECODED = ("moving", "decoder_busy", "clock_set_back")
SKIPPED = {"reason": "--no-baseline"}
NO_BASELINES: Mapping[str, Any] = {
    "ratio_naive": None, "ratio_naive_same_looks": None, "ratio_floor": None,
    "naive_engine": None, "naive": SKIPPED, "naive_openvino": SKIPPED, "floor": SKIPPED,
}  # fmt: skip


def baselines(
    options: CameraOptions, site: Site, ours: Mapping[str, Any], say: Say
) -> dict[str, Any]:
    """Measure both; one that can't be run is null, with the reason.

    Args:
        options: What is measured.
        site: The running county.
        ours: Figures of our worker.
        say: Told about progress.
    """
    mine_ms, asked_ms = ours["cpu_ms_per_camera_s"], ours["cpu_ms_per_camera_s_as_asked"]
    low = _floor(options, site, ours, say)
    high = _naive(options, site, say, own=False)
    own = _naive(options, site, say, own=True)
    if "cpu_ms_per_camera_s" not in high:  # without ultralytics: the same loop, our weights
        reason, high = high.get("reason"), own | {"no_ultralytics": high.get("reason")}
        say(f"  没有 ultralytics / no ultralytics: {reason}")
    for one in (high, own):
        one["ratio"] = ratio(one.get("cpu_ms_per_camera_s"), asked_ms)
        one["ratio_same_looks"] = ratio(one.get("cpu_ms_per_camera_s_same_looks"), asked_ms)
    return {
        "ratio_naive": high["ratio"],
        "ratio_naive_same_looks": high["ratio_same_looks"],
        "ratio_floor": ratio(mine_ms, low.get("cpu_ms_per_camera_s")),
        "naive_engine": high.get("engine"),
        "naive": high,
        "naive_openvino": own,
        "floor": low,
    }


def _floor(options: CameraOptions, site: Site, ours: Mapping[str, Any], say: Say) -> dict[str, Any]:
    """The bare work, looking as often as our worker really did."""
    for_s = min(options.for_s, FLOOR_S)
    say(f"基准: 仅必要工作 / baseline: the bare work, {for_s:.0f} s ...")
    every_s = ours["wall_s"] * options.cameras / max(1, ours["looks"])
    out = site.folder / "floor.json"
    job = {"every_s": every_s, "for_s": for_s, "out": str(out)}
    try:
        with child("floor", module("floor", job), site.env, site.folder) as process:
            done = result_of(process, out, for_s + STARTING_S)
    except ChildFailed as exc:
        return {"reason": str(exc)}
    if not done["looks"] or not done["cameras"]:
        return {"reason": "没有画面 / no pictures", **done}
    return {**floor_figures(done, ours, options.cameras), "for_s": for_s}


def floor_figures(done: Mapping[str, Any], ours: Mapping[str, Any], cameras: int) -> dict[str, Any]:
    """What the bare work would have cost for just the looks and detections our worker made.

    On a busy machine the loop gets fewer turns than the worker's threads, and other things happen
    on the street meanwhile; so its costs are taken apart and put together at the worker's rates.

    Args:
        done: CPU seconds and counts of the loop.
        ours: Figures of our worker.
        cameras: How many both watched.
    """
    watched_s = ours["wall_s"] * cameras
    results = ours["looks_by_result"]
    analysed = results.get("analysed", 0)
    decoded = sum(results.values()) - sum(results.get(name, 0) for name in NOT_DECODED)
    receive_ms = done["receive_cpu_s"] / done["wall_s"] / done["cameras"] * 1000
    look_ms = done["look_cpu_s"] / done["looks"] * 1000
    see_ms = done["see_cpu_s"] / done["analysed"] * 1000 if done["analysed"] else 0.0
    total_ms = receive_ms + (look_ms * decoded + see_ms * analysed) / watched_s
    return {
        "cpu_ms_per_camera_s": significant(total_ms, 4),
        "receive_ms_per_camera_s": significant(receive_ms),
        "decode_and_gate_ms_per_look": significant(look_ms),
        "detect_ms_per_picture": significant(see_ms),
        "looks": done["looks"],
        "analysed": done["analysed"],
    }


def _naive(options: CameraOptions, site: Site, say: Say, *, own: bool) -> dict[str, Any]:
    """The obvious way; its reader can hang for ever, so its process has a time limit.

    Args:
        options: What is measured.
        site: The running county.
        say: Told about progress.
        own: Whether it detects with our own weights instead of ultralytics.
    """
    for_s = min(options.for_s, NAIVE_S)
    names = list(site.county.clips)[:NAIVE_CAMERAS]
    what = "openvino" if own else "ultralytics"
    say(f"基准: 常见写法 / baseline: the obvious way with {what}, {len(names)} cameras ...")
    fps = load_clip(site.clips_dir / f"{site.county.clips[names[0]]}.mp4").fps
    out = site.folder / f"naive-{what}.json"
    job = {
        "urls": [f"{site.env['YITONG_RTSP_BASE']}/{name}" for name in names],
        "for_s": for_s,
        "every_frames": options.naive_every,
        "fps": fps,
        "weights": str(options.naive_weights) if options.naive_weights else None,
        "models": site.env["YITONG_MODELS"] if own else None,
        "model": SUB_MODEL if _is_sub(options) else "vehicles",
        "out": str(out),
    }
    python = str(options.naive_python) if options.naive_python and not own else None
    env = {
        "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp",
        "YOLO_CONFIG_DIR": str(site.folder),
    }
    try:
        with child("naive", module("naive", job, python), env, site.folder) as process:
            done = result_of(process, out, for_s + STARTING_S)
    except (ChildFailed, OSError) as exc:
        return {"reason": str(exc)}
    if not done["camera_s"]:
        return {"reason": "没有画面 / no pictures", **done}
    return _naive_figures(done, options, fps)


def _naive_figures(done: Mapping[str, Any], options: CameraOptions, fps: float) -> dict[str, Any]:
    camera_s, detect_s = done["camera_s"], done["detect_cpu_s"]
    decoding_s = max(0.0, done["cpu_s"] - done["detections"] * detect_s)
    total_ms = _per_camera_s(done["cpu_s"], camera_s)
    return {
        "engine": done["engine"],
        "every_frames": options.naive_every,
        "look_interval_s": round(options.naive_every / fps, 3),
        "cameras": done["cameras"],
        "cpu_ms_per_camera_s": total_ms,
        "cameras_per_core": significant(1000 / total_ms),
        "cpu_ms_per_detection": significant(detect_s * 1000, 4),
        "cpu_ms_per_camera_s_same_looks": _per_camera_s(
            decoding_s + detect_s * camera_s / options.every_s, camera_s
        ),
    }


def _is_sub(options: CameraOptions) -> bool:
    return options.stream is not None and options.stream.width <= SUB_STREAM_PX


def _per_camera_s(cpu_s: float, camera_s: float) -> float:
    """CPU milliseconds per second of one camera."""
    return significant(cpu_s / camera_s * 1000, 4)
