"""Valkey: append-only file, synced every second, on loopback with a generated password."""

import signal
import socket
from pathlib import Path

from embedded import binaries, secret_files
from embedded.identity import Identity
from embedded.launch import Launch
from embedded.ports import HOST

CREDENTIAL = "valkey.password"
STOP_SIGNAL = signal.SIGTERM


def prepare(data: Path, *, port: int, secrets: Path, identity: Identity, fsync: bool = True) -> Launch:
    """Write the configuration: a password there is not seen by `ps`."""
    program = binaries.valkey(identity, data.parent)
    password = secret_files.read_or_generate(secrets, CREDENTIAL)
    folder = identity.own(data)
    settings = {
        "bind": HOST,
        "port": port,
        "requirepass": password,
        "appendonly": "yes",
        "appendfsync": "everysec" if fsync else "no",
        # The append-only file is the one truth; a snapshot beside it would only cost.
        "save": '""',
        # Streams hold events that nobody has read yet: rather refuse a write than forget one.
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
    }
    configuration = folder / "valkey.conf"
    secret_files.write(configuration, "".join(f"{name} {value}\n" for name, value in settings.items()))
    identity.give(configuration)
    # By its standard input, and without `dir`, as it is started in its folder: a path with brackets it would take for a
    # pattern, find nothing, and start without a password.
    return Launch(
        argv=[str(program), "-"],
        folder=folder,
        identity=identity,
        stop_signal=STOP_SIGNAL,
        standard_input=configuration.absolute(),
    )


def url(port: int, *, secrets: Path) -> str:
    """How our services reach it; holds the password."""
    return f"redis://:{secret_files.read_or_generate(secrets, CREDENTIAL)}@{HOST}:{port}/0"


def is_ready(port: int) -> bool:
    """Whether it answers: before the data is loaded it says LOADING, afterwards it asks for the password."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"-NOAUTH", b"+PONG"))
    except OSError:
        return False
