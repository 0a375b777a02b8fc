"""Ground truth of a plan: boxes, events, zones. Geometry only; no picture is looked at."""

from collections.abc import Iterable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from yitong_command.demo.scenegen.camera import NEAREST_M, Camera, area, box_around, clipped
from yitong_command.demo.scenegen.covers import RING_M
from yitong_command.demo.scenegen.jobs import states_at
from yitong_command.demo.scenegen.mesh import Part, Points, place_points
from yitong_command.demo.scenegen.motion import Drive, stop_interval
from yitong_command.demo.scenegen.patches import SMALLEST_PX, points_of
from yitong_command.demo.scenegen.plan import Cover, Plan, Seen, model_parts, model_points, present
from yitong_command.demo.scenegen.world import standing

Mask = NDArray[np.bool_]
Box = tuple[float, float, float, float]
CROP_FACTOR = 3.0
"""Side of the square around a cover that a detector should look at, in widths of the cover."""
BRIEF_STOP_S = 8.0
"""A vehicle that stands no longer than this is not left standing."""
HIDING = ("tree", "lamp", "parked")
"""Names of standing things that can hide a mover begin with these."""


def silhouette(camera: Camera, parts: Iterable[Part]) -> Mask:
    """Pixels that parts (standing in the world) cover, shape ``(height, width)``."""
    width, height = camera.size_wh
    canvas = np.zeros((height, width), dtype=np.uint8)
    for one in parts:
        pixels, depth = camera.see(one.vertices)
        whole = np.round(np.clip(pixels, -4000, 4000)).astype(np.int32)
        for sides in {len(face) for face in one.faces}:
            faces = np.array([face for face in one.faces if len(face) == sides])
            corners = whole[faces]
            low, high = corners.min(axis=1), corners.max(axis=1)
            shows = (high >= 0).all(axis=1) & (low < (width, height)).all(axis=1)
            for polygon in corners[shows & (depth[faces].min(axis=1) > NEAREST_M)]:
                cv2.fillConvexPoly(canvas, polygon, 1)
    return canvas.astype(bool)


def hiders(plan: Plan) -> list[tuple[float, Mask]]:
    """Distance and pixels of standing things that can hide a mover."""
    found = []
    for name, parts in standing(plan).items():
        if name.startswith(HIDING):
            middle = np.vstack([p.vertices for p in parts]).mean(axis=0)
            _, depth = plan.camera.see(middle[None])
            found.append((float(depth[0]), silhouette(plan.camera, parts)))
    return found


def _rounded(values: Sequence[float], digits: int = 1) -> list[float]:
    return [round(float(v), digits) for v in values]


def _object(plan: Plan, seen: Seen, visible: float, full: Box, t: float) -> dict[str, Any]:
    cut = clipped(full, plan.camera.size_wh)
    pixel, _ = plan.camera.see(np.asarray([seen.pose.at]))
    return {
        "id": seen.mover.mover_id,
        "cls": seen.mover.label,
        "model": seen.mover.kind,
        "box": _rounded(cut),
        "in_frame": round(area(cut) / area(full), 3),
        "visible": round(visible, 3),
        "ground_px": _rounded(pixel[0]),
        "world": _rounded(seen.pose.at[:2], 2),
        "heading_deg": round(seen.pose.heading_deg, 1),
        "speed_mps": round(seen.pose.speed_mps, 2),
        "stopped": _stands(seen, t),
    }


def _stands(seen: Seen, t: float) -> bool:
    path = seen.mover.path
    still = stop_interval(path) if isinstance(path, Drive) else None
    return still is not None and still[0] <= t < still[1]


def _visible(own: Mask, nearer: Sequence[Mask]) -> float:
    total = int(own.sum())
    if not total:
        return 0.0
    hidden = np.zeros_like(own)
    for other in nearer:
        hidden |= other
    return float(1 - (own & hidden).sum() / total)


def cover_box(plan: Plan, one: Cover) -> Box:
    """Box of a cover's ring in the picture, pixels ``xyxy``, clipped."""
    return clipped(box_around(plan.camera.see(_ring(one))[0]), plan.camera.size_wh)


def _ring(one: Cover) -> Points:
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    flat = np.stack([RING_M * np.cos(turn), RING_M * np.sin(turn), np.zeros(64)], axis=1)
    return place_points(flat, (*one.at, 0.0), 0.0)


def _cover_mask(plan: Plan, one: Cover) -> Mask:
    ring = Part(_ring(one), (tuple(range(64)),), ("iron",))
    return silhouette(plan.camera, [ring])


def frame_truth(
    plan: Plan, i: int, standing_hiders: Sequence[tuple[float, Mask]]
) -> dict[str, Any]:
    """Ground truth of frame ``i``: objects and covers."""
    t = i / plan.fps
    shown = []
    for seen in present(plan, t):
        pixels, depth = plan.camera.see(points_of(seen))
        if depth.min() < 0.5:
            continue
        full = box_around(pixels)
        if area(clipped(full, plan.camera.size_wh)) < SMALLEST_PX:
            continue
        parts = model_points(seen.model, seen.pose.at, seen.pose.heading_deg)
        shown.append((float(depth.mean()), seen, full, silhouette(plan.camera, parts)))
    objects = []
    for depth_m, seen, full, own in shown:
        nearer = [m for d, m in standing_hiders if d < depth_m]
        nearer += [m for d, other, _, m in shown if other is not seen and d < depth_m]
        objects.append(_object(plan, seen, _visible(own, nearer), full, t))
    states = states_at(plan, t)
    manholes = [
        {
            "id": one.cover_id,
            "state": states[one.cover_id],
            "box": _rounded(cover_box(plan, one)),
            "covered_by": round(1 - _visible(_cover_mask(plan, one), [m for *_, m in shown]), 3),
        }
        for one in plan.covers
    ]
    return {"i": i, "t": round(t, 3), "objects": objects, "manholes": manholes}


