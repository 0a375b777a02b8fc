"""Which certificates of encrypted cameras this installation believes."""

from __future__ import annotations

from pathlib import Path

from pydantic import RootModel

from yitong_command.errors import ConfigError
from yitong_command.settings.environment import Settings
from yitong_command.settings.files import check, read_yaml
from yitong_command.sources.rtsp.tls import TlsPolicy


class _PinsFile(RootModel[dict[str, str]]):
    """Camera id to SHA-256 of the certificate."""


def load_tls(settings: Settings) -> TlsPolicy:
    """The policy that the settings ask for.

    Raises:
        ConfigError: If a file is absent or wrong; names it, and the camera.
    """
    path = settings.camera_pins
    pins = check(_PinsFile, path, read_yaml(path) or {}).root if path else {}
    try:
        return TlsPolicy(settings.camera_ca_file, pins, settings.camera_tls_insecure)
    except ValueError as exc:
        raise ConfigError(str(path), "", str(exc)) from exc
    except OSError as exc:
        raise _unusable(settings.camera_ca_file, exc) from exc


def _unusable(path: Path | None, exc: OSError) -> ConfigError:
    what = exc.strerror or "no certificate in it"
    return ConfigError(str(path), "YITONG_CAMERA_CA_FILE", f"{what}: PEM 证书文件 / PEM file")
