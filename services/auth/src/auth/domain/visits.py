"""From where somebody comes: network and device."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import msgspec

Network = IPv4Network | IPv6Network

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_HOST_BITS_OF_ONE_PLACE: Final = 64


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """One request's origin. `web` is a browser: it gets its refresh token as a cookie only."""

    network: str
    device: str
    web: bool = False
    device_token: str | None = None
    language: str = "en"


def network_of(peer: str, forwarded_for: str | None, *, proxies: Sequence[Network]) -> str:
    """The caller's network: an IPv4 address, or the /64 of an IPv6 one (all of which one person commonly has).

    Only the gateway may say for whom it asks, and only the last address it named counts: earlier ones are whatever
    the caller wrote.
    """
    try:
        address = ip_address(peer)
        if forwarded_for and any(address in proxy for proxy in proxies):
            address = ip_address(forwarded_for.rpartition(",")[2].strip())
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, _HOST_BITS_OF_ONE_PLACE), strict=False))
    return str(address)


def device_of(user_agent: str) -> str:
    """`Firefox on Linux`, as far as a User-Agent tells; else the program's own name."""
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), None)
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    if browser and system:
        return f"{browser} on {system}"
    return re.sub(r"[^\w .()/-]", "", user_agent.partition("/")[0])[:60].strip() or "unknown device"
