"""What every part is started with, from `YITONG_*` variables."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from yitong_command.errors import ConfigError

PACKAGED = Path(__file__).parents[1] / "_packaged"
CHECKOUT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Settings:
    """What every part of the system is started with.

    Attributes:
        config_dir: Folder with the county's YAML and GeoJSON files.
        models_dir: Folder with ``registry.toml`` and the model files.
        data_dir: Folder this installation may write to.
        kafka: Bootstrap servers.
        topic_prefix: Prefix of every topic name.
        replication: Copies of every partition when topics are made; 3 in a county.
        database_url: SQLAlchemy URL with an async driver.
        evidence_dir: Root of the evidence store.
        key_file: Key that seals the cameras' logins.
        platform_keys: Keys with which partner platforms sign.
        rtsp_base: Replaces ``rtsp_base`` of ``cameras.yaml``, or None.
        onvif_base: Replaces ``onvif_base`` of ``cameras.yaml``, or None.
        camera_ca_file: Certificates to believe of ``rtsps`` cameras besides the system's, or None.
        camera_pins: File with the fingerprints of single cameras' certificates, or None.
        camera_tls_insecure: Whether all other certificates are believed unseen.
        web_host: Address the web part listens on.
        web_port: Its port.
        part_host: Address on which ingest and route serve health, metrics and pictures.
        part_url: How the web part reaches this ingest worker's pictures, or None for
            ``http://part_host:ingest_port``.
        ingest_port: Port of the ingest worker's own HTTP server.
        route_port: Port of the route worker's own HTTP server.
        sensors_port: Port of the sensor part's own HTTP server.
        mqtt: MQTT broker of the sensors, ``mqtt://host:port`` or ``mqtts://host:port``.
        mqtt_user: Its login, or None.
        mqtt_password: The login's password, or None.
        mqtt_ca_file: Certificates to believe of an ``mqtts`` broker besides the system's, or None.
        oidc_secret: Our secret at the county's sign-on, or None.
        worker: Name of this worker, unique in the installation.
        webhook_private: Whether webhooks may be sent to addresses in private networks.
        log_json: JSON lines instead of text for people.
    """

    config_dir: Path
    models_dir: Path
    data_dir: Path
    kafka: str
    topic_prefix: str
    replication: int
    database_url: str
    evidence_dir: Path
    key_file: Path
    platform_keys: Path
    rtsp_base: str | None
    onvif_base: str | None
    camera_ca_file: Path | None
    camera_pins: Path | None
    camera_tls_insecure: bool
    web_host: str
    web_port: int
    part_host: str
    part_url: str | None
    ingest_port: int
    route_port: int
    sensors_port: int
    mqtt: str
    mqtt_user: str | None
    mqtt_password: str | None = field(repr=False)
    mqtt_ca_file: Path | None
    oidc_secret: str | None = field(repr=False)
    worker: str
    webhook_private: bool
    log_json: bool


def load_settings(env: dict[str, str] | None = None) -> Settings:
    """Settings from ``YITONG_*`` variables, with defaults for one machine.

    Raises:
        ConfigError: If a variable is unknown or has a wrong value; names the variable.
    """
    values = _Environment.read(dict(os.environ) if env is None else env)
    data_dir = values.path("DATA", Path.cwd() / ".yitong").resolve()
    settings = Settings(
        config_dir=values.path("CONFIG", _default_folder("config", "taxonomy.yaml")).resolve(),
        models_dir=values.path("MODELS", _default_folder("models", "registry.toml")).resolve(),
        data_dir=data_dir,
        kafka=values.text("KAFKA", "127.0.0.1:9092"),
        topic_prefix=values.text("TOPIC_PREFIX", "yitong"),
        replication=values.number("REPLICATION", 1),
        database_url=values.text("DATABASE_URL", f"sqlite+aiosqlite:///{data_dir}/yitong.db"),
        evidence_dir=values.path("EVIDENCE", data_dir / "evidence").resolve(),
        key_file=values.path("KEY_FILE", data_dir / "secret.key").resolve(),
        platform_keys=values.path("PLATFORM_KEYS", data_dir / "platform-keys.json").resolve(),
        rtsp_base=values.text("RTSP_BASE", "") or None,
        onvif_base=values.text("ONVIF_BASE", "") or None,
        camera_ca_file=values.maybe_path("CAMERA_CA_FILE"),
        camera_pins=values.maybe_path("CAMERA_PINS"),
        camera_tls_insecure=values.choice("CAMERA_TLS", "checked", "insecure") == "insecure",
        web_host=values.text("WEB_HOST", "127.0.0.1"),
        web_port=values.number("WEB_PORT", 8000),
        part_host=values.text("PART_HOST", "127.0.0.1"),
        part_url=values.text("PART_URL", "") or None,
        ingest_port=values.number("INGEST_PORT", 8010),
        route_port=values.number("ROUTE_PORT", 8020),
        sensors_port=values.number("SENSORS_PORT", 8030),
        mqtt=values.text("MQTT", "mqtt://127.0.0.1:1883"),
        mqtt_user=values.text("MQTT_USER", "") or None,
        mqtt_password=values.text("MQTT_PASSWORD", "") or None,
        mqtt_ca_file=values.maybe_path("MQTT_CA_FILE"),
        oidc_secret=values.text("OIDC_SECRET", "") or None,
        worker=values.text("WORKER", "worker-1"),
        webhook_private=values.choice("WEBHOOK_PRIVATE", "refuse", "allow") == "allow",
        log_json=values.choice("LOG", "text", "json") == "json",
    )
    values.refuse_unknown()
    return settings


class _Environment:
    """``YITONG_*`` variables, each read once, unknown ones refused."""

    def __init__(self, values: dict[str, str]) -> None:
        self._values = values
        self._known: set[str] = set()

    @classmethod
    def read(cls, env: dict[str, str]) -> _Environment:
        return cls({k[7:]: v for k, v in env.items() if k.startswith("YITONG_")})

    def text(self, name: str, default: str) -> str:
        self._known.add(name)
        return self._values.get(name) or default

    def path(self, name: str, default: Path) -> Path:
        text = self.text(name, "")
        return Path(text) if text else default

    def maybe_path(self, name: str) -> Path | None:
        text = self.text(name, "")
        return Path(text).resolve() if text else None

    def number(self, name: str, default: int) -> int:
        text = self.text(name, str(default))
        if not text.isdecimal() or not 0 < int(text) < 65536:
            raise ConfigError(
                "environment", f"YITONG_{name}", f"not a whole number in 1..65535: {text!r}"
            )
        return int(text)

    def choice(self, name: str, *known: str) -> str:
        text = self.text(name, known[0])
        if text not in known:
            raise ConfigError("environment", f"YITONG_{name}", f"{text!r}: {' or '.join(known)}")
        return text

    def refuse_unknown(self) -> None:
        for name in sorted(set(self._values) - self._known):
            known = ", ".join(f"YITONG_{k}" for k in sorted(self._known))
            raise ConfigError("environment", f"YITONG_{name}", f"unknown variable; known: {known}")


def _default_folder(name: str, must_hold: str) -> Path:
    """Ours in the current folder, the checkout or the package; others use these names too."""
    for root in (Path.cwd(), CHECKOUT, PACKAGED):
        if (root / name / must_hold).is_file():
            return root / name
    return PACKAGED / name
