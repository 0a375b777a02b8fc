"""Session descriptions (RFC 4566, 6184, 7798)."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from yitong_command.demo.farm.camera import VirtualCamera
from yitong_command.demo.farm.clip import Clip
from yitong_command.demo.farm.manners import Control, Manners, Parameters
from yitong_command.demo.farm.nal import nal_type
from yitong_command.demo.farm.packets import CLOCK_HZ, PAYLOAD_TYPE

TRACK = "trackID=0"
_AUDIO = ("m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=control:trackID=1")
_METADATA = (
    "m=application 0 RTP/AVP 107",
    "a=rtpmap:107 vnd.onvif.metadata/90000",
    "a=control:trackID=2",
)
_H265_SPROP = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}


def describe(camera: VirtualCamera, place: str) -> bytes:
    """The camera's SDP document.

    Args:
        camera: The camera.
        place: Host and port of the server as the client reached it.
    """
    clip = camera.home
    name = "H264" if clip.codec == "h264" else "H265"
    host = place.rpartition(":")[0].strip("[]")
    family = "IP6" if ":" in host else "IP4"
    manners = camera.manners
    path = f"/{camera.camera_id}/{TRACK}"
    control = {
        Control.RELATIVE: TRACK,
        Control.ROOTED: path,
        Control.ABSOLUTE: f"rtsp://{place}{path}",
    }[manners.control]
    lines = [
        "v=0",
        f"o=- {camera.ssrc} 1 IN {family} {host}",
        f"s={camera.camera_id}",
        f"c=IN {family} {'::' if family == 'IP6' else '0.0.0.0'}",
        "t=0 0",
        "a=control:*",
        "a=range:npt=now-",
        *(_AUDIO if manners.other_tracks else ()),
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {name}/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} {_format(clip, manners)}",
        f"a=framerate:{clip.fps:g}",
        f"a=control:{control}",
        *(_METADATA if manners.other_tracks else ()),
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def _format(clip: Clip, manners: Manners) -> str:
    if manners.parameters is Parameters.IN_BAND:
        return "packetization-mode=1" if clip.codec == "h264" else "sprop-max-don-diff=0"
    if clip.codec == "h264":
        fields = ["packetization-mode=1"]
        sps = [unit for unit in clip.parameters if nal_type("h264", unit) == 7]
        if sps:
            fields.append(f"profile-level-id={sps[0][1:4].hex().upper()}")
        if clip.parameters:
            fields.append(f"sprop-parameter-sets={_encoded(clip.parameters)}")
        return ";".join(fields)
    fields = [
        f"{name}={_encoded(units)}"
        for kind, name in _H265_SPROP.items()
        if (units := [unit for unit in clip.parameters if nal_type("h265", unit) == kind])
    ]
    return "; ".join(fields) or "sprop-max-don-diff=0"


def _encoded(units: Sequence[bytes]) -> str:
    return ",".join(base64.b64encode(unit).decode() for unit in units)
