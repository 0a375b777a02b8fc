"""Apache Kafka nodes (KRaft, combined mode), started and stopped by us: one or several."""

from __future__ import annotations

import ctypes
import signal
import socket
import subprocess
import sys
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yitong_command.bus.kafka_files import Say, find_java, kafka_jars
from yitong_command.errors import BrokerDown

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class NodeOptions:
    """How the node runs.

    Attributes:
        data_dir: Folder of its log and cluster id; kept between starts.
        port: Client port on ``host``.
        controller_port: Port of the controller's own listener.
        host: Address clients connect to.
        heap_mb: Java heap; 256 is enough for a demo.
        node_id: Number of the node, 1 for a single one.
        peers: Controller ports of all nodes by number, this one too; empty for a single one.
        cluster: Cluster id that all nodes share; None to make one up.
    """

    data_dir: Path
    port: int = 9092
    controller_port: int = 9093
    host: str = "127.0.0.1"
    heap_mb: int = 256
    node_id: int = 1
    peers: tuple[tuple[int, int], ...] = ()
    cluster: str | None = None


class KafkaNode:
    """A Kafka broker as a child process; it dies with its parent.

    Args:
        options: Where and how it runs.
        say: Told what is being done.
    """

    def __init__(self, options: NodeOptions, say: Say = lambda _: None) -> None:
        self._options = options
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """Bootstrap address, ``host:port``."""
        return f"{self._options.host}:{self._options.port}"

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process else None

    def start(self, timeout_s: float = 60.0) -> None:
        """Format the log on first use, start the broker and wait until it answers.

        Raises:
            KafkaUnavailable: If Java or the jars can't be had.
            BrokerDown: If it does not come up; the text names its log file.
        """
        self.launch()
        self.wait_until_up(timeout_s)

    def launch(self) -> None:
        """Start without waiting: one of several answers only when the others are there."""
        java = [str(find_java()), f"-Xmx{self._options.heap_mb}m", "-XX:+UseSerialGC"]
        java += ["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.awt.headless=true"]
        java += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        java += ["-Dorg.slf4j.simpleLogger.showDateTime=true"]
        java += ["-cp", ":".join(str(jar) for jar in kafka_jars(self._say))]
        properties = self._write_properties()
        log = self._options.data_dir / "broker.log"
        with log.open("ab") as out:
            if not (self._options.data_dir / "log" / "meta.properties").exists():
                self._format(java, properties, log)
            self._process = subprocess.Popen(  # noqa: S603 - a fixed argument list
                [*java, "kafka.Kafka", str(properties)],
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    def wait_until_up(self, timeout_s: float = 60.0) -> None:
        """Wait until it answers after :meth:`launch`; see :meth:`start`."""
        log = self._options.data_dir / "broker.log"
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            code = self.exit_code()
            if code is not None:
                self._process = None
                raise BrokerDown(f"Kafka stopped with code {code} while starting; see {log}")
            if _answers(self._options.host, self._options.port):
                return
            time.sleep(0.1)
        self.kill()
        raise BrokerDown(f"Kafka did not come up within {timeout_s:g} s; see {log}")

    def stop(self, timeout_s: float = 15.0) -> None:
        """Stop it cleanly; kill it if it does not stop in time."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def kill(self) -> None:
        """Kill it at once, as a power cut would."""
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()

    def exit_code(self) -> int | None:
        """Its exit code, or None while it runs or was never started."""
        return self._process.poll() if self._process else None

    def _write_properties(self) -> Path:
        options = self._options
        options.data_dir.mkdir(parents=True, exist_ok=True)
        path = options.data_dir / "server.properties"
        path.write_text(
            "\n".join(f"{key}={value}" for key, value in _properties(options).items()) + "\n",
            encoding="utf-8",
        )
        return path

    def _format(self, java: list[str], properties: Path, log: Path) -> None:
        self._say("preparing the broker's log folder, once")
        with log.open("ab") as out:
            done = subprocess.run(  # noqa: S603 - a fixed argument list
                [*java, "kafka.tools.StorageTool", "format"]
                + ["-t", self._options.cluster or cluster_id(uuid.uuid4)]
                + ["-c", str(properties), "--ignore-formatted"],
                stdout=out,
                stderr=out,
                timeout=120,
                check=False,
            )
        if done.returncode:
            raise BrokerDown(f"Kafka's log folder could not be prepared; see {log}")


def cluster_id(new: Callable[[], uuid.UUID]) -> str:
    """A cluster id as Kafka writes them: 22 characters, none at the head that looks like an option.

    Args:
        new: Makes a random UUID.
    """
    while (text := urlsafe_b64encode(new().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text


# Loaded here and not in the child: between fork and exec nothing may wait for a lock that another
# thread of the parent held.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Make the kernel kill this process when its parent dies (Linux); for ``preexec_fn``."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


def _properties(options: NodeOptions) -> dict[str, str | int]:
    broker = f"PLAINTEXT://{options.host}:{options.port}"
    controller = f"CONTROLLER://127.0.0.1:{options.controller_port}"
    peers = options.peers or ((options.node_id, options.controller_port),)
    copies = min(3, len(peers))
    return {
        "process.roles": "broker,controller",
        "node.id": options.node_id,
        "controller.quorum.voters": ",".join(f"{n}@127.0.0.1:{port}" for n, port in peers),
        "controller.listener.names": "CONTROLLER",
        "listeners": f"{broker},{controller}",
        "advertised.listeners": broker,
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": str(options.data_dir / "log"),
        "auto.create.topics.enable": "false",
        "offsets.topic.replication.factor": copies,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": copies,
        "transaction.state.log.min.isr": min(2, copies),
        "share.coordinator.state.topic.replication.factor": copies,
        "share.coordinator.state.topic.min.isr": min(2, copies),
        "group.initial.rebalance.delay.ms": 0,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    }
