"""Several Kafka nodes on one machine, as a county has them on three: for tests and measurements."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yitong_command.bus.broker import KafkaNode, NodeOptions, cluster_id
from yitong_command.bus.kafka_files import Say

NODES = 3


@dataclass(slots=True)
class KafkaCluster:
    """Three nodes that know each other; each can be killed and started again on its own.

    Attributes:
        nodes: By number, from 1.
    """

    nodes: dict[int, KafkaNode]

    @classmethod
    def under(
        cls,
        folder: Path,
        new_port: Callable[[], int],
        heap_mb: int = 192,
        say: Say = lambda _: None,
    ) -> KafkaCluster:
        """Three nodes with their logs under a folder.

        Args:
            folder: For their logs.
            new_port: Gives a free port each time.
            heap_mb: Java heap of each.
            say: Told what is being done.
        """
        numbers = range(1, NODES + 1)
        peers = tuple((number, new_port()) for number in numbers)
        name = cluster_id(uuid.uuid4)
        made = {
            number: NodeOptions(
                folder / f"node-{number}", new_port(), port, heap_mb=heap_mb, node_id=number,
                peers=peers, cluster=name,
            )
            for number, port in peers
        }  # fmt: skip
        return cls({number: KafkaNode(options, say) for number, options in made.items()})

    @property
    def bootstrap(self) -> str:
        """Bootstrap addresses of all nodes."""
        return ",".join(node.bootstrap for node in self.nodes.values())

    def start(self, timeout_s: float = 90.0) -> None:
        """Start all nodes that do not run.

        Raises:
            KafkaUnavailable: If Java or the jars can't be had.
            BrokerDown: If one does not come up.
        """
        launched = [node for node in self.nodes.values() if node.pid is None]
        for node in launched:
            node.launch()
        for node in launched:
            node.wait_until_up(timeout_s)

    def stop(self) -> None:
        """Stop all; the last controller alone can't finish its leave-taking and is killed."""
        for node in self.nodes.values():
            node.kill()
