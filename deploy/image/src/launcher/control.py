"""Talking to supervisord over its socket."""

import xmlrpc.client
from pathlib import Path
from typing import Any

import msgspec
from supervisor.xmlrpc import SupervisorTransport


class Status(msgspec.Struct, frozen=True):
    """One program as supervisord sees it; `pid` is 0 while there is no process."""

    name: str
    pid: int
    statename: str


class Control:
    """The few calls that we make."""

    def __init__(self, socket: Path) -> None:
        # The address before the transport is never used: it goes by the socket.
        transport: Any = SupervisorTransport("", "", f"unix://{socket}")
        self._supervisor: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport).supervisor

    def start(self, group: str) -> None:
        """Start a group without waiting for it."""
        self._supervisor.startProcessGroup(group, False)

    def restart(self, group: str) -> None:
        """Stop all of a group, start them again."""
        self._supervisor.stopProcessGroup(group)
        self.start(group)

    def statuses(self) -> dict[str, Status]:
        """All programs by name."""
        found = msgspec.convert(self._supervisor.getAllProcessInfo(), list[Status])
        return {status.name: status for status in found}
