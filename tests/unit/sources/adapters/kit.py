"""The county's partners and taxonomy, and what each adapter makes of a body."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from yitong_command.bus.report_messages import ReportMessage
from yitong_command.bus.wire import decode, encode
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.settings.environment import CHECKOUT
from yitong_command.settings.platforms import Platform, load_platforms
from yitong_command.settings.taxonomy import load_taxonomy
from yitong_command.sources.adapters import ADAPTERS
from yitong_command.sources.adapters.base import Wrong, items_of
from yitong_command.sources.adapters.settle import Receipt, Settled, settle

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SAMPLES = Path(__file__).parent / "samples"


@cache
def taxonomy() -> Taxonomy:
    return load_taxonomy(CHECKOUT / "config/taxonomy.yaml")


@cache
def platforms() -> dict[str, Platform]:
    """The shipped partners by their adapter."""
    found = load_platforms(CHECKOUT / "config", taxonomy(), frozenset(ADAPTERS))
    return {platform.adapter: platform for platform in found.partners.values()}


def read_one(name: str, item: Any) -> Settled:
    """One item through adapter and checks."""
    platform = platforms()[name]
    return settle(ADAPTERS[name].read(item, platform), platform, taxonomy(), Receipt(NOW))


def sample(name: str) -> bytes:
    (path,) = SAMPLES.glob(f"{name}.*")
    return path.read_bytes()


def messages(name: str, body: bytes) -> list[ReportMessage]:
    """What a body becomes on the topic, encoded and decoded again."""
    settled = [read_one(name, item) for item in items_of(ADAPTERS[name], body)]
    found = [ReportMessage.of(item.report) for item in settled]
    for item, message in zip(settled, found, strict=True):
        again = decode(ReportMessage, encode(message))
        assert again.to_domain() == item.report
    return found


def refusal(name: str, body: bytes) -> Wrong | None:
    """Why a body or its first item is refused, or None."""
    try:
        for item in items_of(ADAPTERS[name], body):
            read_one(name, item)
    except Wrong as exc:
        return exc
    return None
