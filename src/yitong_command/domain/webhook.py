"""What leaves by webhook: which changes somebody wants, what is told, and where it may go. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from yitong_command.domain.privacy import GROUP, is_protected

KINDS: Final[tuple[str, ...]] = ("case", "task", "alert")
FIRST_S = 5.0
LONGEST_S = 3600.0
_PROTECTED = ("case_id", "task_id", "alert_id", "change_id", "version", "state", "severity",
              "change", "changed_at")  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes a subscriber wants; empty fields do not filter, but for protected cases.

    Attributes:
        kinds: Of ``case``, ``task`` and ``alert``.
        categories: Codes with or without subtype. Cases of protected people are told only if
            ``key_population`` stands here, and then only that there is one.
        grid_codes: Codes of grids, villages or townships.
        states: States of the case, task, or the change of an alert.
    """

    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    grid_codes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """One change as its topic tells it, with what its case adds.

    Attributes:
        kind: ``case``, ``task`` or ``alert``.
        change_id: Its number, the same however often it is sent.
        case_id: The case.
        category: Code and subtype with a dot, as the database has it.
        grid_code: Grid of the case.
        payload: The message.
    """

    kind: str
    change_id: str
    case_id: str
    category: str
    grid_code: str | None
    payload: Mapping[str, Any]

    @property
    def state(self) -> str:
        """What the state filter looks at."""
        return str(self.payload["change" if self.kind == "alert" else "state"])

    @property
    def protected(self) -> bool:
        """Whether it is about a protected person."""
        return is_protected(self.category)


def wants(wanted: Wanted, changed: Changed) -> bool:
    """Whether a subscriber is told of this change."""
    if wanted.kinds and changed.kind not in wanted.kinds:
        return False
    if wanted.states and changed.state not in wanted.states:
        return False
    if changed.protected:
        # A filter by place would tell where somebody lives.
        return GROUP in wanted.categories and not wanted.grid_codes
    whole, bare = changed.category, changed.category.partition(".")[0]
    if wanted.categories and not {whole, bare} & set(wanted.categories):
        return False
    place = changed.grid_code or ""
    return not wanted.grid_codes or (bool(place) and place.startswith(wanted.grid_codes))


def body_of(changed: Changed) -> dict[str, Any]:
    """What is sent: type, time and the message; of a protected case only that there is one."""
    data = dict(changed.payload)
    if changed.protected:
        data = {name: data[name] for name in _PROTECTED if name in data} | {"category": GROUP}
    at = changed.payload["changed_at"]
    return {"type": f"{changed.kind}.changed", "timestamp": at, "data": data}


def wait_s(attempts: int, chance: float) -> float:
    """Seconds to the next try: doubled each time up to an hour, then halved to doubled by chance.

    Args:
        attempts: How many tries failed.
        chance: In [0, 1), so that many do not come back at once.
    """
    return float(min(LONGEST_S, FIRST_S * 2.0 ** min(attempts - 1, 20)) * (0.5 + chance))


def is_outside(address: str) -> bool:
    """Whether an IP address belongs to the open internet, however it is written."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_outside(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def address_fault(url: str, *, private: bool) -> tuple[str, str] | None:
    """Why nothing may be sent to this URL, in both languages; None if it may.

    Args:
        url: Where a subscriber wants it.
        private: Whether addresses inside the county's own networks are allowed.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        host = None
    if host is None or url.strip() != url or len(url) > 2000:
        return "不是网址", "is no URL"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "网址里不能有账号或 #", "must hold no login and no fragment"
    if parts.scheme not in (("https", "http") if private else ("https",)):
        return "必须是 https://", "must begin with https://"
    return None if private else _host_fault(host)


def _host_fault(host: str) -> tuple[str, str] | None:
    inside = ("不允许内网地址", "is inside a private network")
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return inside
    try:
        return None if is_outside(host) else inside
    except ValueError:
        return None
