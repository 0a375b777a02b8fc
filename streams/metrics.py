"""What the route worker counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

INCIDENTS = Counter(
    "yitong_route_incidents_total", "incidents taken, by what became of them", ["result"]
)
REPORTS = Counter("yitong_route_reports_total", "reports taken, by what became of them", ["result"])
DEAD_LETTERS = Counter("yitong_route_dead_letters_total", "messages that could not be handled")
RETRIES = Counter("yitong_route_retries_total", "tries again after a failure", ["what"])
BATCH = Histogram(
    "yitong_route_batch_seconds",
    "time to store one batch of incidents",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
RELAYED = Counter("yitong_route_relayed_total", "outbox messages acknowledged by Kafka")
BACKLOG = Gauge("yitong_route_outbox_messages", "outbox messages not yet sent")
LEASE = Gauge("yitong_route_relay_lease_bool", "1 if this worker relays the outbox")
FAULTS = Counter("yitong_route_camera_faults_total", "changes of device faults", ["kind", "state"])
LEDGER_MISSING = Gauge(
    "yitong_route_ledger_missing_messages", "Messages missing on the ledger beyond their grace"
)
LEDGER_BEHIND = Gauge("yitong_route_ledger_behind_messages", "Records the ledger has not yet read")
LAG = Gauge("yitong_route_lag_messages", "Records of this worker's partitions not yet acknowledged")
BEGUN = Counter("yitong_route_batches_total", "Batches begun, and tries of them")
TIMERS = Counter("yitong_route_timers_total", "timers of cases and modes", ["result"])
TIMERS_LATE = Histogram(
    "yitong_route_timer_late_seconds",
    "from the moment a timer was due until it was fired",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 600),
)
WEBHOOKS = Counter("yitong_route_webhooks_total", "messages of webhooks", ["result"])
