"""Whether a camera on the topic may be watched as it is defined; nothing there is believed."""

from __future__ import annotations

from pathlib import Path

from yitong_command.bus.camera_messages import CameraMessage
from yitong_command.bus.compacted import Entry
from yitong_command.bus.wire import decode
from yitong_command.domain.camera import Camera
from yitong_command.domain.taxonomy import Taxonomy
from yitong_command.errors import BadMessage, ConfigError
from yitong_command.ingest.assignment import Definition, Login
from yitong_command.rules import RULES
from yitong_command.settings.county import check_zones
from yitong_command.settings.rules import RuleBook
from yitong_command.settings.secrets import Vault, find_vault
from yitong_command.sources.rtsp.address import parse_address


class DefinitionReader:
    """Reads records of the topic ``cameras`` and checks them as the configuration is checked.

    Args:
        taxonomy: What cameras may look for.
        rules: And with which settings.
        key_file: Opens the logins; needed only where a camera has one.
    """

    def __init__(self, taxonomy: Taxonomy, rules: RuleBook, key_file: Path) -> None:
        self._taxonomy = taxonomy
        self._rules = rules
        self._key_file = key_file
        self._vault: Vault | None = None

    def read(self, entry: Entry) -> Definition:
        """The definition in a record.

        Raises:
            BadMessage: If it must not be watched like that; says why, and never tells a login.
        """
        message = decode(CameraMessage, entry.value)
        if message.camera_id != entry.key:
            raise BadMessage(f"键不符 / the record's key is {entry.key!r}: {message.camera_id}")
        camera = message.to_camera()
        try:
            self._check(camera)
            return Definition(message, camera, self._login(message.login))
        except ConfigError as exc:
            raise BadMessage(f"{exc.key}: {exc.message}" if exc.key else str(exc)) from exc
        except ValueError as exc:
            raise BadMessage(f"url: {exc}") from exc

    def _check(self, camera: Camera) -> None:
        parse_address(camera.url)
        for zone in camera.zones:
            if zone.kind not in RULES:
                raise BadMessage(f"{zone.subject}: 没有规则 / there is no rule {zone.kind}")
        check_zones(Path("cameras"), (camera,), self._taxonomy)
        for zone in camera.zones:
            self._rules.settings_of(zone)

    def _login(self, sealed: str | None) -> Login | None:
        if sealed is None:
            return None
        if self._vault is None:
            self._vault = find_vault(self._key_file)
        return self._vault.open_login(sealed)
