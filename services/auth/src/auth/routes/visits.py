"""The dependency `visit`: from where a request comes."""

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

from litestar.connection import ASGIConnection

from auth.domain.visits import Visit, device_of, network_of
from auth.routes import cookies
from auth.settings import Settings

AnyConnection = ASGIConnection[Any, Any, Any, Any]


def visits(settings: Settings) -> Callable[[AnyConnection], Visit]:
    """How to tell, with these settings."""
    proxies = [ip_network(one.strip(), strict=False) for one in settings.proxies.split(",") if one.strip()]

    def visit_of(connection: AnyConnection) -> Visit:
        headers = connection.headers
        peer = connection.client.host if connection.client else ""
        return Visit(
            network=network_of(peer, headers.get("x-forwarded-for"), proxies=proxies),
            device=device_of(headers.get("user-agent", "")),
            web=headers.get("x-client") == "web",
            device_token=headers.get("x-device-token") or connection.cookies.get(cookies.DEVICE),
            language="de" if headers.get("accept-language", "").lower().startswith("de") else "en",
        )

    return visit_of
