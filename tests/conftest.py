"""Fixtures shared by all tests: free ports, a real broker, hypothesis settings."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from yitong_command.bus.broker import KafkaNode, NodeOptions

settings.register_profile(
    "yitong",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("yitong")


def free_port() -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """What a command sets up for its own process writes to a stream that ends with its test."""
    root = logging.getLogger()
    level = root.level
    yield
    for handler in [h for h in root.handlers if type(h) is logging.StreamHandler]:
        root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Bootstrap address of a real Apache Kafka node, one for the whole run."""
    node = KafkaNode(NodeOptions(tmp_path_factory.mktemp("kafka"), free_port(), free_port()))
    node.start(timeout_s=120)
    yield node.bootstrap
    node.stop()
