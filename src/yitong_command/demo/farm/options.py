"""What the camera farm is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yitong_command.demo.farm.manners import Manners

DEMO = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class FarmOptions:
    """Addresses, files and accounts of the farm.

    Attributes:
        host: Address all servers listen on.
        rtsp_port: TCP port of the RTSP server; 0 takes a free one.
        control_port: Port of the control HTTP server; 0 takes a free one.
        onvif_port: Port of the ONVIF HTTP server; 0 takes a free one.
        clips_dir: Folder with the clips and their ground truth files.
        programme: File that lists the cameras and when their events play.
        credentials: Camera id to (user, password). A camera listed here asks for RTSP digest
            authentication and, if it is a ball camera, for a WS-UsernameToken.
        copies: How many extra cameras to serve under ``/bench-0001`` and so on; they repeat the
            fixed cameras' clips and share their packets.
        manners: Camera id to what is peculiar about it.
        rtsps_port: TCP port of the encrypted RTSP server; 0 takes a free one, None has none.
        certificate: PEM file with its certificate and private key.
        session_timeout_s: An RTSP client silent for so long is closed, as a real camera does.
    """

    host: str = "127.0.0.1"
    rtsp_port: int = 8554
    control_port: int = 8555
    onvif_port: int = 8556
    clips_dir: Path = DEMO / "clips"
    programme: Path = DEMO / "programme.yaml"
    credentials: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    copies: int = 0
    session_timeout_s: float = 60.0
    manners: Mapping[str, Manners] = field(default_factory=dict)
    rtsps_port: int | None = None
    certificate: Path | None = None
