"""The adapters of all partners: one file and one line each."""

from __future__ import annotations

from yitong_command.sources.adapters import (
    city_management,
    digital_village,
    gb28181,
    hotline,
    open311,
    security_governance,
    smart_community,
    table,
)
from yitong_command.sources.adapters.base import Adapter

ADAPTERS: dict[str, Adapter] = {
    adapter.name: adapter
    for adapter in (
        city_management.ADAPTER,
        security_governance.ADAPTER,
        smart_community.ADAPTER,
        digital_village.ADAPTER,
        hotline.ADAPTER,
        gb28181.ADAPTER,
        open311.ADAPTER,
        table.ADAPTER,
    )
}
