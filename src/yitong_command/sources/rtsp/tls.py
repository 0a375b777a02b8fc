"""Encrypted connections to cameras: whom to believe."""

from __future__ import annotations

import hashlib
import hmac
import re
import ssl
from collections.abc import Mapping
from pathlib import Path

from yitong_command.sources.rtsp.failure import RtspFailure

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


class TlsPolicy:
    """How ``rtsps`` cameras prove who they are.

    A camera's certificate must lead to a known authority and name the camera's host. A pinned
    camera must show exactly the pinned certificate instead, whoever signed it and whatever it
    names: that is for the self-signed ones that cameras leave the factory with.

    Args:
        ca_file: Certificates (PEM) to believe besides the system's, or None.
        pins: SHA-256 of the certificate (DER) in hex, by camera id; colons may stand in it.
        insecure: Believe every camera that is not pinned. Whoever is on the way can then show
            other pictures and read the login.

    Raises:
        ValueError: If a pin is not a fingerprint; names the camera.
        OSError: If the file can't be read or holds no certificate.
    """

    def __init__(
        self,
        ca_file: Path | None = None,
        pins: Mapping[str, str] | None = None,
        insecure: bool = False,
    ) -> None:
        self._pins = {name: _fingerprint(name, pin) for name, pin in (pins or {}).items()}
        self._insecure = insecure
        self._checked = ssl.create_default_context()
        if ca_file is not None:
            self._checked.load_verify_locations(ca_file)
        self._unchecked = ssl.create_default_context()
        self._unchecked.check_hostname = False
        self._unchecked.verify_mode = ssl.CERT_NONE

    def unchecked(self, camera_id: str) -> bool:
        """Whether this camera's certificate is not looked at."""
        return self._insecure and camera_id not in self._pins

    def context(self, camera_id: str) -> ssl.SSLContext:
        """What a connection to this camera is made with; `check` it afterwards."""
        plain = self._insecure or camera_id in self._pins
        return self._unchecked if plain else self._checked

    def check(self, camera_id: str, certificate: bytes | None) -> None:
        """See whether a pinned camera showed its certificate.

        Args:
            camera_id: The camera.
            certificate: What it showed, DER.

        Raises:
            RtspFailure: If it is another one.
        """
        pin = self._pins.get(camera_id)
        if pin is None:
            return
        shown = hashlib.sha256(certificate or b"").hexdigest()
        if not hmac.compare_digest(shown, pin):
            raise RtspFailure(
                "摄像机的证书与登记的指纹不符",
                "the camera's certificate is not the pinned one",
            )


def _fingerprint(camera_id: str, pin: str) -> str:
    plain = pin.replace(":", "").replace(" ", "").lower()
    if not _FINGERPRINT.fullmatch(plain):
        raise ValueError(f"{camera_id}: not a SHA-256 fingerprint")
    return plain
