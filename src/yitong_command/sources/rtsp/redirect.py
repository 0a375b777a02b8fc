"""Where to reach a camera: its address, or where it sent us."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from yitong_command.sources.rtsp.address import Address, parse_address
from yitong_command.sources.rtsp.failure import RtspFailure

MOST_HOPS = 3


class Route:
    """A camera's address, and the redirects of this attempt.

    A camera may be anybody's, so a redirect gives it nothing: the login goes to no other host
    than the configured one, an encrypted camera can't send us to a plain address, and a camera on
    the network can't send us to this machine.

    Args:
        home: The configured address.
        login: User name and password, or None.

    Attributes:
        address: Where to go now.
    """

    def __init__(self, home: Address, login: tuple[str, str] | None) -> None:
        self._home = home
        self._login = login
        self._hops = 0
        self._home_is_here = False
        self.address = home

    @property
    def credentials(self) -> tuple[str, str] | None:
        """The login for `address`, or None."""
        return self._login if self.address.host == self._home.host else None

    def reset(self) -> None:
        """Back to the configured address."""
        self.address, self._hops = self._home, 0

    def follow(self, location: str) -> None:
        """Go where a camera says.

        Args:
            location: An address, or a path on the same host.

        Raises:
            RtspFailure: If that is no address, not encrypted any more, or one hop too many.
        """
        self._hops += 1
        if self._hops > MOST_HOPS:
            raise RtspFailure("摄像机转发次数过多", "the camera redirects us again and again")
        if location.startswith("/") and not location.startswith("//"):
            parts = urlsplit(self.address.url)
            location = f"{parts.scheme}://{parts.netloc}{location}"
        try:
            target = parse_address(location)
        except ValueError as exc:
            raise RtspFailure(
                "摄像机转发的地址有误", "the camera redirects us to no address"
            ) from exc
        if self.address.tls and not target.tls:
            raise RtspFailure(
                "摄像机要求改用不加密的地址", "the camera redirects us to an unencrypted address"
            )
        self.address = target

    def check(self, ip: str) -> None:
        """See whether a resolved address may be connected to.

        Raises:
            RtspFailure: If a redirect leads to this machine or to no single host.
        """
        place = ipaddress.ip_address(ip.partition("%")[0])
        place = getattr(place, "ipv4_mapped", None) or place
        here = place.is_loopback or place.is_link_local or place.is_unspecified
        if self._hops == 0:
            self._home_is_here = here
        elif (here and not self._home_is_here) or place.is_multicast:
            raise RtspFailure(
                "摄像机要求连接本机, 已拒绝", "the camera redirects us to this machine"
            )