def events(plan: Plan) -> list[dict[str, Any]]:
    """Facts of the clip as ``[t0, t1)`` seconds: vehicles left standing, states of covers."""
    found = [one for one in _stops(plan) if one["t1"] - one["t0"] > BRIEF_STOP_S]
    for one in plan.covers:
        ends = [since for since, _ in one.states[1:]] + [float(plan.length_s)]
        for (since, state), end in zip(one.states, ends, strict=True):
            found.append({**_event("manhole_state", one.cover_id, since, end), "state": state})
    return found


def brief_stops(plan: Plan) -> list[dict[str, Any]]:
    """Stops too short to be a fact: nothing may alarm for them."""
    return [one for one in _stops(plan) if one["t1"] - one["t0"] <= BRIEF_STOP_S]


def _stops(plan: Plan) -> list[dict[str, Any]]:
    found = []
    for mover in plan.movers:
        still = stop_interval(mover.path) if isinstance(mover.path, Drive) else None
        if still is not None:
            t1 = min(still[1], plan.length_s)
            found.append(_event("vehicle_stopped", mover.mover_id, still[0], t1))
    return found


def _event(kind: str, thing: str, t0: float, t1: float) -> dict[str, Any]:
    return {"type": kind, "object": thing, "t0": round(t0, 3), "t1": round(t1, 3)}


def _share(values: Sequence[float], size_wh: tuple[int, int]) -> list[float]:
    return [round(min(max(float(v) / size_wh[i % 2], 0.0), 1.0), 5) for i, v in enumerate(values)]


def zones(plan: Plan) -> list[dict[str, Any]]:
    """Areas to watch, in [0, 1] of the picture: the no-parking polygon (if it shows) and covers."""
    size = plan.camera.size_wh
    found: list[dict[str, Any]] = []
    corners = zone_px(plan)
    if (corners.min(axis=0) >= 0).all() and (corners.max(axis=0) <= np.asarray(size)).all():
        polygon = [_share(corner, size) for corner in corners]
        found.append({"id": "no_parking_1", "kind": "no_parking", "polygon": polygon})
    for one in plan.covers:
        box = cover_box(plan, one)
        half = max(box[2] - box[0], box[3] - box[1]) * CROP_FACTOR / 2
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        crop = clipped((x - half, y - half, x + half, y + half), size)
        found.append(
            {
                "id": one.cover_id,
                "kind": "cover",
                "box": _share(box, size),
                "crop": _share(crop, size),
            }
        )
    return found


def zone_px(plan: Plan) -> Points:
    """Corners of the no-parking area in pixels, shape ``(4, 2)``."""
    return plan.camera.see(np.asarray([(*corner, 0.0) for corner in plan.zone]))[0]


def statics(plan: Plan) -> list[dict[str, Any]]:
    """Vehicles that stand legally: boxes in pixels."""
    found = []
    for one in plan.statics:
        corners = np.vstack([p.vertices for p in model_parts(f"{one.kind}/{one.look}")])
        pixels, depth = plan.camera.see(place_points(corners, one.at, one.heading_deg))
        full = box_around(pixels)
        cut = clipped(full, plan.camera.size_wh)
        if depth.min() > 0.5 and area(cut) >= SMALLEST_PX:
            label = one.kind if one.kind in ("bus", "truck") else "car"
            share = round(area(cut) / area(full), 3)
            found.append(
                {"id": one.static_id, "cls": label, "box": _rounded(cut), "in_frame": share}
            )
    return found


def ground_truth(plan: Plan, clip: str) -> dict[str, Any]:
    """The whole ground truth of a clip, ``scene-gt/1``.

    Args:
        plan: The scene.
        clip: File name of the clip.
    """
    hiding = hiders(plan)
    width, height = plan.camera.size_wh
    return {
        "format": "scene-gt/1",
        "clip": clip,
        "scene": plan.name,
        "seed": plan.seed,
        "weather": plan.weather,
        "light": plan.light,
        "width": width,
        "height": height,
        "fps": plan.fps,
        "frame_count": plan.frame_count,
        "camera": {
            "pos": list(plan.camera.position),
            "fov_deg": plan.camera.fov_deg,
            "target": list(plan.camera.target),
        },
        "zone_world": [list(corner) for corner in plan.zone],
        "zone_px": [_rounded(corner) for corner in zone_px(plan)],
        "zones": zones(plan),
        "statics": statics(plan),
        "quiet_segment": list(plan.quiet) if plan.quiet else None,
        "after_segment": list(plan.after) if plan.after else None,
        "events": events(plan),
        "brief_stops": brief_stops(plan),
        "frames": [frame_truth(plan, i, hiding) for i in range(plan.frame_count)],
    }
