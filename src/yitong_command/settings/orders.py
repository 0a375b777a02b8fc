"""Sealed orders: how the web part, and nobody else, tells a worker to steer a ball camera.

An order is sealed with the key file that both parts have (see `settings.secrets`), names the
camera, the person and the time, and counts once: who listens on the network can neither read, alter
nor repeat it, and who reaches a worker's port without the key can't steer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4

from yitong_command.errors import ConfigError, NotAllowed
from yitong_command.settings.secrets import Vault

VALID = timedelta(seconds=30)
"""An order is obeyed for so long after it was given; the machines' clocks may differ by less."""
REMEMBERED = 10_000

REFUSED = ("操作指令无效或已过期", "the order is not valid, or too old")


@dataclass(frozen=True, slots=True)
class Order:
    """One thing to do with a ball camera.

    Attributes:
        camera_id: The camera.
        action: take, move, stop, preset, resume, proof or relearn.
        user: Who wants it.
        name_zh: That person's name in Chinese.
        name_en: That person's name in English.
        at: When it was given.
        pan: For move, in [-1, 1].
        tilt: For move, in [-1, 1].
        zoom: For move, in [-1, 1].
        view_id: For preset, proof and relearn.
        order_id: Unique.
    """

    camera_id: str
    action: str
    user: str
    name_zh: str
    name_en: str
    at: datetime
    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0
    view_id: str = ""
    order_id: str = field(default_factory=lambda: uuid4().hex)


def seal_order(vault: Vault, order: Order) -> str:
    """The order as it is sent."""
    return vault.seal(json.dumps({"order": asdict(order) | {"at": order.at.isoformat()}}))


class OrderBook:
    """Opens orders, each once.

    Args:
        find_vault: Finds the key; asked again while there is none.
    """

    def __init__(self, find_vault: Callable[[], Vault]) -> None:
        self._find_vault = find_vault
        self._vault: Vault | None = None
        self._done: dict[str, datetime] = {}

    def open(self, sealed: str, camera_id: str, now: datetime) -> Order:
        """The order that was sealed.

        Args:
            sealed: As it came.
            camera_id: The camera to which it came.
            now: The current time.

        Raises:
            NotAllowed: If it is none, of another key or camera, too old, or was obeyed already.
            ConfigError: If there is no key on this machine.
        """
        self._vault = self._vault or self._find_vault()
        try:
            values = json.loads(self._vault.open(sealed))["order"]
            order = Order(**values | {"at": datetime.fromisoformat(values["at"])})
        except (ConfigError, ValueError, TypeError, KeyError):
            raise NotAllowed(*REFUSED) from None
        fresh = order.at.tzinfo is not None and abs(now - order.at) <= VALID
        if order.camera_id != camera_id or not fresh or order.order_id in self._done:
            raise NotAllowed(*REFUSED)
        self._forget(now)
        self._done[order.order_id] = order.at
        return order

    def _forget(self, now: datetime) -> None:
        if len(self._done) > REMEMBERED:
            self._done = {key: at for key, at in self._done.items() if abs(now - at) <= VALID * 2}
