"""Talking to supervisord over its socket."""

import xmlrpc.client
from pathlib import Path
from typing import Any

import msgspec
from supervisor.xmlrpc import SupervisorTransport


class Status(msgspec.Struct, frozen=True, rename={"state": "statename", "stopped_why": "spawnerr"}):
    """One program as supervisord sees it; `state` is STARTING, RUNNING, BACKOFF, FATAL, ..."""

    name: str
    state: str
    stopped_why: str


class Control:
    """The few calls that we make."""

    def __init__(self, socket: Path) -> None:
        # The address before the transport is never used: it goes by the socket.
        transport: Any = SupervisorTransport("", "", f"unix://{socket}")
        self._supervisor: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport).supervisor

    def start(self, program: str) -> None:
        """Start a program without waiting for it."""
        self._supervisor.startProcess(program, False)

    def restart(self, program: str) -> None:
        """Stop it, start it."""
        self._supervisor.stopProcess(program)
        self.start(program)

    def statuses(self) -> dict[str, Status]:
        """All programs by name."""
        found = msgspec.convert(self._supervisor.getAllProcessInfo(), list[Status])
        return {status.name: status for status in found}
