"""The three servers by name."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from embedded import postgres, seaweedfs, valkey
from embedded.identity import Identity
from embedded.launch import Launch

KindName = Literal["postgres", "valkey", "seaweedfs"]


class Prepare(Protocol):
    """Makes a data folder ready and says how to start the server on it."""

    def __call__(self, data: Path, /, *, port: int, secrets: Path, identity: Identity, fsync: bool) -> Launch: ...


class Url(Protocol):
    """Tells the address of a server, with its password where the address carries one."""

    def __call__(self, port: int, /, *, secrets: Path) -> str: ...


class Kind(msgspec.Struct, frozen=True):
    """What differs between the servers."""

    prepare: Prepare
    url: Url
    is_ready: Callable[[int], bool]
    stop_signal: signal.Signals


KINDS: dict[KindName, Kind] = {
    "postgres": Kind(postgres.prepare, postgres.url, postgres.is_ready, postgres.STOP_SIGNAL),
    "valkey": Kind(valkey.prepare, valkey.url, valkey.is_ready, valkey.STOP_SIGNAL),
    "seaweedfs": Kind(seaweedfs.prepare, seaweedfs.url, seaweedfs.is_ready, seaweedfs.STOP_SIGNAL),
}
