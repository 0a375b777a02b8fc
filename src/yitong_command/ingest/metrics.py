"""Prometheus metrics of the ingest part."""

from __future__ import annotations

from prometheus_client import REGISTRY, Counter, Gauge, Histogram

from yitong_command.ingest.thread_cpu import ThreadCpu

REGISTRY.register(ThreadCpu())

LOOKS = Counter("yitong_ingest_looks_total", "Looks, by what became of them", ["result"])
LOOK_LAG_S = Histogram(
    "yitong_ingest_look_lag_seconds",
    "From a look's turn to its result",
    buckets=(0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
SKIPPED = Gauge("yitong_ingest_looks_skipped_total", "Looks left out because of load")
STRETCH = Gauge(
    "yitong_ingest_look_stretch_ratio", "By what factor look intervals are lengthened by load"
)
STRETCH.set(1.0)
DROPPED = Gauge("yitong_ingest_keyframes_dropped_total", "Keyframes replaced by a newer one")
DETECT_S = Histogram(
    "yitong_ingest_detect_seconds",
    "Detector time per picture, all models",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
BATCH = Histogram(
    "yitong_ingest_detect_batch_pictures", "Pictures seen together", buckets=(1, 2, 4, 8)
)
INCIDENTS = Counter("yitong_ingest_incidents_total", "Incidents reported", ["kind", "change"])
EVIDENCE_FAILED = Counter(
    "yitong_ingest_evidence_failed_total", "Incidents that went without their picture"
)
SPOOL_DEPTH = Gauge("yitong_ingest_spool_depth_messages", "Incidents the broker has not yet")
SPOOL_AGE_S = Gauge("yitong_ingest_spool_age_seconds", "Age of the oldest of them")
CAMERAS = Gauge("yitong_ingest_cameras_count", "Cameras by state", ["state"])
SUPERVISED = Counter(
    "yitong_ingest_failures_total", "Unexpected failures the supervisor caught", ["task"]
)
STATES_PUBLISHED = Counter(
    "yitong_ingest_states_published_total", "Memories of cameras published for successors"
)
PARTITIONS = Gauge("yitong_ingest_partitions_count", "Partitions of cameras that this worker has")
REFUSED = Gauge("yitong_ingest_cameras_refused_count", "Cameras whose newest record is refused")
TAKE_OVER_S = Histogram(
    "yitong_ingest_take_over_seconds",
    "From being given partitions to watching their cameras",
    buckets=(0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
