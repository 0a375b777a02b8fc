"""A scripted duty operator for the demo: a real client of the real REST API and live stream."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import structlog

from yitong_command.demo.report import Found

log = structlog.get_logger()
UNSAFE = {"X-Yitong": "1"}


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this run."""

    username: str
    password: str


class ScriptedOperator:
    """Listens to the live stream and confirms what nobody confirmed.

    Args:
        base_url: Address of the web part.
        account: An operator of this run.
        confirm_after_s: How long a person has before the script confirms; None never confirms.
    """

    def __init__(self, base_url: str, account: Account, confirm_after_s: float | None) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=10.0, trust_env=False)
        self._account = account
        self._confirm_after_s = confirm_after_s
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._opened: set[str] = set()
        self._last_id = ""
        self.first_alert_at: float | None = None
        self._thread = threading.Thread(target=self._listen, name="operator-listen", daemon=True)

    def sign_in(self) -> None:
        """Sign in and begin to listen to the live stream."""
        answer = self._http.post(
            "/api/auth/session",
            json={"username": self._account.username, "password": self._account.password},
            headers=UNSAFE,
        )
        answer.raise_for_status()
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._stopped.set()
        self._http.close()

    def work(self) -> int:
        """Confirm alerts that waited long enough; returns how many were confirmed now.

        While the web part is down nothing is confirmed and nothing is forgotten.
        """
        if self._confirm_after_s is None:
            return 0
        limit = time.monotonic() - self._confirm_after_s
        with self._lock:
            due = [case_id for case_id, at in self._seen.items() if at <= limit]
        try:
            return sum(self._confirm(case_id) for case_id in due)
        except httpx.HTTPError as exc:
            log.info("console_not_answering", reason=repr(exc))
            return 0

    def _confirm(self, case_id: str) -> bool:
        case = self._get(f"/api/cases/{case_id}")
        if case["state"] != "reported":
            self._forget(case_id)
            return False
        answer = self._http.post(
            f"/api/cases/{case_id}/transitions",
            json={
                "to": "filed",
                "version": case["version"],
                "note": "演示: 自动确认 / demo: confirmed by script",
            },
            headers=UNSAFE,
        )
        if answer.is_server_error:
            return False
        self._forget(case_id)
        if answer.is_error:
            log.warning("confirm_refused", case_id=case_id, answer=answer.text[:300])
        return answer.is_success

    def _forget(self, case_id: str) -> None:
        with self._lock:
            self._seen.pop(case_id, None)

    def _listen(self) -> None:
        while not self._stopped.is_set():
            headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
            try:
                with self._http.stream("GET", "/api/live", headers=headers, timeout=40.0) as live:
                    live.raise_for_status()
                    self._read(live)
            except (httpx.HTTPError, RuntimeError) as exc:
                if self._stopped.wait(1.0):
                    return
                log.info("live_stream_lost", reason=str(exc))

    def _read(self, live: httpx.Response) -> None:
        event = ""
        for line in live.iter_lines():
            if line.startswith("id:"):
                self._last_id = line[3:].strip()
            elif line.startswith("event:"):
                event = line[6:].strip()
            elif line.startswith("data:") and event == "reset":
                self._read_list()
            elif line.startswith("data:") and event == "alert":
                alert = json.loads(line[5:])
                if alert["change"] == "opened":
                    self._alert(alert)

    def _read_list(self) -> None:
        """Take over the open alerts: the stream can't tell what it left out."""
        while not self._stopped.wait(0.2):
            try:
                items = self._get("/api/alerts?open=true&limit=500")["items"]
            except httpx.HTTPError as exc:
                log.info("console_not_answering", reason=repr(exc))
                continue
            for alert in items:
                self._alert(alert)
            return

    def _alert(self, alert: dict[str, Any]) -> None:
        now = time.monotonic()
        with self._lock:
            self.first_alert_at = self.first_alert_at or now
            if alert["alert_id"] not in self._opened:
                self._opened.add(alert["alert_id"])
                self._seen[alert["case_id"]] = now

    def alerts_seen(self) -> int:
        """Alerts that came over the live stream so far."""
        with self._lock:
            return len(self._opened)

    # ------------------------------------------------------------- reading for the report

    def cases(self) -> list[dict[str, Any]]:
        """Every case with its incidents and tasks."""
        listed: list[dict[str, Any]] = []
        before = ""
        while True:
            page = self._get(f"/api/cases?limit=200{before}")
            listed += page["items"]
            if not page.get("next"):
                break
            before = f"&before={page['next']}"
        return [self._get(f"/api/cases/{item['case_id']}") for item in listed]

    def wait_for_console(self, timeout_s: float) -> bool:
        """Wait until the web part answers again; False if it does not in time."""
        end = time.monotonic() + timeout_s
        while True:
            try:
                self._get("/api/auth/me")
            except httpx.HTTPError:
                if time.monotonic() > end:
                    return False
                self._stopped.wait(0.5)
            else:
                return True

    def alerts(self) -> int:
        """How many alerts the desk was shown."""
        return len(self._get("/api/alerts?open=false&limit=500")["items"])

    def live_cameras(self) -> tuple[int, int]:
        """Cameras that are live, and all cameras."""
        items = self._get("/api/cameras")["items"]
        return sum(item["state"]["state"] == "live" for item in items), len(items)

    def silent_sensors(self) -> set[str]:
        """Sensors that the console tells silent."""
        items = self._get("/api/sensors")["items"]
        return {item["sensor_id"] for item in items if item["state"] == "silent"}

    def _get(self, path: str) -> Any:
        answer = self._http.get(path)
        answer.raise_for_status()
        return answer.json()


CARE_DEVICE = "care_device"
PROTECTED_KIND = "sensor_pendant"
"""The only care device of the virtual county that calls."""


def found_in(cases: list[dict[str, Any]]) -> list[Found]:
    """The incidents of all cases; of a protected case only that a care device called is told."""
    protected = [
        Found(
            case["case_id"], case["case_id"], PROTECTED_KIND, "", "",
            datetime.fromisoformat(case["reported_at"]),
        )
        for case in cases
        if case["source"] == CARE_DEVICE and not case["incidents"]
    ]  # fmt: skip
    return protected + [
        Found(
            incident["incident_id"], case["case_id"], incident["kind"], incident["camera_id"],
            incident["view_id"], datetime.fromisoformat(incident["began_at"]),
        )
        for case in cases
        for incident in case["incidents"]
    ]  # fmt: skip
