"""Watches whatever cameras the group gives to this worker, and hands over what it takes away."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping

import structlog

from yitong_command.bus.camera_group import SESSION_S, CameraGroup
from yitong_command.bus.camera_messages import IngestStateMessage
from yitong_command.bus.compacted import Content, Entry
from yitong_command.bus.wire import decode, encode
from yitong_command.errors import BadMessage, BrokerDown
from yitong_command.ingest import metrics
from yitong_command.ingest.assignment import Definition, Plan, make_plan
from yitong_command.ingest.definitions import DefinitionReader
from yitong_command.ingest.fleet import Fleet
from yitong_command.ingest.health import Health
from yitong_command.ingest.local_cache import LocalCache
from yitong_command.ingest.reporter import Reporter
from yitong_command.ingest.state_log import StateLog

_log = structlog.get_logger()

SAVE_S = 3.0
SAVE_SHARE = 0.01
"""Of the time, for writing down: with many cameras it is done less often."""
HAND_OVER_WITHIN_S = 1.5
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 5.0


class CameraKeeper:
    """The cameras of this worker's partitions.

    Args:
        group: This worker's place in the group.
        reader: Checks definitions.
        fleet: The watched cameras.
        states: Publishes what is remembered.
        reporter: Takes incidents.
        cache: The last assignment, on this machine.
        health: Told how things stand.
    """

    def __init__(
        self,
        group: CameraGroup,
        reader: DefinitionReader,
        fleet: Fleet,
        states: StateLog,
        reporter: Reporter,
        cache: LocalCache,
        health: Health,
    ) -> None:
        self._group = group
        self._reader = reader
        self._fleet = fleet
        self._states = states
        self._reporter = reporter
        self._cache = cache
        self._health = health
        self._partition: dict[str, int] = {}
        self._refused: dict[str, str] = {}
        self._spare: dict[str, Definition] = {}
        self._own_states: Mapping[str, IngestStateMessage] = {}
        self._settled = False
        self._standing = (0, 0)
        self._cameras_changed = False

    def recall(self) -> None:
        """Read the last assignment from the disk."""
        self._own_states = self._cache.states()
        for name, message in self._cache.cameras().items():
            try:
                self._spare[name] = self._reader.read(Entry(name, encode(message), -1, -1))
            except BadMessage as exc:
                _log.warning("camera_of_the_cache_refused", camera_id=name, detail=str(exc))

    async def run(self) -> None:
        """Take part in the group until cancelled; without a broker watch what was ours."""
        wait_s = FIRST_WAIT_S
        self._health.say("assignment", False, "正在加入 / joining the group of workers")
        age_s = self._cache.age_s()
        if age_s is not None and 0 <= age_s < SESSION_S:
            await self._watch_as_before()  # the group still counts them as ours
        while True:
            try:
                await self._group.run(self)
            except BrokerDown as exc:
                _log.warning("group_lost", detail=str(exc))
                await self._watch_as_before()
                self._health.say(
                    "assignment",
                    False,
                    f"无法加入, 继续监看{len(self._fleet.watched)}路 / can't take part, watching "
                    f"{len(self._fleet.watched)} on: {exc}",
                )
            await asyncio.sleep(wait_s * random.uniform(0.7, 1.3))  # noqa: S311 - jitter
            wait_s = LONGEST_WAIT_S if self._settled else min(wait_s * 2, LONGEST_WAIT_S)

    async def save(self) -> None:
        """Write the assignment down every few seconds, until cancelled."""
        clock, took_s = asyncio.get_running_loop().time, 0.0
        while True:
            await asyncio.sleep(max(SAVE_S, took_s / SAVE_SHARE))
            began_s = clock()
            await self.save_now()
            took_s = clock() - began_s

    async def save_now(self) -> None:
        """Write the assignment down."""
        if not self._reporter.all_spooled or not self._fleet.watched:
            return  # what is remembered on disk must not be ahead of the incidents on disk
        states = [s for name in self._fleet.watched if (s := self._fleet.remembered(name))]
        cameras = [d.message for d in self._fleet.watched.values()]
        changed, self._cameras_changed = self._cameras_changed, False
        try:
            if changed:
                await asyncio.to_thread(self._cache.save_cameras, cameras)
            await asyncio.to_thread(self._cache.save_states, states)
            self._health.say("state", True)
        except OSError as exc:
            self._cameras_changed |= changed
            self._health.say("state", False, f"规则状态未能保存 / rules' state not saved: {exc}")

    async def leave(self) -> None:
        """Hand everything over and leave the group."""
        await self._fleet.quiet(self._fleet.watched)
        await self.save_now()
        self._cache.handed_over()
        await self._group.leave(self)
        await self._states.close()

    async def take(self, cameras: Content, states: Content) -> None:
        """Partitions are ours from now on: with what they hold."""
        began_s = asyncio.get_running_loop().time()
        remembered = _newest(states.entries)
        plan = self._plan(cameras.entries)
        self._note(plan, cameras.entries)
        for name in plan.heard & self._fleet.watched.keys():
            await self._overtake(name, remembered.get(name))
        for definition in plan.add:
            name = definition.camera.camera_id
            await self._add(definition, self._freshest(name, remembered.get(name)))
        for name in (remembered.keys() & plan.remove) - self._fleet.watched.keys():
            await self._fleet.clear(remembered[name])
            self._states.forget([name], over=True)
        for name, state in remembered.items():
            if name in self._fleet.watched:
                self._states.known(state)
        await self._change(plan)
        metrics.TAKE_OVER_S.observe(asyncio.get_running_loop().time() - began_s)

    async def follow(self, entries: list[Entry]) -> None:
        """Cameras of our partitions changed."""
        plan = self._plan(entries)
        self._note(plan, entries)
        for definition in plan.add:
            await self._add(definition, None)
        await self._change(plan)
        self._say()

    async def let_go(self, partitions: frozenset[int], *, hand_over: bool) -> None:
        """Partitions are no longer ours: stop watching."""
        names = [n for n in self._fleet.watched if self._partition.get(n) in partitions]
        await self._fleet.quiet(names)
        if hand_over:
            await self._states.flush(names, HAND_OVER_WITHIN_S)
        await self._drop(names)
        for name in [n for n, p in self._partition.items() if p in partitions]:
            del self._partition[name]
            self._refused.pop(name, None)

    async def settled(self, held: frozenset[int], members: int) -> None:
        """Nothing is left to be taken or let go for now."""
        self._standing = (len(held), members)
        self._settled = True
        metrics.PARTITIONS.set(len(held))
        # Watched from the cache before the group answered, and given to somebody else by it.
        await self._drop(self._fleet.watched.keys() - self._partition.keys())
        self._say()

    async def _watch_as_before(self) -> None:
        """Until the group says more: watch what was ours when this worker ended."""
        if self._settled or self._fleet.watched:
            return
        for name, definition in self._spare.items():
            await self._add(definition, self._own_states.get(name))
        if self._fleet.watched:
            _log.warning("watching_from_cache", cameras=len(self._fleet.watched))

    def _plan(self, entries: Iterable[Entry]) -> Plan:
        return make_plan(self._fleet.watched, entries, self._reader.read, self._spare)

    def _freshest(self, name: str, theirs: IngestStateMessage | None) -> IngestStateMessage | None:
        """What the topic holds, or what this worker's disk holds, if that goes further."""
        own = self._own_states.get(name)
        if own is None or (theirs is not None and theirs.at >= own.at):
            return theirs
        return own if theirs is None else own.model_copy(update={"scenes": theirs.scenes})

    async def _overtake(self, name: str, theirs: IngestStateMessage | None) -> None:
        """A camera that we watched without the group: somebody else may have done so later."""
        own = self._fleet.remembered(name)
        if theirs is None or (own is not None and own.at >= theirs.at):
            return
        definition = self._fleet.watched[name]
        await self._fleet.drop([name])
        await self._add(definition, theirs)

    async def _add(self, definition: Definition, state: IngestStateMessage | None) -> None:
        name = definition.camera.camera_id
        try:
            await self._fleet.add(definition, state)
        except BadMessage as exc:
            self._refuse(name, str(exc))
        self._states.forget([name], over=False)
        self._cameras_changed = True

    async def _change(self, plan: Plan) -> None:
        for definition in plan.change:
            try:
                await self._fleet.change(definition)
            except BadMessage as exc:
                self._refuse(definition.camera.camera_id, str(exc))
            self._cameras_changed = True
        gone = plan.remove & self._fleet.watched.keys()
        if gone:
            _log.info("cameras_removed", cameras=sorted(gone))
            await self._fleet.remove(gone)
            self._states.forget(gone, over=True)
            self._cameras_changed = True

    async def _drop(self, names: Iterable[str]) -> None:
        names = list(names)
        if names:
            await self._fleet.drop(names)
            self._states.forget(names, over=False)
            self._cameras_changed = True

    def _note(self, plan: Plan, entries: Iterable[Entry]) -> None:
        """Take down where the cameras lie, and which of them are refused now."""
        self._partition |= {entry.key: entry.partition for entry in entries}
        for name in plan.heard:
            self._refused.pop(name, None)
        for name, reason in plan.refused.items():
            self._refuse(name, reason)

    def _refuse(self, name: str, reason: str) -> None:
        self._refused[name] = reason
        kept = name in self._fleet.watched
        _log.error("camera_refused", camera_id=name, detail=reason, watched_as_before=kept)

    def _say(self) -> None:
        held, members = self._standing
        self._health.say(
            "assignment",
            True,
            f"{held} partitions, {len(self._fleet.watched)} cameras, {members} workers",
        )
        metrics.REFUSED.set(len(self._refused))
        said = "; ".join(f"{name}: {why}" for name, why in sorted(self._refused.items()))
        self._health.say("definitions", not self._refused, said[:1000])


def _newest(entries: Iterable[Entry]) -> dict[str, IngestStateMessage]:
    """The newest readable memory of every camera; what can't be read is said and left out."""
    found: dict[str, IngestStateMessage] = {}
    for entry in entries:
        found.pop(entry.key, None)
        if entry.value is None:
            continue
        try:
            found[entry.key] = decode(IngestStateMessage, entry.value)
        except BadMessage as exc:
            _log.error("state_unreadable", what=entry.key, detail=str(exc)[:300])
    return found
