"""PostgreSQL: initdb once, then the server, on loopback with a generated password."""

import shutil
import signal
import socket
import struct
import subprocess
from pathlib import Path

from embedded import binaries, secret_files
from embedded.failures import EmbeddedError
from embedded.identity import Identity
from embedded.launch import Launch
from embedded.ports import HOST

USER = "guildhall"
DATABASE = "guildhall"
CREDENTIAL = "database.password"
# Not TERM: that would wait for every client to leave first.
STOP_SIGNAL = signal.SIGINT

_INITDB = (
    f"--username={USER}",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # The builtin provider sorts the same on every machine, whatever locales it has.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--data-checksums",
)
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
}
# For tests only: a power cut would lose data, kill -9 does not.
_UNSAFE_SETTINGS = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
_SAID_LINES = 8


def prepare(data: Path, *, port: int, secrets: Path, identity: Identity, fsync: bool = True) -> Launch:
    """Make the data folder on first use (with the database `guildhall`), clear away what a killed server left."""
    programs = binaries.postgres(identity, data.parent)
    password = secret_files.read_or_generate(secrets, CREDENTIAL)
    if not (data / "PG_VERSION").exists():
        _initialise(data, programs, identity, password)
    _refuse_other_major(data, programs)
    _remove_stale_pid(data)
    settings = _SETTINGS | {"port": str(port)} | ({} if fsync else _UNSAFE_SETTINGS)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return Launch(
        argv=[str(programs / "postgres"), "-D", str(data), *options],
        folder=identity.own(data),
        identity=identity,
        stop_signal=STOP_SIGNAL,
    )


def url(port: int, *, secrets: Path) -> str:
    """How our services reach it; holds the password."""
    return f"postgresql+asyncpg://{USER}:{secret_files.read_or_generate(secrets, CREDENTIAL)}@{HOST}:{port}/{DATABASE}"


def is_ready(port: int) -> bool:
    """Whether it lets clients in: it asks for a password, instead of saying that it is starting up."""
    parameters = f"user\0{USER}\0database\0{DATABASE}\0\0".encode()
    startup = struct.pack("!ii", 8 + len(parameters), 196608) + parameters
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(startup)
            return connection.recv(1) == b"R"
    except OSError:
        return False


def _initialise(data: Path, programs: Path, identity: Identity, password: str) -> None:
    """In a draft folder, so that a start which is cut short leaves no half-made data folder."""
    if data.exists() and any(data.iterdir()):
        raise EmbeddedError(f"{data} holds something that is not PostgreSQL's: name another data folder")
    draft = data.with_name(f".{data.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    identity.own(draft)
    password_file = data.with_name(f".{data.name}.password")
    secret_files.write(password_file, password)
    identity.give(password_file)
    try:
        _run(identity, [str(programs / "initdb"), "-D", str(draft), f"--pwfile={password_file}", "--no-sync", *_INITDB])
        _run(
            identity,
            [str(programs / "postgres"), "--single", "-D", str(draft), "postgres"],
            f"CREATE DATABASE {DATABASE}",
        )
    finally:
        password_file.unlink()
    if data.exists():
        data.rmdir()
    draft.rename(data)


def _run(identity: Identity, argv: list[str], text: str = "") -> None:
    done = subprocess.run(
        identity.command(argv),
        input=text,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"LANG": "C.UTF-8"},
    )
    if done.returncode != 0:
        # The reason comes before what was done about it.
        said = " | ".join((done.stderr.strip() or done.stdout.strip()).splitlines()[-_SAID_LINES:])
        raise EmbeddedError(f"{Path(argv[0]).name} failed: {said or done.returncode}")


def _refuse_other_major(data: Path, programs: Path) -> None:
    found = (data / "PG_VERSION").read_text().strip()
    said = subprocess.run([str(programs / "postgres"), "--version"], capture_output=True, text=True, check=True)
    ours = said.stdout.split()[-1].split(".")[0]
    if found != ours:
        raise EmbeddedError(
            f"{data} was written by PostgreSQL {found}, this is {ours}: dump it with version {found} and restore, "
            "or name another data folder"
        )


def _remove_stale_pid(data: Path) -> None:
    """After a power cut, or in a copy, the number in the file is another process's, and the server would not start.

    The caller holds the lock on this folder, so none of our servers uses it.
    """
    (data / "postmaster.pid").unlink(missing_ok=True)
