"""What a user would write: a thread and a ``cv2.VideoCapture`` per camera, and a detector.

Stands alone, so that it can be run by another Python in which ultralytics is installed.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

SIZE_PX = 640
WARM_UP_S = 60.0
PROBES = 10
STOP_S = 2.0

Detect = Callable[[Any], object]


def main(job: dict[str, Any]) -> None:
    """Watch the cameras for a while and write down what that cost.

    Args:
        job: ``urls``, ``for_s``, ``every_frames`` (detect on every so many-th), ``fps`` of the
            cameras, ``weights`` or None, ``models`` of this installation and which ``model`` of
            them to use instead of ultralytics or None, and ``out``.
    """
    detect, engine = _detector(job)
    watchers = [_Watcher(url, int(job["every_frames"]), detect) for url in job["urls"]]
    for watcher in watchers:
        watcher.thread.start()
    end_s = time.monotonic() + WARM_UP_S
    while time.monotonic() < end_s and not all(watcher.detections for watcher in watchers):
        time.sleep(0.1)
    live = [watcher for watcher in watchers if watcher.detections]
    if not live:
        raise SystemExit("no camera delivered pictures")
    frames, detections = _totals(live)
    cpu_s, begun_s = time.process_time(), time.monotonic()
    time.sleep(float(job["for_s"]))
    cpu_s, wall_s = time.process_time() - cpu_s, time.monotonic() - begun_s
    frames_end, detections_end = _totals(live)
    camera_s = (frames_end - frames) / float(job["fps"])
    for watcher in watchers:
        watcher.stopping.set()
    for watcher in watchers:
        watcher.thread.join(STOP_S)  # one that hangs uses no CPU
    _hand_over(
        job["out"],
        {
            "engine": engine,
            "cameras": len(live),
            "cpu_s": cpu_s,
            "wall_s": wall_s,
            "frames": frames_end - frames,
            "detections": detections_end - detections,
            "camera_s": camera_s,
            "detect_cpu_s": _cost_of(detect, live[0].picture),
        },
    )
    os._exit(0)  # a hung read() must not hold the process


class _Watcher:
    """One camera."""

    def __init__(self, url: str, every_frames: int, detect: Detect) -> None:
        self.frames = 0
        self.detections = 0
        self.picture: Any = None
        self._url = url
        self._every = every_frames
        self._detect = detect
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        capture = cv2.VideoCapture(self._url, cv2.CAP_FFMPEG)
        while not self.stopping.is_set():
            ok, picture = capture.read()
            if not ok:
                time.sleep(0.5)
                capture = cv2.VideoCapture(self._url, cv2.CAP_FFMPEG)
                continue
            self.frames += 1
            self.picture = picture
            if self.frames % self._every == 0:
                self._detect(picture)
                self.detections += 1


def _totals(watchers: list[_Watcher]) -> tuple[int, int]:
    return sum(w.frames for w in watchers), sum(w.detections for w in watchers)


def _cost_of(detect: Detect, picture: Any) -> float:
    """CPU seconds of one detection."""
    cpu_s = time.process_time()
    for _ in range(PROBES):
        detect(picture)
    return (time.process_time() - cpu_s) / PROBES


def _detector(job: dict[str, Any]) -> tuple[Detect, str]:
    """What a user would call on every picture; a lock, because neither is made for many threads."""
    lock = threading.Lock()
    if job["models"]:
        registry = importlib.import_module("yitong_command.vision.registry")
        loaded = registry.load_registry(Path(job["models"]))
        spec = loaded.specs[job["model"]]
        own = loaded.detector(job["model"])

        def detect_own(picture: Any) -> object:
            with lock:
                return own.detect([picture])

        return detect_own, f"openvino int8 {spec.name} {spec.width_px}x{spec.height_px}"
    try:
        ultralytics = importlib.import_module("ultralytics")
    except (ImportError, RuntimeError) as exc:
        raise SystemExit(f"no ultralytics: {exc}") from exc
    model = ultralytics.YOLO(job["weights"] or "yolo11n.yaml")

    def detect(picture: Any) -> object:
        with lock:
            return model.predict(picture, imgsz=SIZE_PX, verbose=False, device="cpu")

    kind = "trained" if job["weights"] else "untrained weights, same work"
    return detect, f"ultralytics {ultralytics.__version__} yolo11n {SIZE_PX} ({kind})"


def _hand_over(path: str, result: dict[str, Any]) -> None:
    part = Path(path + ".part")
    part.write_text(json.dumps(result), encoding="utf-8")
    part.rename(path)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
