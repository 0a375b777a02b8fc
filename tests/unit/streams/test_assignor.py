"""Topics that a broker does not name yet are shared out all the same."""

from __future__ import annotations

from streams.assignor import TableAssignor, WithTable
from yitong_command.bus.topics import INCIDENTS


class Cluster:
    """Metadata of a broker that names some topics."""

    def __init__(self, **told: set[int]) -> None:
        self._told = told

    def partitions_for_topic(self, name: str) -> set[int] | None:
        return self._told.get(name.replace(".", "_"))


def test_the_broker_goes_before_the_table_and_the_table_before_nothing() -> None:
    cluster = WithTable(Cluster(yitong_incidents={0, 1, 2, 3, 4, 5}))
    assert cluster.partitions_for_topic("yitong.incidents") == set(range(6))
    silent = WithTable(Cluster())
    assert silent.partitions_for_topic("yitong.incidents") == set(range(INCIDENTS.partitions))
    assert silent.partitions_for_topic("yitong.unheard-of") == set()


def test_no_topic_of_ours_is_left_out_of_the_assignment() -> None:
    topics = {"yitong.incidents", "yitong.reports"}
    groups = TableAssignor._get_copartitioned_groups(topics, Cluster(), {"one": list(topics)})
    assert {name for shared in groups.values() for part in shared for name in part} == topics
