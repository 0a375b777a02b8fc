"""Evidence: the picture that proves an incident, masked before it touches the disk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import cv2
import numpy as np

from yitong_command.domain.camera import Camera, Zone
from yitong_command.domain.frame import Pixels
from yitong_command.domain.incident import EvidenceRef, Incident, RuleChange, incident_id
from yitong_command.domain.observation import Detection
from yitong_command.storage.evidence import EvidenceStore
from yitong_command.vision.blur import blur_private

SOURCE = "camera_ai"
JPEG_QUALITY = 85
LONGEST_REASON = 400


def masked_jpeg(
    pixels: Pixels, detections: Sequence[Detection], width: int | None = None
) -> tuple[bytes, int, int]:
    """A picture as JPEG with persons and plates made unrecognisable, and its width and height.

    Args:
        pixels: The picture, BGR; not changed.
        detections: Vehicles and persons in it.
        width: Shrink it to this width, pixels; never enlarged.
    """
    masked = blur_private(pixels, detections)
    height_px, width_px = masked.shape[:2]
    if width is not None and width < width_px:
        height_px, width_px = max(1, round(height_px * width / width_px)), width
        small = cv2.resize(masked, (width_px, height_px), interpolation=cv2.INTER_AREA)
        masked = np.asarray(small, np.uint8)
    _, jpeg = cv2.imencode(".jpg", masked, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return jpeg.tobytes(), width_px, height_px


def capture(
    store: EvidenceStore,
    pixels: Pixels,
    detections: Sequence[Detection],
    source_sha256: str,
    captured_at: datetime,
) -> EvidenceRef:
    """Store a masked picture; nothing is drawn on it.

    Args:
        store: Where.
        pixels: The picture.
        detections: Vehicles and persons in it.
        source_sha256: Hash of the keyframe as it was received.
        captured_at: When it was taken.

    Raises:
        OSError: If the disk is full or can't be written.
    """
    jpeg, width, height = masked_jpeg(pixels, detections)
    return EvidenceRef(store.put(jpeg), source_sha256, captured_at, width, height)


def make_incident(
    camera: Camera, zone: Zone, change: RuleChange, evidence: tuple[EvidenceRef, ...], note: str
) -> Incident:
    """The incident that leaves the worker.

    Args:
        camera: The camera that saw it.
        zone: The zone whose rule spoke.
        change: What the rule said.
        evidence: Its pictures; may be empty if none could be stored.
        note: Why not, for both languages, else "".
    """
    return Incident(
        incident_id=incident_id(zone.kind, zone.subject, change.began_at),
        change=change.change,
        kind=zone.kind,
        category=zone.category,
        source=SOURCE,
        subject=zone.subject,
        camera_id=camera.camera_id,
        view_id=zone.view_id,
        zone_id=zone.zone_id,
        place=camera.place,
        began_at=change.began_at,
        changed_at=change.at,
        state=change.state,
        score=change.score,
        box=change.box,
        reason_zh=_joined("；", change.reason[0], note and f"证据图片未能保存: {note}"),
        reason_en=_joined("; ", change.reason[1], note and f"the picture was not stored: {note}"),
        evidence=evidence,
    )


def _joined(separator: str, *parts: str) -> str:
    return separator.join(filter(None, parts))[:LONGEST_REASON]
