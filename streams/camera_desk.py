"""The cameras' health: states and blind time are kept, and what failed together is one fault."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import structlog
from sqlalchemy.exc import IntegrityError

from streams.dead_letters import Record, bury, dead_letter
from streams.metrics import FAULTS, RETRIES
from streams.relay import Relay
from streams.retry import back_off, until_done
from yitong_command.bus.messages import CameraStateMessage, DeadLetter
from yitong_command.bus.producer import Producer
from yitong_command.bus.wire import decode
from yitong_command.domain.camera import Camera, CameraKind, CameraState
from yitong_command.errors import BadMessage, Transient
from yitong_command.routing.outage import FaultKind, Seen, fold
from yitong_command.storage import camera_health, faults, outbox
from yitong_command.storage.camera_health import CameraNow, CameraSaid, silence, take_states
from yitong_command.storage.known_cameras import KnownCameras
from yitong_command.storage.session import Sessions, transaction

log = structlog.get_logger()

FOLD_S = 2.0
HOLD_S = 10.0
LEASE = "camera-faults"
CONNECTS_WITHIN = timedelta(seconds=30)


class CameraDesk:
    """Takes camera states, and folds them into faults.

    Any worker takes states; the one with the lease folds, since cameras of one switch are spread
    over all partitions.

    Args:
        sessions: Writing sessions.
        producer: Sends dead letters.
        known: The cameras that there are.
        relay: Told of new messages; while it can't reach Kafka, silence means nothing.
        worker: Name of this worker.
    """

    def __init__(
        self,
        sessions: Sessions,
        producer: Producer,
        known: KnownCameras,
        relay: Relay,
        worker: str,
    ) -> None:
        self._sessions = sessions
        self._producer = producer
        self._known = known
        self._relay = relay
        self._owner = f"{worker}/{uuid4()}"

    async def take(self, records: Sequence[Record]) -> None:
        """Keep every state or send it to the dead letters; then, and only then, come back."""
        letters: list[DeadLetter] = []
        said: list[CameraSaid] = []
        for record in records:
            if record.value is None:
                continue  # a tombstone
            try:
                said.append(_said(decode(CameraStateMessage, record.value)))
            except BadMessage as exc:
                letters.append(dead_letter(record, str(exc), datetime.now(UTC)))
        await until_done("database", lambda: self._write(said))
        await bury(self._producer, letters)

    async def run(self) -> None:
        """Fold every few seconds until cancelled; a database that is down is waited for."""
        tries = 0
        while True:
            await asyncio.sleep(FOLD_S if tries == 0 else back_off(tries))
            try:
                if self._relay.problem is None:
                    await self.fold_once(datetime.now(UTC))
                tries = 0
            except Transient as exc:
                tries += 1
                log.warning("faults_waiting", reason=str(exc))

    async def fold_once(self, now: datetime) -> int:
        """Bring the faults up to date; returns how many changed.

        Raises:
            DatabaseDown: If the database can't be reached.
        """
        await self._known.refresh()
        async with transaction(self._sessions) as session:
            if not await outbox.take_lease(session, self._owner, now, HOLD_S, LEASE):
                return 0
            silent = await camera_health.note_silence(session, now)
            states = await camera_health.list_states(session)
            seen = seen_of(self._known.cameras, states, now)
            changed = fold(seen, await faults.current(session, now), now)
            await faults.save(session, changed, now)
        if silent:
            log.warning("cameras_silent", count=len(silent), first=list(silent[:5]))
        for fault in changed:
            FAULTS.labels(fault.kind.value, "open" if fault.open else "ended").inc()
            log.info(
                "camera_fault", kind=fault.kind.value, name=fault.name, open=fault.open,
                cameras=len(fault.cameras),
            )  # fmt: skip
        if changed:
            self._relay.kick()
        return len(changed)

    async def _write(self, said: Sequence[CameraSaid]) -> None:
        if not said:
            return
        try:
            async with transaction(self._sessions) as session:
                await take_states(session, said)
        except IntegrityError:  # another worker was first with a new camera: now it is there
            RETRIES.labels("conflict").inc()
            async with transaction(self._sessions) as session:
                await take_states(session, said)


def seen_of(
    cameras: dict[str, Camera], states: Sequence[CameraNow], at: datetime
) -> tuple[Seen, ...]:
    """The cameras of the county as they are; one that is not in it any more fails with nobody."""
    known = (one for one in states if one.camera_id in cameras)
    return tuple(_seen(cameras[one.camera_id], one, at) for one in known)


def _seen(camera: Camera, now: CameraNow, at: datetime) -> Seen:
    groups = {FaultKind.SWITCH: camera.switch, FaultKind.SITE: camera.site}
    if now.silent:
        groups[FaultKind.WORKER] = now.worker or "?"
        return Seen(camera.camera_id, CameraState.OFF, now.at, True, silence(now.worker), groups)
    # What has just been added connects first.
    begins = now.state is CameraState.CONNECTING and at - now.since < CONNECTS_WITHIN
    # A ball camera that turns, or is in an operator's hand, is no device that failed.
    steered = now.state is CameraState.NOT_JUDGED and camera.kind is CameraKind.BALL
    reason = (now.reason_zh, now.reason_en)
    bad = now.blind and not steered and not begins
    return Seen(camera.camera_id, now.state, now.since, bad, reason, groups)


def _said(message: CameraStateMessage) -> CameraSaid:
    return CameraSaid(
        camera_id=message.camera_id,
        state=message.state,
        since=message.since,
        at=message.at,
        reason_zh=message.reason_zh,
        reason_en=message.reason_en,
        worker=message.worker,
        excused=message.excused,
    )
