"""Who reads which partition: as Faust shares them out, but of every topic that our table knows.

A broker that has just come up may not name its topics yet. Faust then leaves them out of the
assignment, for good, and the worker would live on and read nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from typing import Any

from faust.assignor.partition_assignor import PartitionAssignor

from yitong_command.bus.topics import TOPICS


class TableAssignor(PartitionAssignor):
    """Faust's own, with the partitions of our table where the broker names none."""

    @classmethod
    def _get_copartitioned_groups(
        cls, topics: set[str], cluster: Any, subscriptions: MutableMapping[str, Any]
    ) -> MutableMapping[int, Iterable[set[str]]]:
        groups: MutableMapping[int, Iterable[set[str]]] = super()._get_copartitioned_groups(
            topics, WithTable(cluster), subscriptions
        )
        return groups


class WithTable:
    """What the broker says of its topics, and our table where it says nothing.

    Args:
        cluster: The metadata as the broker gave them.
    """

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster

    def partitions_for_topic(self, name: str) -> set[int]:
        """The partitions of a topic; none if neither knows it."""
        told = self._cluster.partitions_for_topic(name)
        known = TOPICS.get(name.rpartition(".")[2])
        return set(told or (range(known.partitions) if known else ()))
