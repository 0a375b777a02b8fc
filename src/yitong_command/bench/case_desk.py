"""How long the desk waits: lists, search, case pages and moves over HTTP, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Any

import httpx

from yitong_command.bench.figures import percentile, significant
from yitong_command.errors import YitongError

USERNAME = "bench-desk"
TIMES = 150
WARM = 10


class DeskClient:
    """A browser's session at the desk.

    Args:
        url: Of the web part.
        password: Of the bench's operator.
    """

    def __init__(self, url: str, password: str) -> None:
        self._http = httpx.Client(
            base_url=url, headers={"X-Yitong": "1"}, timeout=30.0, trust_env=False
        )
        self._dice = Random(1)  # noqa: S311 - which case is looked at
        self._send("POST", "/api/auth/session", {"username": USERNAME, "password": password})

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, path, json=body)
        if not answer.is_success:
            raise YitongError(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def measure(self) -> dict[str, dict[str, float]]:
        """Percentiles of every kind of request, in milliseconds."""
        first = self._send("GET", "/api/cases?limit=500")["items"]
        grids = sorted({item["grid_code"] for item in first if item["grid_code"]})
        ids = [item["case_id"] for item in first]
        waiting = self._send("GET", "/api/cases?state=reported&limit=500")["items"]
        todo = iter(waiting)
        words = self._words(first)
        return {
            "list": self._timed(lambda: self._list(grids)),
            "search": self._timed(lambda: self._search(words)),
            "case": self._timed(lambda: self._send("GET", f"/api/cases/{self._dice.choice(ids)}")),
            "transition": self._timed(lambda: self._file(next(todo))),
        }

    def _list(self, grids: list[str]) -> None:
        """The lists that the desk asks for: by state, kind, area, and the page after."""
        state = self._dice.choice(("reported", "dispatched,accepted", "handled", "arrived"))
        category = self._dice.choice(("", "cp_parking", "ar_manhole", "cp_dumping"))
        grid = self._dice.choice(("", self._dice.choice(grids)))
        path = f"/api/cases?limit=100&state={state}&category={category}&grid={grid}"
        page = self._send("GET", path)
        if page["next"] and self._dice.random() < 0.3:
            self._send("GET", f"{path}&before={page['next']}")

    def _words(self, items: list[dict[str, Any]]) -> list[str]:
        """Rare and frequent ones, in both languages, a number, and what nobody has."""
        some = [self._dice.choice(items) for _ in range(20)]
        numbers = [f"样例路{self._dice.randrange(1, 900)}号" for _ in range(20)]
        english = [f"{self._dice.randrange(1, 900)} Sample Road" for _ in range(10)]
        return [
            *(item["case_id"] for item in some), *numbers, *english,
            "井盖", "乱停", "seed-042", "Sample", "没有的地方", "nowhere at all",
        ]  # fmt: skip

    def _search(self, words: list[str]) -> None:
        query = httpx.QueryParams({"q": self._dice.choice(words), "limit": 50})
        self._send("GET", f"/api/cases?{query}")

    def _file(self, case: dict[str, Any]) -> None:
        """File a case: it is dispatched, its clock started, its timers set, all told."""
        path = f"/api/cases/{case['case_id']}/transitions"
        self._send("POST", path, {"to": "filed", "version": case["version"]})

    @staticmethod
    def _timed(act: Callable[[], object]) -> dict[str, float]:
        taken = []
        for number in range(WARM + TIMES):
            begun = time.perf_counter()
            act()
            if number >= WARM:
                taken.append((time.perf_counter() - begun) * 1000)
        return {
            name: significant(percentile(taken, share) or 0.0)
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
        }
