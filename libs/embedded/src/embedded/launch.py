"""From a prepared data folder to the server itself, in the same process."""

import os
import signal
import time
from pathlib import Path

import msgspec

from embedded.failures import EmbeddedError
from embedded.identity import Identity, die_with_parent
from embedded.locks import try_lock
from embedded.ports import HOST, is_free

# How long a server that was killed, or told to stop, may take to let go of its data.
_LEFTOVER_SECONDS = 3.0


class Launch(msgspec.Struct, frozen=True):
    """A server ready to be executed."""

    argv: list[str]
    folder: Path
    identity: Identity
    stop_signal: signal.Signals
    standard_input: Path | None = None
    """A file that the server reads as such; nothing when None."""

    def execute(self, *, dies_with_parent: bool) -> None:
        """Become the server; never returns."""
        if dies_with_parent and not self.identity.drop:
            die_with_parent(self.stop_signal)
        argv = self.identity.command(self.argv, dies_with_parent=self.stop_signal if dies_with_parent else None)
        # Nothing of our environment: it may hold secrets that are none of the server's business.
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
        }
        os.dup2(os.open(self.standard_input or os.devnull, os.O_RDONLY), 0)
        os.chdir(self.folder)
        os.execvpe(argv[0], argv, environment)


def claim(data: Path, *, port: int, identity: Identity) -> None:
    """Make sure that this data folder and port are ours alone until the server ends.

    The lock is a file beside the data, inherited by the server and by what it forks: it is free exactly
    when the last of them is gone, so what a killed server left behind can be told from a server that runs.
    """
    if not 0 < port < 65536:
        raise EmbeddedError(f"{port} is not a port: name one between 1 and 65535")
    blocked = identity.blocked_at(data)
    if blocked is not None:
        raise EmbeddedError(
            f"user {identity.name}, who runs the server because root must not, can't pass {blocked}: "
            f"name a data folder outside of it, or start as the owner of {blocked}"
        )
    file = _lock_file(data)
    until = time.monotonic() + _LEFTOVER_SECONDS
    while not try_lock(file):
        if time.monotonic() > until:
            raise EmbeddedError(f"{data} is in use by process {_read(file)}: stop it, or name another data folder")
        time.sleep(0.05)
    os.ftruncate(file, 0)
    os.pwrite(file, str(os.getpid()).encode(), 0)
    os.set_inheritable(file, True)
    if not is_free(port):
        raise EmbeddedError(f"port {port} on {HOST} is busy: stop what listens there, or name another with --port")


def _lock_file(data: Path) -> int:
    try:
        data.parent.mkdir(parents=True, exist_ok=True)
        return os.open(data.with_name(f"{data.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as problem:
        raise EmbeddedError(f"{data.parent} can't be used: {problem.strerror}; name another data folder") from problem


def _read(file: int) -> int:
    return int(os.pread(file, 20, 0) or b"0")
