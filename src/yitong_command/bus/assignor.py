"""Who watches which partition: decided by one member of the group, moved one at a time.

Kafka's own way for members that own something while they are asked (KIP-429), which the client
library does not have: a partition that is to move is first given to nobody, so its owner lets go
of it and joins again, and only then does another get it. All that stays is never interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)

PROTOCOL = "yitong-cooperative"
VERSION = 0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a member says when it joins.

    Attributes:
        owned: Partitions it holds.
        generation: The how many-th time partitions were shared out gave it these; the highest is
            right.
    """

    owned: frozenset[int] = frozenset()
    generation: int = -1


def share_out(partitions: int, claims: Mapping[str, Claim]) -> dict[str, set[int]]:
    """Which partitions every member may hold from now on.

    As many for each as for every other, give or take one. Nobody is given what another still
    holds; what a member holds too much is given to nobody until it has let go of it.

    Args:
        partitions: How many there are, numbered from 0.
        claims: By member.
    """
    owners = _owners(partitions, claims)
    owned = {name: [p for p, owner in owners.items() if owner == name] for name in claims}
    most_first = sorted(claims, key=lambda name: (-len(owned[name]), name))
    least, over = divmod(partitions, max(1, len(claims)))
    room = {name: least + (index < over) for index, name in enumerate(most_first)}
    given = {name: set(owned[name][: room[name]]) for name in claims}
    free = [p for p in range(partitions) if p not in owners]
    for name in sorted(claims, key=lambda name: (len(given[name]), name)):
        while free and len(given[name]) < room[name]:
            given[name].add(free.pop(0))
    return given


def _owners(partitions: int, claims: Mapping[str, Claim]) -> dict[int, str]:
    """The rightful owner of every partition that is held; of two claims the newer one counts."""
    owners: dict[int, str] = {}
    for name in sorted(claims, key=lambda name: (claims[name].generation, name)):
        owners |= dict.fromkeys(sorted(claims[name].owned), name)
    return {p: owners[p] for p in sorted(owners) if p < partitions}


class Cooperative:
    """The same as the client library calls it; one for each consumer.

    Args:
        claim: What this member holds now.
        heard: Told when partitions were shared out: the how many-th time, and among how many.
    """

    name = PROTOCOL

    def __init__(self, claim: Callable[[], Claim], heard: Callable[[int, int], None]) -> None:
        self._claim = claim
        self._heard = heard

    def metadata(self, topics: set[str]) -> ConsumerProtocolMemberMetadata:
        """What this member says when it joins."""
        claim = self._claim()
        said = {"owned": sorted(claim.owned), "generation": claim.generation}
        return ConsumerProtocolMemberMetadata(VERSION, list(topics), orjson.dumps(said))

    def assign(
        self, cluster: Any, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """Everybody's partitions, if this member is the one that decides."""
        topics = {topic for said in members.values() for topic in said.subscription}
        claims = {name: _claim_of(said.user_data) for name, said in members.items()}
        shares: dict[str, list[tuple[str, list[int]]]] = {name: [] for name in members}
        for topic in sorted(topics):
            count = len(cluster.partitions_for_topic(topic) or ())
            for name, given in share_out(count, claims).items():
                shares[name].append((topic, sorted(given)))
        turn = 1 + max(claim.generation for claim in claims.values())
        said = orjson.dumps({"generation": turn, "members": len(members)})
        return {
            name: ConsumerProtocolMemberAssignment(VERSION, share, said)
            for name, share in shares.items()
        }

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """This member has joined; which partitions are its own, it hears from its listener."""
        said = orjson.loads(assignment.user_data)
        self._heard(said["generation"], said["members"])


def _claim_of(user_data: bytes) -> Claim:
    """What a member said; one that can't be understood holds nothing."""
    try:
        said = orjson.loads(user_data)
        return Claim(frozenset(map(int, said["owned"])), int(said["generation"]))
    except (ValueError, KeyError, TypeError):
        return Claim()
