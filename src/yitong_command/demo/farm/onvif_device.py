"""What a ball camera answers over ONVIF: device, media and PTZ service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from yitong_command.demo.farm.ball import BallScene
from yitong_command.demo.farm.camera import VirtualCamera
from yitong_command.demo.farm.onvif_soap import DEVICE, MEDIA, PTZ, Call, SoapFault, element, text
from yitong_command.errors import NotFound

PROFILE = "main"
_ENCODER = "encoder"
_PTZ_NODE = "ptz"
BEFORE_LOGIN = frozenset(
    {"GetSystemDateAndTime", "GetCapabilities", "GetServices", "GetServiceCapabilities"}
)
_SERVICES = {DEVICE: "device_service", MEDIA: "media_service", PTZ: "ptz_service"}


@dataclass(frozen=True, slots=True)
class OnvifDevice:
    """One ball camera as a client sees it now.

    Attributes:
        camera: The camera.
        scene: Its scene.
        base_url: Address of its services, without the last part.
        stream_url: RTSP address.
        now: Wall clock UTC.
    """

    camera: VirtualCamera
    scene: BallScene
    base_url: str
    stream_url: str
    now: datetime

    def answer(self, call: Call) -> str:
        """The answer's XML.

        Raises:
            SoapFault: If the call is not allowed, not known or wrong.
        """
        operation = _OPERATIONS.get((call.namespace, call.operation))
        if operation is None:
            raise SoapFault("ActionNotSupported", f"{call.operation} is not supported")
        credentials = self.camera.credentials
        open_to_all = credentials is None or call.operation in BEFORE_LOGIN
        if not open_to_all and not self._proven(call):
            raise SoapFault("NotAuthorized", "sender not authorized")
        return operation(self, call)

    def date_and_time(self, call: Call) -> str:
        """GetSystemDateAndTime."""
        clock = element(
            "tt:UTCDateTime",
            element(
                "tt:Time",
                text("tt:Hour", self.now.hour),
                text("tt:Minute", self.now.minute),
                text("tt:Second", self.now.second),
            ),
            element(
                "tt:Date",
                text("tt:Year", self.now.year),
                text("tt:Month", self.now.month),
                text("tt:Day", self.now.day),
            ),
        )
        content = element(
            "tds:SystemDateAndTime",
            text("tt:DateTimeType", "NTP"),
            text("tt:DaylightSavings", "false"),
            element("tt:TimeZone", text("tt:TZ", "CST-8")),
            clock,
        )
        return element("tds:GetSystemDateAndTimeResponse", content)

    def services(self, call: Call) -> str:
        """GetServices."""
        items = [
            element(
                "tds:Service",
                text("tds:Namespace", namespace),
                text("tds:XAddr", f"{self.base_url}/{path}"),
                element("tds:Version", text("tt:Major", 2), text("tt:Minor", 60)),
            )
            for namespace, path in _SERVICES.items()
        ]
        return element("tds:GetServicesResponse", *items)

    def capabilities(self, call: Call) -> str:
        """GetCapabilities."""
        streaming = element(
            "tt:StreamingCapabilities",
            text("tt:RTPMulticast", "false"),
            text("tt:RTP_TCP", "true"),
            text("tt:RTP_RTSP_TCP", "true"),
        )
        content = element(
            "tds:Capabilities",
            element("tt:Device", text("tt:XAddr", f"{self.base_url}/device_service")),
            element("tt:Media", text("tt:XAddr", f"{self.base_url}/media_service"), streaming),
            element("tt:PTZ", text("tt:XAddr", f"{self.base_url}/ptz_service")),
        )
        return element("tds:GetCapabilitiesResponse", content)

    def information(self, call: Call) -> str:
        """GetDeviceInformation."""
        return element(
            "tds:GetDeviceInformationResponse",
            text("tds:Manufacturer", "Yitong"),
            text("tds:Model", "Virtual Ball Camera"),
            text("tds:FirmwareVersion", "1.0"),
            text("tds:SerialNumber", self.camera.camera_id),
            text("tds:HardwareId", "virtual"),
        )

    def profiles(self, call: Call) -> str:
        """GetProfiles."""
        return element("trt:GetProfilesResponse", self._profile("trt:Profiles"))

    def profile(self, call: Call) -> str:
        """GetProfile."""
        self._check_profile(call)
        return element("trt:GetProfileResponse", self._profile("trt:Profile"))

    def stream_uri(self, call: Call) -> str:
        """GetStreamUri."""
        self._check_profile(call)
        content = element(
            "trt:MediaUri",
            text("tt:Uri", self.stream_url),
            text("tt:InvalidAfterConnect", "false"),
            text("tt:InvalidAfterReboot", "false"),
            text("tt:Timeout", "PT0S"),
        )
        return element("trt:GetStreamUriResponse", content)

    def presets(self, call: Call) -> str:
        """GetPresets."""
        self._check_profile(call)
        items = [
            element(
                "tptz:Preset",
                text("tt:Name", token),
                element("tt:PTZPosition", *_position(self.scene.position_of(token))),
                token=token,
            )
            for token in self.scene.presets
        ]
        return element("tptz:GetPresetsResponse", *items)

    def goto_preset(self, call: Call) -> str:
        """GotoPreset."""
        self._check_profile(call)
        try:
            self.scene.goto(call.arguments.get("PresetToken", ""))
        except NotFound as exc:
            raise SoapFault("NoToken", exc.en) from exc
        return element("tptz:GotoPresetResponse")

    def continuous_move(self, call: Call) -> str:
        """ContinuousMove."""
        self._check_profile(call)
        names = ("PanTilt.x", "PanTilt.y", "Zoom.x")
        try:
            pan, tilt, zoom = (float(call.arguments.get(name, "0")) for name in names)
            for_s = _seconds(call.arguments.get("Timeout", "PT5S"))
        except ValueError as exc:
            raise SoapFault("InvalidArgVal", f"a velocity or timeout is no number: {exc}") from exc
        if max(abs(pan), abs(tilt), abs(zoom)) > 1:
            raise SoapFault("InvalidVelocity", "velocities are in [-1, 1]")
        if not self.scene.move((pan, tilt, zoom), for_s):
            raise SoapFault("ActionNotSupported", "this head only knows presets")
        return element("tptz:ContinuousMoveResponse")

    def stop(self, call: Call) -> str:
        """Stop."""
        self._check_profile(call)
        self.scene.halt()
        return element("tptz:StopResponse")

    def status(self, call: Call) -> str:
        """GetStatus."""
        self._check_profile(call)
        moving = "MOVING" if self.scene.moving else "IDLE"
        content = element(
            "tptz:PTZStatus",
            element("tt:Position", *_position(self.scene.position)),
            element("tt:MoveStatus", text("tt:PanTilt", moving), text("tt:Zoom", "IDLE")),
            text("tt:UtcTime", self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")),
        )
        return element("tptz:GetStatusResponse", content)

    def _proven(self, call: Call) -> bool:
        credentials = self.camera.credentials
        return bool(credentials and call.token and call.token.proves(*credentials, self.now))

    def _profile(self, name: str) -> str:
        clip = self.camera.home
        size = text("tt:Width", clip.width) + text("tt:Height", clip.height)
        encoder = element(
            "tt:VideoEncoderConfiguration",
            text("tt:Name", "main"),
            text("tt:UseCount", 1),
            text("tt:Encoding", "H264"),
            element("tt:Resolution", size),
            text("tt:Quality", 5),
            element(
                "tt:RateControl",
                text("tt:FrameRateLimit", round(clip.fps)),
                text("tt:EncodingInterval", 1),
                text("tt:BitrateLimit", 512),
            ),
            token=_ENCODER,
        )
        ptz = element(
            "tt:PTZConfiguration",
            text("tt:Name", "ptz"),
            text("tt:UseCount", 1),
            text("tt:NodeToken", _PTZ_NODE),
            token=_PTZ_NODE,
        )
        return element(name, text("tt:Name", PROFILE), encoder, ptz, token=PROFILE, fixed="true")

    def _check_profile(self, call: Call) -> None:
        token = call.arguments.get("ProfileToken", "")
        if token != PROFILE:
            raise SoapFault("NoProfile", f"there is no profile {token!r}; there is {PROFILE!r}")


def _position(at: tuple[float, float, float]) -> tuple[str, str]:
    pan, tilt, zoom = (f"{value:.4f}" for value in at)
    return element("tt:PanTilt", x=pan, y=tilt), element("tt:Zoom", x=zoom)


def _seconds(duration: str) -> float:
    """Seconds of an XML duration such as ``PT1.5S``; what cameras are sent has no other parts."""
    if not (duration.startswith("PT") and duration.endswith("S")):
        raise ValueError(duration)
    return float(duration[2:-1])


_OPERATIONS: dict[tuple[str, str], Callable[[OnvifDevice, Call], str]] = {
    (DEVICE, "GetSystemDateAndTime"): OnvifDevice.date_and_time,
    (DEVICE, "GetServices"): OnvifDevice.services,
    (DEVICE, "GetCapabilities"): OnvifDevice.capabilities,
    (DEVICE, "GetDeviceInformation"): OnvifDevice.information,
    (MEDIA, "GetProfiles"): OnvifDevice.profiles,
    (MEDIA, "GetProfile"): OnvifDevice.profile,
    (MEDIA, "GetStreamUri"): OnvifDevice.stream_uri,
    (PTZ, "GetPresets"): OnvifDevice.presets,
    (PTZ, "GotoPreset"): OnvifDevice.goto_preset,
    (PTZ, "GetStatus"): OnvifDevice.status,
    (PTZ, "ContinuousMove"): OnvifDevice.continuous_move,
    (PTZ, "Stop"): OnvifDevice.stop,
}
