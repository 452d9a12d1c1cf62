"""Whether a program answers."""

import http.client

from embedded.kinds import KINDS
from embedded.ports import HOST

_TIMEOUT_SECONDS = 2.0


def is_ready(program: str, port: int, *, path: str) -> bool:
    """A server by its own protocol, a service by its health path."""
    for name, kind in KINDS.items():
        if name == program:
            return kind.is_ready(port)
    connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
