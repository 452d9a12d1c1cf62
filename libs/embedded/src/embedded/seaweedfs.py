"""SeaweedFS as one S3 server on loopback, with generated keys."""

import http.client
import json
import signal
from pathlib import Path

from embedded import binaries, secret_files
from embedded.identity import Identity
from embedded.launch import Launch
from embedded.ports import HOST, is_free, remembered

ACCESS_KEY = "s3.access_key"
PRIVATE_KEY = "s3.secret_key"
BUCKET = "guildhall"
REGION = "us-east-1"
STOP_SIGNAL = signal.SIGTERM

_PORTS_FILE = "ports.json"
_PARTS = ("master", "volume", "filer")
_WORKER_OFFSET = 10_000
_SIGNED = ("jwt.signing", "jwt.signing.read", "jwt.filer_signing", "jwt.filer_signing.read")


def prepare(data: Path, *, port: int, secrets: Path, identity: Identity, fsync: bool = True) -> Launch:
    """Write keys and ports; the bucket is made at the first start.

    `weed mini` and not `weed server`: the same parts, but ready in 1 s instead of 4 and stopped in 1 s instead of 15.
    `fsync` is here for the other servers' sake: this one syncs as its own volumes decide.
    """
    del fsync
    program = binaries.seaweedfs(identity, data.parent)
    folder = identity.own(data).absolute()
    identity.own(folder / "objects")
    keys = {
        "accessKey": secret_files.read_or_generate(secrets, ACCESS_KEY, length=15),
        "secretKey": secret_files.read_or_generate(secrets, PRIVATE_KEY),
    }
    owner = {"name": "guildhall", "credentials": [keys], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    secret_files.write(folder / "s3.json", json.dumps({"identities": [owner]}))
    secret_files.write(folder / "security.toml", _inner_keys(secrets))
    for name in ("s3.json", "security.toml"):
        identity.give(folder / name)
    options = {
        # Relative to its folder, in which it is started: short, and without characters that mean something to it.
        "dir": "objects",
        "ip": HOST,
        "ip.bind": HOST,
        "s3.port": port,
        "s3.config": "s3.json",
        "bucket": BUCKET,
        "s3.autoCreateBucket": "false",
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.localSocket": "s3.sock",
        "filer.localSocket": "filer.sock",
        "admin.ui": "false",
        "webdav": "false",
        # It would tell its makers about this installation.
        "master.telemetry": "false",
        "volume.preStopSeconds": 0,
    } | _inner_ports(folder, port)
    argv = [str(program), "-logtostderr=true", "mini", *(f"-{name}={value}" for name, value in options.items())]
    return Launch(argv=argv, folder=folder, identity=identity, stop_signal=STOP_SIGNAL)


def url(port: int, *, secrets: Path) -> str:
    """How our services reach it; its keys are not part of it."""
    del secrets
    return f"http://{HOST}:{port}"


def choose_vacuum_url(data: Path, *, port: int) -> str:
    """Choose its inner ports before it starts, so that others may be told where to ask for a vacuum."""
    data.mkdir(mode=0o700, exist_ok=True)
    _inner_ports(data, port)
    return vacuum_url(data)


def vacuum_url(data: Path) -> str:
    """A GET here takes the bytes of deleted objects out of all volumes, and answers when that is done. Its own periodic
    vacuum leaves alone what is less than a third of a volume.

    https://github.com/seaweedfs/seaweedfs/wiki/Master-Server-API, "Force Garbage Collection".
    """
    port = json.loads((data / _PORTS_FILE).read_text())["master.port"]
    return f"http://{HOST}:{port}/vol/vacuum?garbageThreshold=0.000001"


def is_ready(port: int) -> bool:
    """Whether S3 answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def remove_sockets(data: Path) -> None:
    """Take away what this server left in /tmp, when it has ended and its data are not needed any more."""
    for port in json.loads((data / _PORTS_FILE).read_text()).values():
        _without_old_socket(port)


def _inner_keys(secrets: Path) -> str:
    """Without them anybody on this machine could read and delete objects at the ports behind S3."""
    sections = (f'[{name}]\nkey = "{secret_files.read_or_generate(secrets, f"s3.{name}")}"\n' for name in _SIGNED)
    return "".join(sections)


def _inner_ports(folder: Path, port: int) -> dict[str, int]:
    """Ports of the parts behind S3: the same at every start, as the master keeps its state by port."""
    names = [f"{part}.port{kind}" for part in _PARTS for kind in ("", ".grpc")] + ["s3.port.grpc"]
    file = folder / _PORTS_FILE
    ports = remembered(file, names, taken=[port])
    unusable = [number for number in ports.values() if not _without_old_socket(number)]
    if unusable:
        ports = remembered(file, names, taken=[port, *unusable])
    admin = _admin_port(file, taken={port, *ports.values()})
    return ports | {"admin.port": admin, "admin.port.grpc": admin + _WORKER_OFFSET}


def _admin_port(file: Path, *, taken: set[int]) -> int:
    """Its worker dials the admin's port plus an offset, whatever else is configured."""
    while True:
        port = remembered(file, ["admin.port"], taken=taken)["admin.port"]
        grpc = port + _WORKER_OFFSET
        if grpc < 65536 and grpc not in taken and is_free(grpc):
            return port
        taken.add(port)


def _without_old_socket(port: int) -> bool:
    """A killed server leaves its sockets in /tmp, where no option moves them and another user can't remove them."""
    try:
        for socket in Path("/tmp").glob(f"seaweedfs-*-grpc-{port}.sock"):
            socket.unlink()
    except PermissionError:
        return False
    return is_free(port)
