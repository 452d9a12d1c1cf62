"""Whether a program answers, and why not."""

import http.client
from typing import Any, cast

import msgspec

from embedded.kinds import KINDS
from embedded.ports import HOST

_TIMEOUT_SECONDS = 2.0
SILENT = "does not answer"


def problem(program: str, port: int, *, path: str) -> str:
    """Empty when it is ready: a server by its own protocol, a service by its health path, which says what is wrong."""
    for name, kind in KINDS.items():
        if name == program:
            return "" if kind.is_ready(port) else SILENT
    connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return "" if answer.status == http.HTTPStatus.OK else _reasons(answer.read()) or f"answers {answer.status}"
    except (OSError, http.client.HTTPException):
        return SILENT
    finally:
        connection.close()


def _reasons(body: bytes) -> str:
    """What the checks of a `/readyz` say, other than ok."""
    try:
        checks: Any = msgspec.json.decode(body)["checks"]
        return "; ".join(f"{name}: {state}" for name, state in cast("dict[str, str]", checks).items() if state != "ok")
    except (msgspec.DecodeError, KeyError, TypeError, AttributeError):
        return ""
