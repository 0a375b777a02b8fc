"""What this worker says of its own health."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the health report.

    Attributes:
        ok: Whether it is as it should be.
        detail: What is wrong, or a figure; Chinese and English where a person acts on it.
    """

    ok: bool
    detail: str = ""


class Health:
    """The newest word of every part on itself; a part that never spoke is not listed."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}

    def say(self, name: str, ok: bool, detail: str = "") -> None:
        """Set one line.

        Args:
            name: Of the part or resource.
            ok: Whether it is as it should be.
            detail: What is wrong, or a figure.
        """
        self._checks[name] = Check(ok, detail)

    def report(self) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and the report as JSON."""
        well = all(check.ok for check in self._checks.values())
        return well, {
            "status": "ok" if well else "failing",
            "checks": {
                name: {"ok": check.ok, "detail": check.detail}
                for name, check in sorted(self._checks.items())
            },
        }
